import type { DatabaseSync } from "node:sqlite";
import { inflateSync } from "node:zlib";
import { parseExact, printPod } from "../pod/json.ts";
import type { Pod } from "../pod/pod.ts";
import { reducePod } from "../pod/reduced.ts";
import { deflate } from "./bodies.ts";
import { openInMemory } from "./database.ts";
import type { Row } from "./statements.ts";

/** How often the disk is tried again, in milliseconds. */
const RETRY = 10_000;

/** The part of the limit that whole texts may fill when memory takes over; the rest is for reduced ones. */
const WHOLE = 0.5;

/** Tables in an order in which each row's references are there before it. */
const TABLES = ["meta", "endpoint", "body", "pod", "outbox", "told", "gone", "log"];

/** Whether SQLite failed because the disk is full, broken or read-only, and not because of what was asked. */
export function isDiskFault(error: unknown): boolean {
  return error instanceof Error &&
    /disk is full|disk I\/O error|readonly database|unable to open database file/.test(error.message);
}

/** What a refuge needs, and who hears of it. */
export interface RefugeOptions {
  /** Bytes of texts, deflated, that memory may hold. */
  refugeLimit: number;
  /** The wall clock. */
  now: () => number;
  /**
   * Called with the reason when memory is used; with undefined when the disk is used again, and with how many
   * transactions memory kept until then.
   */
  onDiskFault: (fault: string | undefined, kept: number) => void;
}

/**
 * Where the store goes on while its file cannot be written: a copy in memory. Nothing is forgotten meanwhile
 * but by a crash, after which the file tells the state before, and a list what happened since. When the file
 * can be written again, all of it goes back.
 */
export class Refuge {
  readonly #file: DatabaseSync;
  readonly #options: RefugeOptions;
  readonly #moveTo: (database: DatabaseSync, inMemory: boolean) => void;
  #memory: DatabaseSync | undefined;
  #tried = 0;
  #kept = 0;

  constructor(
    file: DatabaseSync,
    options: RefugeOptions,
    moveTo: (database: DatabaseSync, inMemory: boolean) => void,
  ) {
    this.#file = file;
    this.#options = options;
    this.#moveTo = moveTo;
  }

  get inUse(): boolean {
    return this.#memory !== undefined;
  }

  /** Goes on in memory. */
  take(error: unknown): void {
    this.#memory = openInMemory();
    // The file may be larger than memory, and to bound the copy afterwards would be too late.
    copyAll(this.#file, this.#memory, reduceBeyond(this.#options.refugeLimit * WHOLE));
    this.#tried = this.#options.now();
    this.#kept = 1;
    this.#moveTo(this.#memory, true);
    this.#options.onDiskFault((error as Error).message, 0);
  }

  /** Called before each transaction. Tries the file again, at most every ten seconds, or now. */
  leaveIfPossible(now = false): void {
    const memory = this.#memory;
    if (memory === undefined) return;
    const waited = this.#options.now() - this.#tried;
    // A clock that was set back must not make the wait longer.
    if (!now && waited >= 0 && waited < RETRY) return void this.#kept++;
    this.#tried = this.#options.now();
    try {
      copyAll(memory, this.#file);
    } catch (error) {
      if (!isDiskFault(error)) throw error;
      return void this.#kept++;
    }
    this.#moveTo(this.#file, false);
    this.#memory = undefined;
    memory.close();
    this.#options.onDiskFault(undefined, this.#kept);
  }

  close(): void {
    this.#memory?.close();
  }
}

/** Makes one database hold what another holds, in one transaction. `change` gets each text on its way. */
function copyAll(from: DatabaseSync, to: DatabaseSync, change = (body: Row): Row => body): void {
  to.exec("BEGIN IMMEDIATE");
  try {
    for (const table of TABLES.toReversed()) to.exec(`DELETE FROM ${table}`);
    for (const table of TABLES) {
      if (table !== "body") copyRows(from, to, table, `SELECT * FROM ${table}`, (row) => row);
      else for (const select of BODIES) copyRows(from, to, table, select, change);
    }
    to.exec("COMMIT");
  } catch (error) {
    if (to.isTransaction) to.exec("ROLLBACK");
    throw error;
  }
}

function copyRows(
  from: DatabaseSync,
  to: DatabaseSync,
  table: string,
  select: string,
  change: (row: Row) => Row,
): void {
  const columns = from.prepare(`PRAGMA table_info(${table})`).all().map((column) => column["name"] as string);
  const insert = to.prepare(
    `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
  );
  for (const given of from.prepare(select).iterate()) {
    const row = change(given);
    insert.run(...columns.map((column) => row[column] ?? null));
  }
}

/** What is owed first, so that this stays whole, the last rows before the others. Notices cannot be reduced. */
const BODIES = ["IN", "NOT IN"].map((which) =>
  `SELECT *, id IN
    (SELECT body FROM pod UNION ALL SELECT body FROM outbox WHERE event LIKE 'pod.%') AS is_pod
  FROM body WHERE id ${which} (SELECT body FROM outbox) ORDER BY id DESC`
);

/** Lets texts through as they are until they are so many bytes, and reduces those that follow. */
function reduceBeyond(limit: number): (body: Row) => Row {
  let bytes = 0;
  return (body) => {
    const deflated = body["deflated"] as Uint8Array;
    bytes += deflated.length;
    if (bytes <= limit || body["reduced"] === 1 || body["is_pod"] === 0) return body;
    const pod = parseExact(inflateSync(deflated).toString()) as Pod;
    return { ...body, deflated: deflate(printPod(reducePod(pod))), reduced: 1 };
  };
}
