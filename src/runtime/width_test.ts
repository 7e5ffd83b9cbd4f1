import assert from "node:assert/strict";
import fc from "fast-check";
import { fitting, padded, widthOf } from "./width.ts";

/** Columns that a terminal gives to each. */
const WIDTHS: Record<string, [text: string, width: number]> = {
  "ASCII": ["web-0", 5],
  "colours": ["\x1b[31mred\x1b[39m", 3],
  "letters of Chinese": ["容器", 4],
  "letters of Japanese": ["ポッド", 6],
  "narrow letters of Japanese": ["ﾎﾟﾂ", 3],
  "syllables of Korean": ["파드", 4],
  "a syllable of Korean in its letters": ["\u1112\u1161\u11ab", 2],
  "full-width letters": ["ＡＢ", 4],
  "Cyrillic": ["под", 3],
  "an accent of its own": ["e\u0301", 1],
  "accents upon accents": ["a\u0300\u0301\u0302", 1],
  "an emoji": ["🔥", 2],
  "an emoji with the colour of a skin": ["👍🏽", 2],
  "a family": ["👨‍👩‍👧", 2],
  "a flag": ["🇩🇪", 2],
  "a sign that is made an emoji": ["❤\ufe0f", 2],
  "the same as a sign": ["❤", 1],
  "an arrow, and dots": ["→…", 2],
  "half of a surrogate pair": ["\ud83d", 1],
};

for (const [kind, [text, width]] of Object.entries(WIDTHS)) {
  Deno.test(`${kind} take ${width}`, () => assert.equal(widthOf(text), width));
}

Deno.test("what fits is whole characters, from either end", () => {
  assert.equal(fitting("容器abc", 3), "容");
  assert.equal(fitting("abc容器", 3, "end"), "器");
  assert.equal(fitting("e\u0301e\u0301", 1), "e\u0301");
  assert.equal(fitting("x👨‍👩‍👧", 2), "x");
  assert.equal(fitting("abc", 2, "end"), "bc");
  assert.equal(fitting("abc", 0), "");
  assert.equal(fitting("abc", -1), "");
});

Deno.test("any text is cut to what has room, and padded to what it fills", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.nat(40), (text, columns) => {
    for (const from of ["start", "end"] as const) {
      const fit = fitting(text, columns, from);
      assert.ok(widthOf(fit) <= columns);
      assert.ok(fit.isWellFormed());
      assert.ok(from === "start" ? text.startsWith(fit) : text.endsWith(fit));
      assert.equal(widthOf(padded(fit, columns)), columns);
    }
  }));
});
