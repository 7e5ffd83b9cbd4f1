import assert from "node:assert/strict";
import fc from "fast-check";
import { locate, type LocatedText, MASK, type Span, splice, stringsIn, textOf } from "./located.ts";

const ODD_SPACE = fc.constantFrom("", " ", "\n\t", "\r");

/** JSON as nobody's printer writes it: white space anywhere, needless escapes. */
const JSON_TEXT = fc.tuple(fc.jsonValue({ maxDepth: 4 }), ODD_SPACE, fc.boolean()).map(
  ([value, space, escapes]) => {
    const text = JSON.stringify(value).replaceAll(
      /[{}[\],:](?=(?:[^"\\]|\\.|"(?:[^"\\]|\\.)*")*$)/g,
      `${space}$&${space}`,
    );
    return escapes ? text.replaceAll("o", "\\u006f") : text;
  },
);

Deno.test("what is JSON is found, and what is not is refused, as JSON.parse says", () => {
  const anything = fc.oneof(JSON_TEXT, fc.string(), JSON_TEXT.map((text) => text.slice(0, -1)));
  fc.assert(
    fc.property(
      anything,
      fc.nat(),
      fc.constantFrom("", "{", '"', "\\", "0", "-", ",", "\u0001"),
      (text, at, more) => {
        const index = at % (text.length + 1);
        const json = text.slice(0, index) + more + text.slice(index);
        let isJson = true;
        try {
          JSON.parse(json);
        } catch {
          isJson = false;
        }
        if (isJson) locate(json);
        else {assert.throws(() => locate(json), {
            name: "SyntaxError",
            message: "What is to be redacted is not JSON",
          });}
      },
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("of every text it is known what it says", () => {
  fc.assert(fc.property(JSON_TEXT, (json) => {
    const said = [...stringsIn(locate(json))].map((text) => textOf(json, text));
    const expected: string[] = [];
    JSON.parse(json, (_key, value) => (typeof value === "string" && expected.push(value), value));
    assert.deepEqual(said.toSorted(), expected.toSorted());
  }));
});

Deno.test("a mask takes the place of what the offsets say, however the text is escaped", () => {
  const part = fc.record({ from: fc.nat(12), length: fc.nat(12) });
  const text = fc.string({ unit: "binary", maxLength: 20 });
  fc.assert(fc.property(text, fc.array(part, { maxLength: 3 }), fc.boolean(), (said, parts, escaped) => {
    const units = [...Array(said.length).keys()].map((index) => said[index] ?? "");
    const json = escaped
      ? `["${units.map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}",1.50]`
      : `[${JSON.stringify(said)},1.50]`;
    const spans: Span[] = parts.map(({ from, length }) => ({
      from: Math.min(from, said.length),
      to: Math.min(from + length, said.length),
    })).filter(({ from, to }) => to > from);
    const [found] = [...stringsIn(locate(json))];
    const result = splice(json, new Map([[found as LocatedText, spans]]));
    assert.equal(JSON.parse(result)[0], masked(said, spans));
    assert.equal(result.endsWith('",1.50]'), true);
  }));
});

/** As slow and plain as can be. */
function masked(text: string, spans: Span[]): string {
  let result = "";
  let isOpen = false;
  for (let index = 0; index < text.length; index++) {
    const isIn = spans.some(({ from, to }) => from <= index && index < to);
    if (isIn && !isOpen) result += MASK;
    if (!isIn) result += text[index];
    isOpen = isIn;
  }
  return result;
}

Deno.test("without a part to mask the JSON stays as it is", () => {
  const json = ' {"a" : [1e400, "x"]}\n';
  const [text] = [...stringsIn(locate(json))];
  assert.equal(splice(json, new Map([[text as LocatedText, []]])), json);
});
