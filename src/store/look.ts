/**
 * A look at the file of `--state` that changes nothing: whether a run could use it. The rules and the sentences are those of
 * `database.ts`, which opens it.
 *
 * SQLite writes files beside a database even to read it, so what the file itself shows is read there, or in a copy. Whether
 * another process has it open only SQLite knows, by its locks; it is asked where there is a write-ahead log, which an orderly
 * end removes.
 */
import { DatabaseSync } from "node:sqlite";
import { fileFault } from "../runtime/file_fault.ts";
import { checkPages, checkPlace, folderOf, isInUse, unwritable, wrongFormat } from "./database.ts";
import { damaged, isDamage, StoreError } from "./disk_fault.ts";
import { foreign, headOf, ownerOf } from "./owner.ts";

/** What is there: nothing yet, a state file, or one that a process has open, which may well be k8svent. */
export type StateFileFound = "nothing" | "ours" | "in use";

/** Where the format stands in the head of the file: SQLite's `user_version` (sqlite.org/fileformat2.html). */
const FORMAT_AT = 60;

/** Bytes that a new state file takes at the least, with its log and the log's index. */
const TRIAL = 65_536;

/** Bytes of a state file that is copied to be looked at. Of a larger one, a run finds the damage. */
const LARGEST_COPY = 2 ** 26;

/** Looks. @throws {StoreError} where a run could not begin with it */
export function lookAtStateFile(given: string): StateFileFound {
  const path = checkPlace(given);
  const isThere = exists(path);
  if (isThere) checkFile(path);
  // Its write-ahead log is made beside it, also where the file itself is there.
  checkFolder(path);
  if (!isThere || headOf(path).length === 0) return "nothing";
  if (exists(`${path}-wal`)) return isLocked(path) ? "in use" : "ours";
  checkContent(path);
  return "ours";
}

/** By a copy: SQLite locks what it reads and makes files beside it, and a run that starts now would find them. */
function checkContent(path: string): void {
  if (Deno.statSync(path).size > LARGEST_COPY) return;
  let folder: string | undefined;
  let database: DatabaseSync | undefined;
  try {
    folder = Deno.makeTempDirSync({ dir: folderOf(path), prefix: ".k8svent-" });
    Deno.copyFileSync(path, `${folder}/state.db`);
    database = new DatabaseSync(`${folder}/state.db`, { readOnly: true });
    checkPages(path, database);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    if (isDamage(error)) throw damaged(path, error);
    // There may be no room for a copy. The run finds what is wrong.
  } finally {
    database?.close();
    if (folder !== undefined) Deno.removeSync(folder, { recursive: true });
  }
}

function checkFile(path: string): void {
  try {
    Deno.openSync(path, { read: true, write: true }).close();
  } catch (cause) {
    throw unwritable(path, fileFault(cause, path), cause);
  }
  const owner = ownerOf(path);
  if (owner === "other" || owner === "a database") throw foreign(path);
  const head = headOf(path);
  if (head.length < FORMAT_AT + 4) return;
  const format = new DataView(head.buffer).getUint32(FORMAT_AT);
  // 0: it is new, and its format is in the write-ahead log still.
  const wrong = format === 0 ? undefined : wrongFormat(path, format);
  if (wrong !== undefined) throw wrong;
}

function checkFolder(path: string): void {
  let trial: string | undefined;
  try {
    trial = Deno.makeTempFileSync({ dir: folderOf(path), prefix: ".k8svent-" });
    // A full disk takes a file, and nothing into it.
    Deno.writeFileSync(trial, new Uint8Array(TRIAL));
  } catch (cause) {
    throw unwritable(path, fileFault(cause, path), cause);
  } finally {
    if (trial !== undefined) Deno.removeSync(trial);
  }
}

function isLocked(path: string): boolean {
  const shared = `${path}-shm`;
  const wasThere = exists(shared);
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      database.prepare("PRAGMA schema_version").get();
      return false;
    } finally {
      database.close();
    }
  } catch (error) {
    // Damage behind a log is found, and reported, by the run: the file alone shows only a part of what is there.
    return isInUse(error);
  } finally {
    // A run locks the whole file, and has no use for it.
    if (!wasThere && exists(shared)) Deno.removeSync(shared);
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
