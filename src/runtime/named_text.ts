import { isNamedPipe, readNamedPipe } from "./named_pipe.ts";
import { endedBySignals } from "./signals.ts";
import { readAtMost, readUpTo } from "./small_file.ts";

/** The text of files that a person names, read at once: they are small, and nothing goes on without them. */

/** The names by which a shell gives a program its standard input, which the runtime opens by no name. */
const STDIN = /^\/(dev\/stdin|dev\/fd\/0|proc\/self\/fd\/0)$/;

/** Whether it is the standard input. */
export function isStdin(path: string): boolean {
  return STDIN.test(path);
}

/**
 * A file's text as UTF-8; what is none becomes U+FFFD.
 *
 * @param most bytes that are read; one more where there are more
 * @throws one of `Deno.errors`
 */
export function readTextUpTo(path: string, most: number): string {
  return new TextDecoder().decode(readBytesUpTo(path, most));
}

/** The same of what was read before. @throws one of `Deno.errors`, also where it is a pipe by now */
export function readTextAgain(path: string, most: number): string {
  checkReadAgain(path);
  return readTextUpTo(path, most);
}

/** All of a file that is read at each use. @throws the same */
export async function readBytesAgain(path: string): Promise<Uint8Array<ArrayBuffer>> {
  checkReadAgain(path);
  return await Deno.readFile(path);
}

function checkReadAgain(path: string): void {
  if (isReadOnce(path)) throw new Deno.errors.NotSupported();
}

/**
 * Whether it gives what it has only once, as a pipe does, which the shell makes of `<(…)`: who opens it again waits for its
 * other end, and with it the whole program.
 */
export function isReadOnce(path: string): boolean {
  if (isStdin(path)) return true;
  try {
    const { isFile, isDirectory } = Deno.statSync(path);
    return !isFile && !isDirectory;
  } catch {
    // A file that is being replaced comes back.
    return false;
  }
}

/** Its bytes, by the same rule. What is no file may keep the program waiting. */
export function readBytesUpTo(path: string, most: number): Uint8Array<ArrayBuffer> {
  if (!isReadOnce(path)) return readAtMost(path, most + 1);
  return endedBySignals(() => {
    if (isStdin(path)) return readUpTo(Deno.stdin, most + 1);
    return isNamedPipe(path) ? readNamedPipe(path, most + 1) : readAtMost(path, most + 1);
  });
}
