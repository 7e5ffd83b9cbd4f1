import assert from "node:assert/strict";
import fc from "fast-check";
import { printable, printableJson, printableLines } from "./printable.ts";

Deno.test("text in any script stays as it is", () => {
  for (const text of ["plain", "naïve café", "日本語テスト", "שלום", "مرحبا", "ελληνικά", "a\u00a0b", "👍"]) {
    assert.equal(printable(text), text);
  }
});

Deno.test("what ends a line or steers a terminal becomes a space, what nobody sees goes", () => {
  const cases: [string, string][] = [
    ["a\nb\r\nc\td", "a b c d"],
    ["\x1b]0;title\x07x", "]0;title x"],
    ["a\u2028b\u2029c\u0085d", "a b c d"],
    ["safe\u202etxt.exe", "safetxt.exe"],
    ["pass\u200bword\ufeff", "password"],
    [" \n around \0 ", "around"],
  ];
  for (const [text, expected] of cases) assert.equal(printable(text), expected);
});

Deno.test("what is too long is cut between characters", () => {
  assert.equal(printable("a".repeat(200), 200), "a".repeat(200));
  assert.equal(printable("a".repeat(201), 200), `${"a".repeat(199)}…`);
  assert.equal(printable("👍".repeat(5), 5), "👍".repeat(5));
  assert.equal(printable("👍".repeat(6), 5), `${"👍".repeat(4)}…`);
  assert.equal(printable("one two three", 5), "one…");
});

Deno.test("lines stay lines where they are asked for", () => {
  assert.equal(printableLines("a\x1bb\n\tat c\u202e"), "a b\n at c");
});

Deno.test("whatever it is given: one line, nothing invisible, within the limit, and stable", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 50 }), (text, limit) => {
    const line = printable(text, limit);
    assert.doesNotMatch(line, /[\p{C}\p{Zl}\p{Zp}]/u);
    assert.ok([...line].length <= limit);
    assert.equal(printable(line, limit), line);
  }));
});

Deno.test("JSON that is printed steers no terminal, turns nothing, and is still the same", () => {
  const value = { note: "a\u009b31m\x7f\u202egpj\u2066\u2028 \u05e9\u05dc\u05d5\u05dd \u2764\ufe0f" };
  const printed = printableJson(JSON.stringify(value));
  assert.doesNotMatch(printed, /[\x7f-\x9f\u2028\p{Bidi_Control}]/u);
  assert.match(printed, /\u05e9\u05dc\u05d5\u05dd \u2764\ufe0f/);
  assert.deepEqual(JSON.parse(printed), value);
});
