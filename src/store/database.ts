/**
 * The file under the store: how it is opened, refused, made safe from a power cut, and marked while it is behind.
 *
 * - With `--state`: one file, for its owner alone, locked against every other process until it is closed, with a
 *   write-ahead log. A commit survives a crash of the process at once and a power cut once `sync` has ended.
 * - Without: a file that is unlinked as soon as it is open, or, where none can be made, a database in memory.
 *   Nothing of it outlives the process, so nothing of it needs to be safe.
 *
 * A file that is in use, foreign, damaged, of another format or in a folder that cannot be written ends the start
 * with a sentence that names the way out (`StoreError`). What is not certainly ours is never opened for more than its
 * first bytes, and no message says to remove it: people name a kubeconfig, notes, a database of another program. So does a
 * file that holds something and cannot be read: a start without it would lose what is pending and every deletion since, and
 * would later write its rows among those that are there. A disk that is merely full does not: that would make a crash loop
 * of every update. What is in the file is read then, and a new file is made later, when there is room.
 */
import { isAbsolute } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileFault } from "../runtime/file_fault.ts";
import { damaged, diskFault, FileGoneError, isDamage, isDiskFault, StoreError } from "./disk_fault.ts";
import { ADDED, SCHEMA } from "./journal.ts";
import { openMark, writeMark } from "./mark.ts";
import { APPLICATION_ID, foreign, ownerOf } from "./owner.ts";

/** Where the rows of a store are kept. */
export interface Disk {
  /** Undefined while there is no room to make the file: `open` is then called again from time to time. */
  readonly database: DatabaseSync | undefined;
  /** Whether it has no file, so that what it holds takes memory. */
  readonly isMemory: boolean;
  /** Resolves when what was committed before is safe from a power cut; undefined: nothing needs to be. */
  readonly sync: (() => Promise<void>) | undefined;
  /** The epoch of the last process, if it sent what the file does not know of; see `setBehind`. */
  readonly behindIn: number | undefined;
  /** Makes the file, if there is room by now. @throws the disk's error, if there is none */
  open(): DatabaseSync;
  /** @throws {FileGoneError} if its file, or the log beside it, is no longer what was opened under that name */
  check(): void;
  /** Notes beside the file that it is behind what is sent, and the epoch of that; undefined: it is not behind. */
  setBehind(epoch: number | undefined): void;
  close(): void;
}

/**
 * SQLite's `user_version`. Format 1 was written by versions before the first release only, and every pod is in the
 * cluster still: to take it over would be code for nobody, so it is refused.
 */
export const FORMAT = 2;

/**
 * Opens the file of `--state`, made with mode 0600 where it does not exist.
 *
 * @throws {StoreError} if it is in use, is not ours, is damaged, or cannot be written.
 */
export function openFile(given: string): Disk {
  const path = checkPlace(given);
  createFor(path);
  if (ownerOf(path) === "other") throw foreign(path);
  return new StateFile(path);
}

/** A store that ends with the process, and leaves nothing behind whatever happens. */
export function openPrivate(): Disk {
  try {
    return new PrivateDisk(openUnlinked(), false);
  } catch {
    return openMemory();
  }
}

/** The same without a file. */
export function openMemory(): Disk {
  return new PrivateDisk(new DatabaseSync(":memory:"), true);
}

class PrivateDisk implements Disk {
  readonly sync = undefined;
  readonly behindIn = undefined;

  constructor(readonly database: DatabaseSync, readonly isMemory: boolean) {
    tune(database);
    createTables(database);
  }

  open(): DatabaseSync {
    return this.database;
  }

  check(): void {}

  setBehind(): void {}

  close(): void {
    this.database.close();
  }
}

class StateFile implements Disk {
  readonly isMemory = false;
  readonly behindIn: number | undefined;
  readonly #path: string;
  #mark: Deno.FsFile | undefined;
  #database: DatabaseSync | undefined;
  #wal: Deno.FsFile | undefined;
  /** Which files were opened, by path. */
  readonly #opened = new Map<string, string | undefined>();

