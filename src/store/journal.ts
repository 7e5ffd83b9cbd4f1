/**
 * The journal: rows by key, of which the newest are in memory and all are in SQLite.
 *
 * The rules of the store (inventory.ts, pending.ts, coalescing.ts, bodies.ts, eviction.ts) work on data in memory and say here what a
 * row is now (`put`) or that it is gone (`delete`). Nothing is written before `write`, which does it in one
 * transaction; until then, and for as long as the disk cannot be written, what is dirty stays in memory and is what
 * `get` answers. What was written last stays in memory for a while, too: it is what is sent next, and to read it back
 * would cost as much as to write it.
 *
 * Keys of rows count up and no table has an index: inserting is appending, which is what makes it cheap.
 */
import type { DatabaseSync } from "node:sqlite";
import { orDamaged } from "./disk_fault.ts";
import { asTuples, Table, type Value } from "./table.ts";

/** Keys of `meta`: `epoch`, `binding`, `selection`, `generation`; for each scope `reached …`, `synced …`. */
export interface MetaRow {
  value: string;
}

/** An endpoint, by name. */
export interface EndpointRow {
  name: string;
  /** Messages evicted or discarded, and not announced yet; since when, by the wall clock. */
  lost: number;
  lostSince: number | null;
  /** 1: nothing is sent to it for now. */
  paused: number | null;
  /** See `LastEvents`. */
  lastEvent: string | null;
  /** Messages evicted and not reported yet (`eviction.ts`). */
  evicted: number | null;
}

/** A pod that is known, one that is gone while something about it is pending, or its tombstone. */
export interface PodRow {
  uid: string;
  namespace: string;
  name: string;
  /** Ids of endpoints, joined with commas; see `Audience`. */
  audience: string;
  /** JSON. */
  route: string | null;
  environment: string | null;
  workload: string | null;
  generation: number;
  remindAt: number | null;
  /** The wall clock when it went; null: it is known. */
  goneAt: number | null;
  /** Its tombstone's version (D); null: it has none. */
  goneVersion: string | null;
  /** 1: it left the selection; 0: it was deleted. */
  goneLeft: number;
}

/** One version of a pod, or of a notice; it never changes but for where its body is. */
export interface VersionRow {
  pod: number;
  resourceVersion: string;
  epoch: number;
  event: string;
  /** See `FLAGS`. */
  flags: number;
  reasons: string;
  occasion: string;
  phase: string | null;
  environment: string | null;
  /** JSON. */
  summary: string | null;
  /** When the change was recorded that made the pod so, by the wall clock; null: that was not noted. */
  changedAt: number | null;
  /** Where its body is: in a block, and there from which byte to which. Block 0: nowhere. */
  block: number;
  at: number;
  length: number;
}

/** What is said of a version in one number, because it is read for all of them at the start. */
export const FLAGS = { transition: 1, trimmed: 2, observed: 4, unobserved: 8, unhealthy: 16 } as const;

/** A version that is pending for an endpoint, in the order of the keys. */
export interface PendingRow {
  endpoint: number;
  version: number;
  tries: number;
  dead: number;
  why: string | null;
  /** How many older versions it stands for, and their reasons. */
  coalesced: number;
  moreReasons: string;
}

/** The version of a pod that was recorded last for an endpoint that does not want each; see followers.ts. */
export interface SentRow {
  endpoint: number;
  pod: number;
  resourceVersion: string;
}

/** Bodies that are deflated together; see bodies.ts. */
export interface BlockRow {
  /** Bytes before deflating. */
  raw: number;
  z: Uint8Array;
}

/** The tables and their columns. URLs and secrets are not in them: an endpoint is known by its name. */
const META = "value TEXT";
const ENDPOINT =
  "name TEXT, lost INTEGER, lostSince INTEGER, paused INTEGER, lastEvent TEXT, evicted INTEGER";
const POD =
  "uid TEXT, namespace TEXT, name TEXT, audience TEXT, route TEXT, environment TEXT, generation INTEGER, " +
  "remindAt INTEGER, goneAt INTEGER, goneVersion TEXT, goneLeft INTEGER, workload TEXT";
const VERSION =
  "pod INTEGER, resourceVersion TEXT, epoch INTEGER, event TEXT, flags INTEGER, reasons TEXT, " +
  "occasion TEXT, phase TEXT, environment TEXT, block INTEGER, at INTEGER, length INTEGER, summary TEXT, changedAt INTEGER";
const PENDING =
  "endpoint INTEGER, version INTEGER, tries INTEGER, dead INTEGER, why TEXT, coalesced INTEGER, " +
  "moreReasons TEXT";
const BLOCK = "raw INTEGER, z BLOB";
const SENT = "endpoint INTEGER, pod INTEGER, resourceVersion TEXT";

