import assert from "node:assert/strict";
import { type Budget, compilePattern } from "./pattern.ts";

const plenty = (): Budget => ({ looks: 1 << 24, finds: 1 << 24 });

Deno.test("every match is found, by its place in UTF-16", () => {
  assert.deepEqual(compilePattern("[0-9]+").find("a1 😀 22", plenty()), [{ from: 1, to: 2 }, {
    from: 6,
    to: 8,
  }]);
  assert.deepEqual(compilePattern("(?i)acme").find("ACME inc", plenty()), [{ from: 0, to: 4 }]);
  assert.deepEqual(compilePattern("x").find("none", plenty()), []);
});

Deno.test("a match that is empty counts for nothing", () => {
  assert.deepEqual(compilePattern("\\b").find("a b", plenty()), []);
});

Deno.test("what is no pattern is an error that says where and why", () => {
  const said = (source: string): string => {
    try {
      compilePattern(source);
    } catch (error) {
      assert(error instanceof TypeError);
      return error.message;
    }
    return "";
  };
  assert.equal(said("foo("), 'The pattern "foo(" is none of RE2: missing closing ): `foo(`.');
  assert.match(said("(?<=a)b"), /is none of RE2: .* Nor does RE2 look ahead or behind\.$/);
  assert.match(said("(a)\\1"), /invalid escape sequence: `\\1`/);
  assert.match(said("a*"), /^The pattern "a\*" matches an empty text, so it would match everywhere/);
  assert.match(said("a{1000}{1000}"), /invalid/);
  assert.equal(said("a".repeat(1_001)), "The pattern has 1001 characters, and may have 1000.");
});

Deno.test("where the matches of a text would take too long to find, all of it is one", () => {
  // Each look for a match of this one goes on to the end of the text: 2 · 10⁹ steps for all.
  const text = "a".repeat(65_000);
  const budget = { looks: 10_000_000, finds: 1_000_000 };
  assert.deepEqual(compilePattern("a(.*b)?").find(text, budget), [{ from: 0, to: text.length }]);
  // What does not match needs no budget, and is not masked because it is gone.
  assert.deepEqual(compilePattern("a(.*b)?").find("ccc", budget), []);
  assert.deepEqual(compilePattern("a(.*b)?").find("ac", budget), [{ from: 0, to: 2 }]);
});

Deno.test("a text that is too long for a pattern of many parts is taken as a whole, and leaves the others their turn", () => {
  const budget = plenty();
  // For each character up to 64 places of the pattern are looked at: seconds for this text, of which only the end matches.
  const long = "a".repeat(300_000);
  const pattern = compilePattern("[0-9a-f]{32,64}\\b");
  assert.deepEqual(pattern.find(long, budget), [{ from: 0, to: long.length }]);
  assert.deepEqual(pattern.find(`id: ${"b".repeat(40)}.`, budget), [{ from: 4, to: 44 }]);
  assert.deepEqual(pattern.find("none", budget), []);
  // The same text is no matter to a pattern of a few parts.
  assert.deepEqual(compilePattern("cust-[0-9]+").find(`${long} cust-1`, plenty()), [
    { from: 300_001, to: 300_007 },
  ]);
});

Deno.test("a pattern over which JavaScript's own would never end is quick", () => {
  assert.deepEqual(compilePattern("^(a+)+$").find(`${"a".repeat(50_000)}!`, plenty()), []);
});
