import type { DatabaseSync } from "node:sqlite";
import { openInMemory } from "../../src/store/database.ts";
import { openStore } from "../../src/store/sqlite_store.ts";
import type { Store } from "../../src/store/store.ts";

/** A store for a test, in memory unless a database is given. The test closes it. */
export function openTestStore(database: DatabaseSync = openInMemory()): Store {
  return openStore(database);
}
