import { readAtMost, readUpTo } from "./small_file.ts";

/** The text of files that a person names, read at once: they are small, and nothing goes on without them. */

/** The names by which a shell gives a program its standard input, which the runtime opens by no name. */
const STDIN = /^\/(dev\/stdin|dev\/fd\/0|proc\/self\/fd\/0)$/;

/**
 * A file's text as UTF-8; what is none becomes U+FFFD.
 *
 * @param most bytes that are read; one more where there are more
 * @throws one of `Deno.errors`
 */
export function readTextUpTo(path: string, most: number): string {
  return new TextDecoder().decode(readBytesUpTo(path, most));
}

/** Its bytes, by the same rule. */
export function readBytesUpTo(path: string, most: number): Uint8Array<ArrayBuffer> {
  return STDIN.test(path) ? readUpTo(Deno.stdin, most + 1) : readAtMost(path, most + 1);
}
