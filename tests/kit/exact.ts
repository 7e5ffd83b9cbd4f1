/**
 * Parses JSON and keeps every number digit for digit, always by the source text: the kit's own, so that what
 * a test compares was not read by the code under test.
 *
 * A number that a double cannot repeat becomes a `JSON.rawJSON` object; `isDeepStrictEqual` compares those.
 */
export function parseEveryNumber(text: string): unknown {
  return parse(text, (_key, value, context) => {
    if (typeof value !== "number" || String(value) === context.source) return value;
    return rawJSON(context.source);
  });
}

/** Both are in V8 (ECMA-262 proposal "JSON.parse source text access"), not yet in TypeScript's library. */
const { parse, rawJSON } = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};
