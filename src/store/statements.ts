import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";

/** One row of an answer. */
export type Row = Record<string, SQLOutputValue>;

/** Prepares each statement once, under its name. */
export function prepareAll<Names extends string>(
  database: DatabaseSync,
  sql: Readonly<Record<Names, string>>,
): Record<Names, StatementSync> {
  const entries = Object.entries<string>(sql).map(([name, text]) => [name, database.prepare(text)]);
  return Object.fromEntries(entries) as Record<Names, StatementSync>;
}
