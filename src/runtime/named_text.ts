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
  if (STDIN.test(path)) return readAll(Deno.stdin, most);
  using file = Deno.openSync(path);
  return readAll(file, most);
}

function readAll(source: { readSync(into: Uint8Array): number | null }, most: number): string {
  const bytes = new Uint8Array(most + 1);
  let length = 0;
  while (length < bytes.length) {
    const read = source.readSync(bytes.subarray(length));
    if (read === null) break;
    length += read;
  }
  return new TextDecoder().decode(bytes.subarray(0, length));
}
