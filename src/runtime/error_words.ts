/**
 * All that an error and its causes say, a line each: messages, and codes where there are some. The runtime tells what failed
 * in a connection in these words alone (hyper's, rustls', Node's, the operating system's). They quote the URL, so they are
 * for matching and not for people.
 */
export function wordsOf(error: unknown): string {
  const words: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    words.push(at.message);
    if ("code" in at) words.push(String(at.code));
  }
  return words.join("\n");
}
