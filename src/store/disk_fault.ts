/**
 * What can be wrong with the store's file, in words of our own. SQLite's errors are words alone (the runtime gives no code
 * of them), and they are about databases and images, of which whoever gave `--state` a file has never heard.
 */
import { fileFault } from "../runtime/file_fault.ts";

/** The store cannot be opened, or not go on. The message says what to do. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/** Its message, as a clause for people. */
export const GONE = "it was removed or replaced while the program ran";

/** The file that was opened has its name no more: what is written to it no start will read. */
export class FileGoneError extends Error {
  override readonly name = "FileGoneError";

  constructor() {
    super(GONE);
  }
}

/** SQLite's words (sqlite.org/rescode.html) for what passes when there is room, or a disk that works. */
const PASSING: readonly [RegExp, string][] = [
  [/disk is full|No space left/, "the disk is full"],
  [/quota exceeded/, "this user's share of the disk is used up"],
  [/File too large/, "it may not become larger (ulimit -f; LimitFSIZE= of systemd)"],
  // Also for the two limits above: of the system's errors, SQLite tells a full disk alone from the rest.
  [/disk I\/O error/, "the disk has a fault, or a limit of this user is reached (a quota, ulimit -f)"],
  [/readonly database/, "it, or the file system that it is on, is read-only"],
  [/unable to open database file/, "it, or a file beside it, cannot be opened"],
];

const OTHER: readonly [RegExp, string][] = [
  [/locking protocol/, "the file system that it is on cannot lock files"],
  [/out of memory/, "there is too little memory"],
];

/** Whether SQLite failed because the disk is full, broken or read-only, and not because of what was asked. */
export function isDiskFault(error: unknown): error is Error {
  if (error instanceof StoreError) return false;
  return error instanceof FileGoneError ||
    error instanceof Error && PASSING.some(([words]) => words.test(error.message));
}

/** Whether SQLite does not find what it wrote. */
export function isDamage(error: unknown): boolean {
  return error instanceof Error && /not a database|malformed/.test(error.message);
}

/** Why the disk failed, as a clause for people. */
export function diskFault(error: unknown, path = ""): string {
  if (error instanceof FileGoneError) return GONE;
  const text = error instanceof Error ? error.message : String(error);
  return [...PASSING, ...OTHER].find(([words]) => words.test(text))?.[1] ?? fileFault(error, path);
}

/**
 * The file is not what was written.
 *
 * @param file `/var/lib/k8svent/state.db`; empty: it is clear which
 * @param how a clause; by default, what is so of any damage
 */
export function damaged(
  file: string,
  cause?: unknown,
  how = "a part of it is missing or was overwritten",
): StoreError {
  return new StoreError(
    `The state file${file === "" ? "" : ` ${file}`} is damaged: ${how}. Remove it to begin anew: every pod ` +
      "is then sent again.",
    { cause },
  );
}

/** What the work with an open file comes to. @throws {StoreError} for damage; any other error as it is */
export function orDamaged<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isDamage(error) ? damaged("", error) : error;
  }
}
