/*
 * Whether what goes to a stream may have escapes in it: it is a terminal, and one that knows them.
 */

/** A stream that may lead to a terminal. */
interface Stream {
  isTerminal(): boolean;
}

/** Whether lines on it can be written anew. Editors and build tools show what they run as `TERM=dumb`. */
export function takesEscapes(stream: Stream, term: string | undefined = Deno.env.get("TERM")): boolean {
  return stream.isTerminal() && term !== "dumb";
}

/** The same of colours, which `NO_COLOR` turns off. */
export function takesColours(
  stream: Stream,
  term: string | undefined = Deno.env.get("TERM"),
  isOff = Deno.noColor,
): boolean {
  return takesEscapes(stream, term) && !isOff;
}
