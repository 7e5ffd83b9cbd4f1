/**
 * A table of the journal: rows by key, of which some are in memory only and all others in SQLite.
 *
 *     unlogged ──append──▶ logged ──write──▶ in the database, and for a while in memory (recent)
 *        └─────────────────write─────────────────┘
 *
 * What is unlogged or logged is *dirty*: `get` answers with it, and the database does not know of it.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { orDamaged } from "./disk_fault.ts";

/** What a column holds. */
export type Value = string | number | null | Uint8Array;
/** Written rows that stay in memory, for a table whose rows are sent soon: so many, and at most twice as many. */
const RECENT = 150;

/** Deletions that nobody waits for are written so many at a time, in the order of the pages that they are on. */
const GARBAGE = 1_000;

/** Rows that one page of `scan` holds. */
const PAGE = 2_000;

/** Tuples: an object for each row would be a slow one, without a prototype, and most of the garbage. */
function asTuples(statement: StatementSync): StatementSync {
  // Deno has it, its types do not.
  (statement as StatementSync & { setReturnArrays: (on: boolean) => void }).setReturnArrays(true);
  return statement;
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
  #dirty = new Map<K, R | undefined>();
  /** Rows that have changed and are not in the log yet; and those that are in it and not in the database. */
  #unlogged = new Set<K>();
  #logged = new Set<K>();
  #recent = new Map<K, R>();
  #older = new Map<K, R>();
  /** Whether the transaction that runs has deleted what the file had too much. */
  #collected = false;
  /** Rows above it were never written, so there is nothing to delete. */
  #highest: K | undefined;
  #database: DatabaseSync | undefined;
  #statements: { get: StatementSync; put: StatementSync; delete: StatementSync } | undefined;

  constructor(
    name: string,
    columns: string,
    { keepsRecent = false, isSwept = false }: { keepsRecent?: boolean; isSwept?: boolean } = {},
  ) {
    this.name = name;
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
    this.#dirty.set(key, row);
    this.#unlogged.add(key);
  }

  delete(key: K): void {
    const isWritten = this.#highest !== undefined && key <= this.#highest;
    if (this.#garbage !== undefined || !isWritten) this.#dirty.delete(key);
    else this.#dirty.set(key, undefined);
    if (isWritten) this.#garbage?.add(key);
    if (this.#garbage === undefined && (isWritten || this.#logged.has(key))) this.#unlogged.add(key);
    else this.#unlogged.delete(key);
    this.#recent.delete(key);
    this.#older.delete(key);
  }

  /** Rows that are not written yet. */
  get dirty(): ReadonlyMap<K, R | undefined> {
    return this.#dirty;
  }

  get unlogged(): ReadonlySet<K> {
    return this.#unlogged;
  }

  /** Rows that have changed, for the log; null: it is gone. */
  changes(): [string, K, R | null][] {
    return Array.from(this.#unlogged, (key) => [this.name, key, this.#dirty.get(key) ?? null]);
  }

  /** Whatever is in the log alone is to be written, too. */
  unlog(): void {
    for (const key of this.#dirty.keys()) this.#unlogged.add(key);
  }

  /** They are in the log now. */
  logged(): void {
    for (const key of this.#unlogged) this.#logged.add(key);
    this.#unlogged.clear();
  }

  attach(database: DatabaseSync): void {
    this.#database = database;
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
      this.#dirty.delete(key);
      this.#unlogged.delete(key);
    }
    if (this.#dirty.size > 0) return;
    // What else was to be said to the log is of rows that never came to the database.
    this.#unlogged.clear();
    this.#logged.clear();
  }

  /** All rows, dirty ones too, by their keys and some columns, as tuples: for the start. `newestFirst`: backwards. */
  *scan<T extends [K, ...Value[]]>(columns: string, newestFirst = false): Generator<T> {
    const isBefore = (one: K, other: K): boolean => newestFirst ? one > other : one < other;
    const dirty = [...this.#dirty].sort(([one], [other]) => isBefore(one, other) ? -1 : 1).values();
    let next = dirty.next().value;
    for (const tuple of this.#scanWritten<T>(columns, newestFirst)) {
      for (; next !== undefined && isBefore(next[0], tuple[0]); next = dirty.next().value) {
        yield* tuplesOf<T>(...next, columns);
      }
      if (next?.[0] !== tuple[0]) yield tuple;
    }
    for (; next !== undefined; next = dirty.next().value) yield* tuplesOf<T>(...next, columns);
  }

  *#scanWritten<T extends [K, ...Value[]]>(columns: string, newestFirst: boolean): Generator<T> {
    const [after, order, first] = newestFirst ? ["<", "DESC", Infinity] : [">", "ASC", -1];
    // In pages: one by one takes twice as long, and all at once twice the memory.
    const page = this.#database?.prepare(
      `SELECT key, ${columns} FROM ${this.name} WHERE key ${after} ? ORDER BY key ${order} LIMIT ${PAGE}`,
    );
    if (page === undefined) return;
    asTuples(page);
    for (let last: K | number | undefined = first; last !== undefined;) {
      const from = last;
      const rows = orDamaged(() => page.all(from)) as unknown as T[];
      yield* rows;
      last = rows.at(-1)?.[0];
    }
  }
}

/** A row as `scan` gives it, of columns that SQLite would compute too; none where it is gone. */
function tuplesOf<T>(key: string | number, row: object | undefined, columns: string): T[] {
  if (row === undefined) return [];
  const values = row as Record<string, Value | undefined>;
  const value = (column: string): Value =>
    column === "length(z)" ? (values["z"] as Uint8Array).length : values[column] ?? null;
  return [[key, ...columns.split(", ").map(value)] as T];
}
