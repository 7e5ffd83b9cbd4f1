/** The first bytes of a file, `most` of them at the most: one that was named by mistake may have no end. */
export function readAtMost(path: string, most: number): Uint8Array<ArrayBuffer> {
  using file = Deno.openSync(path);
  return readUpTo(file, most);
}

/** The same of what is open. */
export function readUpTo(
  source: { readSync(into: Uint8Array): number | null },
  most: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(most);
  let length = 0;
  while (length < bytes.length) {
    const read = source.readSync(bytes.subarray(length));
    if (read === null) break;
    length += read;
  }
  return bytes.subarray(0, length);
}