  constructor(path: string) {
    this.#path = path;
    try {
      this.#database = this.#openDatabase();
    } catch (error) {
      if (!isDiskFault(error)) throw error;
    }
    try {
      const mark = openMark(`${path}-mark`);
      this.#mark = mark?.file;
      this.behindIn = mark?.behindIn;
    } catch (cause) {
      this.#database?.close();
      throw unwritable(`${path}-mark`, fileFault(cause, path), cause);
    }
  }

  get database(): DatabaseSync | undefined {
    return this.#database;
  }

  open(): DatabaseSync {
    return this.#database ??= this.#openDatabase({ isLate: true });
  }

  #openDatabase(when: { isLate?: boolean } = {}): DatabaseSync {
    const database = openDatabase(this.#path, when);
    for (const path of [this.#path, `${this.#path}-wal`]) this.#opened.set(path, identityOf(path));
    return database;
  }

  /** By its inode, which stays what it is while the file is open. To open it once more would release SQLite's locks. */
  check(): void {
    for (const [path, opened] of this.#opened) {
      const found = identityOf(path);
      if (found !== undefined && found !== opened) throw new FileGoneError();
    }
  }

  /** Through a descriptor of its own: SQLite locks nothing on this file, so closing it releases no lock. */
  sync = async (): Promise<void> => {
    this.#wal ??= this.#openWal();
    await this.#wal.syncData();
  };

  #openWal(): Deno.FsFile {
    // That the files are in their folder must be safe, too: once is enough.
    using folder = Deno.openSync(folderOf(this.#path));
    folder.syncSync();
    return Deno.openSync(`${this.#path}-wal`);
  }

  setBehind(epoch: number | undefined): void {
    try {
      this.#mark ??= openMark(`${this.#path}-mark`)?.file;
      if (this.#mark !== undefined) writeMark(this.#mark, epoch);
    } catch {
      // A disk that is broken and not full: there is no other place to note it.
    }
  }

  close(): void {
    this.#wal?.close();
    this.#mark?.close();
    // It leaves the log alone where the file was moved: that may be another one's.
    this.#database?.close();
  }
}

/** Which file has this name; empty: none; undefined: nobody can say. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev} ${ino}`;
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "" : undefined;
  }
}

/**
 * Gives the path of the file itself: SQLite follows a symbolic link, and has its log beside where that leads.
 *
 * @throws {StoreError} if something is there that is no file, or there is no folder for one
 */
export function checkPlace(path: string): string {
  let found: Deno.FileInfo;
  try {
    found = Deno.statSync(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw unwritable(path, fileFault(cause, path), cause);
    if (isLink(path)) throw unwritable(path, "it is a symbolic link to a file that does not exist", cause);
    if (path.startsWith("~/")) throw unwritable(path, fileFault(cause, path), cause);
    if (!isFolder(folderOf(path))) {
      throw unwritable(path, `its folder ${folderOf(path)} does not exist`, cause);
    }
    return path;
  }
  if (found.isDirectory) throw unwritable(path, "it is a directory; name a file in it");
  if (!found.isFile) throw unwritable(path, "it is a device or a pipe, not a file");
  return isLink(path) ? Deno.realPathSync(path) : path;
}

function createFor(path: string): void {
  try {
    // SQLite would make it with the process's umask; the file holds pods, so it is for its owner alone.
    Deno.openSync(path, { create: true, write: true, mode: 0o600 }).close();
  } catch (cause) {
    if (isDiskFault(cause)) return;
    throw unwritable(path, fileFault(cause, path), cause);
  }
}

/** @param why a clause */
export function unwritable(path: string, why: string, cause?: unknown): StoreError {
  return new StoreError(
    `Cannot write the state file ${path}: ${why}. Give --state a file in a folder that can be written.`,
    { cause },
  );
}

function isEmpty(path: string): boolean {
  try {
    return Deno.statSync(path).size === 0;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** @param isLate whether the start is over: the file that could not be made then is made now, and another's is not taken */
function openDatabase(path: string, { isLate = false }): DatabaseSync {
  let database: DatabaseSync | undefined;
  let isNew = isEmpty(path);
  try {
    // SQLite has names of its own, such as `:memory:` and `file:…`, and none of them is a path.
    database = new DatabaseSync(isAbsolute(path) ? path : `./${path}`);
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    tune(database);
    // Before anything is set: journal_mode and auto_vacuum are written into the file, whoever's it is.
    isNew = checkFormat(path, database);
    if (isLate && !isNew) throw new FileGoneError();
    // Damage that is met later, in the middle of the work, has no way out but a crash. 30 ms for 10,000 pods.
    if (!isNew) checkPages(path, database);
    // In a file that is there it is set, and setting it again writes, for which a full disk has no room.
    if (isNew) database.exec("PRAGMA auto_vacuum = INCREMENTAL");
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    // Each commit writes the last page of every table. Written back four times as rarely as by default, they are
    // written back a quarter as often. 16 MB of log.
    database.exec("PRAGMA wal_autocheckpoint = 4000");
    if (isNew) createTables(database);
    else addWhatIsNew(database);
    return database;
  } catch (cause) {
    database?.close();
    if (isDiskFault(cause) && (isNew || isLate)) throw cause;
    if (isLate) throw new FileGoneError();
    throw cause instanceof StoreError ? cause : explain(path, cause);
  }
}

/** Whether the file is empty. @throws {StoreError} if it is not ours, or of another format */
function checkFormat(path: string, database: DatabaseSync): boolean {
  const format = number(database, "user_version");
  const application = number(database, "application_id");
  if (format === 0 && application === 0 && number(database, "schema_version") === 0) return true;
  if (application !== APPLICATION_ID) throw foreign(path);
  const wrong = wrongFormat(path, format);
  if (wrong !== undefined) throw wrong;
  return false;
}

/** Why a file of ours in this format cannot be read; undefined: it can. */
export function wrongFormat(path: string, format: number): StoreError | undefined {
  if (format > FORMAT) {
    return new StoreError(
      `The state file ${path} was written by a newer k8svent (format ${format}, this one reads ${FORMAT}). Run that ` +
        "version, or remove the file: every pod is then sent again.",
    );
  }
  if (format < FORMAT) {
    return new StoreError(
      `The state file ${path} was written by a k8svent before its first release (format ${format}, this one reads ` +
        `${FORMAT}). Remove it: every pod is then sent again.`,
    );
  }
  return undefined;
}

/** @throws {StoreError} if a page of the file is not what SQLite wrote */
export function checkPages(path: string, database: DatabaseSync): void {
  const { quick_check: result } = database.prepare("PRAGMA quick_check(1)").get() ?? {};
  if (result !== "ok") throw damaged(path, undefined);
}

function openUnlinked(): DatabaseSync {
  const folder = Deno.makeTempDirSync({ prefix: "k8svent-" });
  try {
    const database = new DatabaseSync(`${folder}/state.db`);
    database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
    // The first write makes the file, and its lock outlives its name.
    database.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA user_version = 0");
    return database;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function tune(database: DatabaseSync): void {
  // SQLite's temporary files are refused under narrow permissions, even for a database in memory.
  database.exec("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1500");
}

function createTables(database: DatabaseSync): void {
  database.exec(`BEGIN IMMEDIATE; ${SCHEMA};
    PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}; COMMIT`);
}

/** What was added to the format since the file was made. The version before it reads the file still. */
function addWhatIsNew(database: DatabaseSync): void {
  for (const { table, column, statement } of ADDED) {
    const columns = database.prepare(`PRAGMA table_info(${table})`).all();
    if (!columns.some(({ name }) => name === column)) database.exec(statement);
  }
}

function number(database: DatabaseSync, pragma: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
}

/** Whether another process has the file open. */
export function isInUse(cause: unknown): boolean {
  return cause instanceof Error && /database is locked/.test(cause.message);
}

function explain(path: string, cause: unknown): StoreError {
  if (isInUse(cause)) {
    return new StoreError(
      `The state file ${path} is in use by another process. Run one k8svent on a state file at a time.`,
      { cause },
    );
  }
  if (isDamage(cause)) return ownerOf(path) === "ours" ? damaged(path, cause) : foreign(path);
  const remedy = isDiskFault(cause) ? "Make room on the disk, or mend it; or give" : "Give";
  return new StoreError(
    `Cannot open the state file ${path}: ${
      diskFault(cause, path)
    }. ${remedy} --state another file: every pod is then ` +
      "sent again.",
    { cause },
  );
}

/** Of a path; "." where it names none. */
export function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) || "/" : ".";
}
