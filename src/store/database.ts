import { DatabaseSync } from "node:sqlite";
import { APPLICATION_ID, MIGRATIONS } from "./schema.ts";

/** The store cannot be opened. The message says what to do. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/**
 * Opens the file of `--state`, made with mode 0600 where it does not exist. It stays locked against every
 * other process until it is closed.
 *
 * @throws {StoreError} if it is in use, is not ours, is damaged, or cannot be written.
 */
export function openDatabase(path: string, migrations = MIGRATIONS): DatabaseSync {
  try {
    // SQLite would make it with the process's umask; the file holds pods, so it is for its owner alone.
    Deno.openSync(path, { create: true, write: true, mode: 0o600 }).close();
  } catch (cause) {
    throw new StoreError(
      `Cannot write the state file ${path}: ${
        reason(cause)
      }. Give --state a file in a folder that can be written.`,
      { cause },
    );
  }
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    tune(database);
    // Before anything is set: journal_mode and auto_vacuum are written into the file, whoever's it is.
    const format = formatOf(database, migrations.length);
    // Damage that is met later, in the middle of the work, has no way out but a crash. 30 ms for 10,000 pods.
    if (format > 0) checkPages(path, database);
    // A crash of the process loses nothing with NORMAL; a crash of the machine may lose the last moments,
    // which are then seen again by the list at the start.
    database.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    migrate(database, format, migrations);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(explain(path, cause), { cause });
  }
}

/**
 * A store that ends with the process: a file in a folder of its own, so that memory stays small, or, where no
 * file can be made, in memory. The file is unlinked at once: whatever happens, it leaves nothing behind.
 */
export function openTemporaryDatabase(): DatabaseSync {
  try {
    return openUnlinked();
  } catch {
    return openInMemory();
  }
}

function openUnlinked(): DatabaseSync {
  const folder = Deno.makeTempDirSync({ prefix: "k8svent-" });
  const database = new DatabaseSync(`${folder}/state.db`);
  // Nothing of it outlives the process, so nothing needs to be safe on the disk.
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
  tune(database);
  migrate(database, 0);
  Deno.removeSync(folder, { recursive: true });
  return database;
}

/** A store in memory alone. */
export function openInMemory(): DatabaseSync {
  const database = new DatabaseSync(":memory:");
  tune(database);
  migrate(database, 0);
  return database;
}

/** Whether a database has no file behind it. */
export function isInMemory(database: DatabaseSync): boolean {
  return database.prepare("PRAGMA database_list").get()?.["file"] === "";
}

/** How many migrations a file has been through. @throws {StoreError} if it is not ours, or newer than this. */
function formatOf(database: DatabaseSync, newest: number): number {
  const format = number(database, "user_version");
  const application = number(database, "application_id");
  if (format === 0 && application === 0 && number(database, "schema_version") === 0) return 0;
  if (application !== APPLICATION_ID) {
    throw new StoreError("The state file is a database of another program. Give --state another file.");
  }
  if (format > newest) {
    throw new StoreError(
      `The state file was written by a newer k8svent (format ${format}, this one reads up to ${newest}). Run that ` +
        "version, or remove the file: every pod is then sent again.",
    );
  }
  return format;
}

/** @throws {StoreError} if a page of the file is not what SQLite wrote. */
function checkPages(path: string, database: DatabaseSync): void {
  const { quick_check: result } = database.prepare("PRAGMA quick_check(1)").get() ?? {};
  if (result !== "ok") {
    // The first line only names the database.
    throw new StoreError(damaged(path, String(result).split("\n").at(-1) ?? ""));
  }
}

function tune(database: DatabaseSync): void {
  // SQLite's temporary files are refused under narrow permissions, even for a database in memory.
  database.exec("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4000");
}

/** Brings the tables to the newest format, in one transaction: a crash leaves them as they were. */
function migrate(database: DatabaseSync, format: number, migrations = MIGRATIONS): void {
  if (format === migrations.length) return;
  database.exec(`BEGIN IMMEDIATE; ${migrations.slice(format).join(";\n")};
    PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}; COMMIT`);
}

function number(database: DatabaseSync, pragma: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
}

function explain(path: string, cause: unknown): string {
  const text = reason(cause);
  if (/database is locked/.test(text)) {
    return `The state file ${path} is in use by another process. Run one k8svent on a state file at a time.`;
  }
  if (/not a database|malformed/.test(text)) {
    return damaged(path, text);
  }
  return `Cannot open the state file ${path}: ${text}.`;
}

function damaged(path: string, what: string): string {
  return `The state file ${path} is damaged: ${what}. Remove it to begin anew: every pod is then sent again.`;
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
