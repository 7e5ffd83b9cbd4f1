import assert from "node:assert/strict";
import { Patterns } from "./expression_pattern.ts";

Deno.test("a pattern is RE2's, whether it was added before or is met", () => {
  const patterns = new Patterns();
  assert.equal(patterns.add("^a+$"), undefined);
  assert.match(patterns.add("(a") ?? "", /^missing closing \)/);
  assert.equal(patterns.isFound("^a+$", "aaa"), true);
  assert.equal(patterns.isFound("b", "abc"), true);
  assert.equal(patterns.isFound("(?=a)", "abc"), undefined);
});

Deno.test("of the patterns that are met, few are kept, and those that were added all are", () => {
  const patterns = new Patterns();
  for (let n = 0; n < 100; n++) patterns.add(`own-${n}`);
  for (let n = 0; n < 1_000; n++) assert.equal(patterns.isFound(`met-${n}`, "met-7"), n === 7);
  assert.equal(patterns.size, 164);
  assert.equal(patterns.isFound("met-7", "met-7"), true);
});

Deno.test("a pattern that a pod's author made long is none", () => {
  const patterns = new Patterns();
  assert.equal(patterns.isFound("a".repeat(1_000), "b"), false);
  assert.equal(patterns.isFound("a".repeat(1_001), "b"), undefined);
});
