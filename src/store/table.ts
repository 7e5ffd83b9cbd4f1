/**
 * The rows of one kind, by key: what is dirty, what was written last, and the statements that reach the rest (`journal.ts`).
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { orDamaged } from "./disk_fault.ts";

/** What a column holds. */
export type Value = string | number | null | Uint8Array;
/** Written rows that stay in memory, for a table whose rows are sent soon: so many, and at most twice as many. */
const RECENT = 150;

/** Deletions that nobody waits for are written so many at a time, in the order of the pages that they are on. */
const GARBAGE = 1_000;

/** Tuples: an object for each row would be a slow one, without a prototype, and most of the garbage. */
export function asTuples(statement: StatementSync): StatementSync {
  // Deno has it, its types do not.
  (statement as StatementSync & { setReturnArrays: (on: boolean) => void }).setReturnArrays(true);
  return statement;
}

/** How the rows of a table are kept. */
interface TableOptions<R> {
  /** Whether written ones stay in memory for a while. */
  keepsRecent?: boolean;
  /** Whether the load sweeps what nothing points at. */
  isSwept?: boolean;
  /** Bytes of memory that a row takes until it is written, where that counts. */
  weigh?: (row: R) => number;
}

/** Rows of one kind, by key. */
export class Table<K extends string | number, R extends object> {
  readonly name: string;
  readonly #columns: (keyof R & string)[];
  readonly #keepsRecent: boolean;
  /**
   * Deleted rows that the file still has, of a table whose rows the load sweeps by itself: to write each of these
   * deletions at once would cost a page a row, the costliest part of a small transaction.
   */
  readonly #garbage: Set<K> | undefined;
  readonly #weigh: (row: R) => number;
  #dirty = new Map<K, R | undefined>();
  #dirtyBytes = 0;
  #recent = new Map<K, R>();
  #older = new Map<K, R>();
  /** Whether the transaction that runs has deleted what the file had too much. */
  #collected = false;
  /** Rows above it were never written, so there is nothing to delete. */
  #highest: K | undefined;
  #statements: { get: StatementSync; put: StatementSync; delete: StatementSync } | undefined;

  constructor(
    name: string,
    columns: string,
    { keepsRecent = false, isSwept = false, weigh = () => 0 }: TableOptions<R> = {},
  ) {
    this.name = name;
    this.#weigh = weigh;
    this.#garbage = isSwept ? new Set() : undefined;
    this.#columns = columns.split(", ").map((column) => column.split(" ")[0] as keyof R & string);
    this.#keepsRecent = keepsRecent;
  }

  get(key: K): R | undefined {
    if (this.#dirty.has(key)) return this.#dirty.get(key);
    if (this.#garbage?.has(key)) return undefined;
    return this.#recent.get(key) ?? this.#older.get(key) ?? this.#read(key);
  }

  #read(key: K): R | undefined {
    const values = orDamaged(() => this.#statements?.get.get(key)) as Value[] | undefined;
    if (values === undefined) return undefined;
    const row: Record<string, Value> = {};
    for (let index = 0; index < values.length; index++) {
      row[this.#columns[index] ?? ""] = values[index] ?? null;
    }
    // Whoever asks about a version asks again soon.
    this.#keep(key, row as R);
    return row as R;
  }

  #keep(key: K, row: R): void {
    if (!this.#keepsRecent) return;
    if (this.#recent.size > RECENT) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(key, row);
  }

  /** The row must not be changed afterwards. */
  put(key: K, row: R): void {
    this.#reweigh(key, row);
    this.#dirty.set(key, row);
  }

  delete(key: K): void {
    const isWritten = this.#highest !== undefined && key <= this.#highest;
    this.#reweigh(key, undefined);
    if (this.#garbage !== undefined || !isWritten) this.#dirty.delete(key);
    else this.#dirty.set(key, undefined);
    if (isWritten) this.#garbage?.add(key);
    this.#recent.delete(key);
    this.#older.delete(key);
  }

  #reweigh(key: K, row: R | undefined): void {
    const before = this.#dirty.get(key);
    this.#dirtyBytes += (row === undefined ? 0 : this.#weigh(row)) -
      (before === undefined ? 0 : this.#weigh(before));
  }

  /** Rows that are not written yet. */
  get dirty(): ReadonlyMap<K, R | undefined> {
    return this.#dirty;
  }

  /** What those weigh. */
  get dirtyBytes(): number {
    return this.#dirtyBytes;
  }

  attach(database: DatabaseSync): void {
    const { name } = this;
    const values = this.#columns.map(() => "?").join(", ");
    this.#statements = {
      get: asTuples(database.prepare(`SELECT ${this.#columns.join(", ")} FROM ${name} WHERE key = ?`)),
      put: database.prepare(
        `INSERT OR REPLACE INTO ${name} (key, ${this.#columns.join(", ")}) VALUES (?, ${values})`,
      ),
      delete: database.prepare(`DELETE FROM ${name} WHERE key = ?`),
    };
    this.#highest = database.prepare(`SELECT max(key) AS key FROM ${name}`).get()?.["key"] as K | null ??
      undefined;
  }

  /** Within a transaction: writes up to `limit` rows and returns how many that were. `settle` follows the commit. */
  write(limit: number): number {
    const statements = this.#statements;
    if (statements === undefined) return 0;
    if ((this.#garbage?.size ?? 0) >= GARBAGE) this.#writeGarbage(statements.delete);
    let count = 0;
    for (const [key, row] of this.#dirty) {
      if (count === limit) break;
      if (row === undefined) statements.delete.run(key);
      else statements.put.run(key, ...this.#columns.map((column) => row[column] as Value));
      count++;
    }
    return count;
  }

  #writeGarbage(statement: StatementSync): void {
    const keys = [...this.#garbage ?? []].sort((a, b) => a < b ? -1 : 1);
    for (const key of keys) statement.run(key);
    this.#collected = true;
  }

  /** Nothing was written after all. */
  rolledBack(): void {
    this.#collected = false;
  }

  /** The first `count` dirty rows are written and committed. */
  settle(count: number): void {
    if (this.#collected) this.#garbage?.clear();
    this.#collected = false;
    for (const [key, row] of this.#dirty) {
      if (count-- === 0) break;
      if (this.#highest === undefined || key > this.#highest) this.#highest = key;
      if (row !== undefined) this.#keep(key, row);
      this.#reweigh(key, undefined);
      this.#dirty.delete(key);
    }
  }
}