/** The statements that make the tables of an empty file. */
export const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, ${META}) WITHOUT ROWID;
  CREATE TABLE endpoint (key INTEGER PRIMARY KEY, ${ENDPOINT});
  CREATE TABLE pod (key INTEGER PRIMARY KEY, ${POD});
  CREATE TABLE version (key INTEGER PRIMARY KEY, ${VERSION});
  CREATE TABLE pending (key INTEGER PRIMARY KEY, ${PENDING});
  CREATE TABLE block (key INTEGER PRIMARY KEY, ${BLOCK});
  CREATE TABLE sent (key INTEGER PRIMARY KEY, ${SENT})`;

/** What a file may lack that an earlier version of this program made, which goes on to read it. */
export const ADDED = [
  { table: "pod", column: "workload", statement: "ALTER TABLE pod ADD COLUMN workload TEXT" },
  {
    table: "sent",
    column: "key",
    statement: `CREATE TABLE sent (key INTEGER PRIMARY KEY, ${SENT})`,
  },
  {
    table: "version",
    column: "changedAt",
    statement: "ALTER TABLE version ADD COLUMN changedAt INTEGER",
  },
  { table: "endpoint", column: "paused", statement: "ALTER TABLE endpoint ADD COLUMN paused INTEGER" },
  { table: "endpoint", column: "lastEvent", statement: "ALTER TABLE endpoint ADD COLUMN lastEvent TEXT" },
  { table: "endpoint", column: "evicted", statement: "ALTER TABLE endpoint ADD COLUMN evicted INTEGER" },
];

/** What a pending row takes in memory, measured. */
const PENDING_BYTES = 150;

/** Rows that one page of `scan` holds. */
const PAGE = 2_000;

/** All tables of a store. */
export class Journal {
  readonly meta = new Table<string, MetaRow>("meta", META);
  readonly endpoints = new Table<number, EndpointRow>("endpoint", ENDPOINT);
  readonly pods = new Table<number, PodRow>("pod", POD);
  readonly versions = new Table<number, VersionRow>("version", VERSION, { keepsRecent: true, isSwept: true });
  readonly pending = new Table<number, PendingRow>("pending", PENDING, {
    keepsRecent: true,
    weigh: () => PENDING_BYTES,
  });
  readonly blocks = new Table<number, BlockRow>("block", BLOCK, {
    isSwept: true,
    weigh: ({ z }) => z.length,
  });
  readonly sent = new Table<number, SentRow>("sent", SENT);
  /** In the order in which they are written where that takes several transactions: what is pointed at comes first. */
  readonly #tables = [
    this.blocks,
    this.versions,
    this.pods,
    this.endpoints,
    this.pending,
    this.sent,
    this.meta,
  ];
  #database: DatabaseSync | undefined;

  /** Goes on with a database. What is dirty stays so. */
  attach(database: DatabaseSync): void {
    this.#database = database;
    for (const table of this.#tables) orDamaged(() => table.attach(database));
  }

  get isAttached(): boolean {
    return this.#database !== undefined;
  }

  /** Bytes of the database, without its write-ahead log. */
  get bytes(): number {
    const sizes = this.#database?.prepare(
      "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size",
    )
      .get();
    return Number(sizes?.["bytes"] ?? 0);
  }

  get dirtyRows(): number {
    return this.#tables.reduce((sum, table) => sum + table.dirty.size, 0);
  }

  /**
   * Writes what is dirty, at most `limit` rows of it, in one transaction.
   *
   * @throws {StoreError | Error} for damage, or SQLite's error; nothing is written then, and all of it is still dirty
   */
  write(limit = Infinity): void {
    const database = this.#database;
    if (database === undefined) return;
    const counts: number[] = [];
    database.exec("BEGIN IMMEDIATE");
    try {
      let rest = limit;
      for (const table of this.#tables) {
        const count = orDamaged(() => table.write(rest));
        counts.push(count);
        rest -= count;
      }
      orDamaged(() => database.exec("COMMIT"));
    } catch (error) {
      // After some faults of the disk SQLite has rolled back by itself.
      if (database.isTransaction) database.exec("ROLLBACK");
      for (const table of this.#tables) table.rolledBack();
      throw error;
    }
    this.#tables.forEach((table, index) => table.settle(counts[index] ?? 0));
  }

  /** All rows that are written, by their keys and some columns, as tuples: for the start. `newestFirst`: backwards. */
  *scan<T extends [number, ...Value[]]>(table: string, columns: string, newestFirst = false): Generator<T> {
    const [after, order, first] = newestFirst ? ["<", "DESC", Infinity] : [">", "ASC", -1];
    // In pages: one by one takes twice as long, and all at once twice the memory.
    const page = this.#database?.prepare(
      `SELECT key, ${columns} FROM ${table} WHERE key ${after} ? ORDER BY key ${order} LIMIT ${PAGE}`,
    );
    if (page === undefined) return;
    asTuples(page);
    for (let last: number | undefined = first; last !== undefined;) {
      const from = last;
      const rows = orDamaged(() => page.all(from)) as unknown as T[];
      yield* rows;
      last = rows.at(-1)?.[0];
    }
  }

  /** The few rows of `meta`. */
  readMeta(): Map<string, string> {
    const rows = this.#database?.prepare("SELECT key, value FROM meta").all() ?? [];
    return new Map(rows.map(({ key, value }) => [key as string, value as string]));
  }

  /** Gives free pages of the file back, a bounded number of them. */
  shrink(): void {
    // Each step frees one page, and `exec` takes only the first.
    orDamaged(() => this.#database?.prepare("PRAGMA incremental_vacuum(1000)").all());
  }
}
