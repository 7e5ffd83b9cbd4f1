import { fileFault } from "../runtime/file_fault.ts";
import { isReadOnce, isStdin, readBytesUpTo } from "../runtime/named_text.ts";

/*
 * Files that a person names. Besides those on a disk that is standard input: kubectl takes `--kubeconfig /dev/stdin`, and
 * Deno opens nothing of that kind below /dev and /proc without all rights.
 */

/** Bytes of what is no plain file and may have no end, such as /dev/zero. No kubeconfig has as many. */
const LARGEST = 2 ** 24;

/** All of a file. @throws what the runtime says; see `whyUnreadable` */
export async function readNamed(file: string): Promise<Uint8Array> {
  return isReadOnce(file) ? readBytesUpTo(file, LARGEST) : await Deno.readFile(file);
}

/** A file whose folder may not be looked into counts as there, so that reading it says why it cannot be read. */
export async function exists(file: string): Promise<boolean> {
  if (isStdin(file)) return true;
  try {
    await Deno.stat(file);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable);
  }
}

/** Why a file could not be read: part of a sentence. */
export function whyUnreadable(cause: unknown, file: string): string {
  if (cause instanceof Deno.errors.NotFound) {
    if (file.startsWith("~/")) {
      return "it does not exist: only a shell replaces ~ with the home folder, and only at the beginning of a word";
    }
    if (/["'`]$/.test(file)) return "it does not exist: the quotes are part of its name there, take them out";
    return /[^/]:\/?./.test(file.slice(2))
      ? "it does not exist (several files go into KUBECONFIG)"
      : "it does not exist";
  }
  if (cause instanceof Deno.errors.PermissionDenied) return "its permissions forbid reading it";
  if (cause instanceof Deno.errors.NotCapable) {
    return "this program may not read it: the one made for a cluster reads its own files only, and none reads /dev or " +
      "/proc but for /dev/stdin";
  }
  if (cause instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (cause instanceof Deno.errors.NotSupported || cause instanceof Deno.errors.TimedOut) {
    return fileFault(cause, file);
  }
  if (cause instanceof Error && cause.message === "it is empty") return cause.message;
  return "it cannot be read";
}
