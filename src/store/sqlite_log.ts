import type { DatabaseSync, StatementSync } from "node:sqlite";
import { prepareAll } from "./statements.ts";
import type { DeliveryLog, LogEntry } from "./store.ts";

/** Attempts that are remembered, at the least, and how many more there may be before they are forgotten. */
const REMEMBERED = 1_000;
const MORE = 100;

/** `DeliveryLog` on the table `log`. */
export class SqliteLog implements DeliveryLog {
  #statements: Record<keyof typeof SQL, StatementSync>;

  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, SQL);
  }

  /** Goes on with another database that holds the same. */
  moveTo(database: DatabaseSync): void {
    this.#statements = prepareAll(database, SQL);
  }

  record({ at, endpoint, pod, event, version, attempt, outcome, milliseconds }: LogEntry): void {
    const values = [at, endpoint, pod, event, version, attempt, outcome, milliseconds];
    const { lastInsertRowid } = this.#statements.insert.run(...values);
    const seq = Number(lastInsertRowid);
    if (seq % MORE === 0) this.#statements.trim.run(seq - REMEMBERED);
  }

  latest(): LogEntry[] {
    return this.#statements.latest.all() as unknown as LogEntry[];
  }
}

const COLUMNS = "at, endpoint, pod, event, version, attempt, outcome, milliseconds";

const SQL = {
  insert: `INSERT INTO log (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  trim: "DELETE FROM log WHERE seq <= ?",
  latest: `SELECT ${COLUMNS} FROM log ORDER BY seq DESC LIMIT ${REMEMBERED}`,
} as const;
