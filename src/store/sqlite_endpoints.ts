import type { DatabaseSync, StatementSync } from "node:sqlite";
import { prepareAll } from "./statements.ts";
import type { Lost } from "./store.ts";

/** The endpoints that a store knows, by name, on the table `endpoint`. */
export class SqliteEndpoints {
  readonly #ids = new Map<string, number>();
  #statements: Record<keyof typeof SQL, StatementSync>;

  constructor(database: DatabaseSync) {
    this.#statements = prepareAll(database, SQL);
    this.reload();
  }

  /** Reads again what is kept in memory: after a rollback it is not what the table says. */
  reload(): void {
    this.#ids.clear();
    for (const row of this.#statements.all.all()) this.#ids.set(row["name"] as string, row["id"] as number);
  }

  /** Goes on with another database that holds the same. */
  moveTo(database: DatabaseSync): void {
    this.#statements = prepareAll(database, SQL);
  }

  /** The row of an endpoint, made where there is none. */
  id(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = Number(this.#statements.add.run(name).lastInsertRowid);
      this.#ids.set(name, id);
    }
    return id;
  }

  /** The row of an endpoint; 0, which no row has, where nothing was ever owed to it. */
  find(name: string): number {
    return this.#ids.get(name) ?? 0;
  }

  names(): string[] {
    return [...this.#ids.keys()];
  }

  lost(name: string): Lost {
    const row = this.#statements.lost.get(this.id(name));
    return { messages: row?.["lost"] as number, since: (row?.["lost_since"] as number | null) ?? undefined };
  }

  toldLost(name: string, messages: number): void {
    this.#statements.toldLost.run(messages, this.id(name));
  }

  /** Removes an endpoint that nothing is owed to. */
  remove(name: string): void {
    const id = this.id(name);
    this.#statements.untell.run(id);
    this.#statements.remove.run(id);
    this.#ids.delete(name);
  }
}

const SQL = {
  all: "SELECT id, name FROM endpoint",
  add: "INSERT INTO endpoint (name) VALUES (?)",
  lost: "SELECT lost, lost_since FROM endpoint WHERE id = ?",
  toldLost: `UPDATE endpoint SET lost = max(0, lost - ?1),
    lost_since = CASE WHEN lost > ?1 THEN lost_since END WHERE id = ?2`,
  untell: "DELETE FROM told WHERE endpoint = ?",
  remove: "DELETE FROM endpoint WHERE id = ?",
} as const;
