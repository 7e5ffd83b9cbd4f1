import type { DatabaseSync, StatementSync } from "node:sqlite";
import { deflateSync, inflateSync } from "node:zlib";
import { StoreError } from "./database.ts";
import { prepareAll, type Row } from "./statements.ts";
import type { BodyId } from "./inventory.ts";

/**
 * The texts of pods, deflated: some 11 KB become 3. The checksum of zlib's format (RFC 1950) finds a changed
 * bit. A text is shared by the inventory and every message about it, and goes with the last of them.
 */
export class Bodies {
  #bytes = 0;
  /** What was stored last: most of the time that is what is sent next, and need not be inflated. */
  #last: { id: BodyId; text: string } | undefined;
  #statements: Record<keyof typeof SQL, StatementSync>;

  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, SQL);
    this.reload();
  }

  /** Goes on with another database that holds the same. */
  moveTo(database: DatabaseSync): void {
    this.#statements = prepareAll(database, SQL);
    this.reload();
  }

  /** Counts again: after a rollback the count is not what the table says. */
  reload(): void {
    this.#last = undefined;
    this.#bytes = this.#statements.total.get()?.["bytes"] as number;
  }

  /** What all texts take together, deflated. */
  get bytes(): number {
    return this.#bytes;
  }

  put(text: string, reduced = false): BodyId {
    const deflated = deflate(text);
    this.#bytes += deflated.length;
    const id = Number(this.#statements.insert.run(deflated, Number(reduced)).lastInsertRowid) as BodyId;
    this.#last = { id, text };
    return id;
  }

  /** @throws {StoreError} if the text is not the one that was put. */
  get(id: BodyId): { text: string; reduced: boolean } {
    const row = this.#row(id);
    const reduced = row["reduced"] === 1;
    if (this.#last?.id === id) return { text: this.#last.text, reduced };
    try {
      return { text: inflateSync(row["deflated"] as Uint8Array).toString(), reduced };
    } catch (cause) {
      throw new StoreError(
        "The state file is damaged: the text of a pod is not what was written. Remove it to begin anew: every " +
          "pod is then sent again.",
        { cause },
      );
    }
  }

  isReduced(id: BodyId): boolean {
    return this.#row(id)["reduced"] === 1;
  }

  /** Puts another text in the place of one, for everything that points at it. */
  replace(id: BodyId, text: string, reduced: boolean): void {
    const deflated = deflate(text);
    this.#bytes += deflated.length - (this.#row(id)["deflated"] as Uint8Array).length;
    this.#statements.replace.run(deflated, Number(reduced), id);
    this.#last = { id, text };
  }

  /** Removes a text about the pod of a UID, unless that pod or a message about it points at it. */
  release(id: BodyId, uid: string): void {
    this.#bytes -= (this.#statements.release.get(id, uid)?.["bytes"] as number | undefined) ?? 0;
  }

  #row(id: BodyId): Row {
    const row = this.#statements.select.get(id);
    if (row === undefined) throw new Error(`The store has no body ${id}`);
    return row;
  }
}

/**
 * Level 3 gives nearly the size of the default level for less time. A window of 16 KiB holds most pods whole, and
 * what comes of one fits into 4 KiB: of each of the two, zlib would else make four times as much for each text.
 */
export function deflate(text: string): ReturnType<typeof deflateSync> {
  return deflateSync(text, { level: 3, windowBits: 14, memLevel: 7, chunkSize: 4096 });
}

const SQL = {
  total: "SELECT total(length(deflated)) AS bytes FROM body",
  insert: "INSERT INTO body (deflated, reduced) VALUES (?, ?)",
  select: "SELECT deflated, reduced FROM body WHERE id = ?",
  replace: "UPDATE body SET deflated = ?, reduced = ? WHERE id = ?",
  release: `DELETE FROM body WHERE id = ?1
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE uid = ?2 AND body = ?1)
    AND NOT EXISTS (SELECT 1 FROM pod WHERE uid = ?2 AND body = ?1)
    RETURNING length(deflated) AS bytes`,
} as const;
