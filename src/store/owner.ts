/**
 * Whose a file is, by its first bytes, and nothing of it is changed: people name a kubeconfig, notes, a database of another
 * program, and SQLite could already change that.
 */
import { StoreError } from "./disk_fault.ts";

/** "k8sv", stored as SQLite's `application_id`: tells our file from any other database. */
export const APPLICATION_ID = 0x6b387376;

/** What SQLite writes at the head of a file, and where in it the `application_id` stands (sqlite.org/fileformat2.html). */
const MAGIC = "SQLite format 3\0";
const ID_AT = 68;

/**
 * Whose a file is. In a database without an id, ours may be in the write-ahead log still, and SQLite looks there
 * (`checkFormat`); but then its mark is beside it.
 */
export function ownerOf(path: string): "nobody" | "ours" | "a database" | "other" {
  const head = headOf(path);
  if (head.length === 0) return "nobody";
  const id = head.length < ID_AT + 4 ? 0 : new DataView(head.buffer).getUint32(ID_AT);
  if (id === APPLICATION_ID || isOurMark(`${path}-mark`)) return "ours";
  const isDatabase = new TextDecoder().decode(head.subarray(0, MAGIC.length)) === MAGIC;
  return isDatabase && id === 0 ? "a database" : "other";
}

/** A file that is not ours: nothing of it is changed. */
export function foreign(path: string): StoreError {
  const isDatabase = new TextDecoder().decode(headOf(path).subarray(0, MAGIC.length)) === MAGIC;
  const what = isDatabase ? "a database of another program" : "not a state file of k8svent";
  return new StoreError(`The file ${path} is ${what}. Give --state another file; this one is left as it is.`);
}

/** The beginning of a file; nothing where it cannot be read, which opening it will find, too. */
export function headOf(path: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ID_AT + 4);
  try {
    using file = Deno.openSync(path);
    return bytes.slice(0, file.readSync(bytes) ?? 0);
  } catch {
    return bytes.subarray(0, 0);
  }
}

function isOurMark(path: string): boolean {
  return /^(current|behind in epoch) /.test(new TextDecoder().decode(headOf(path)));
}
