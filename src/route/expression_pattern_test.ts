import assert from "node:assert/strict";
import { Patterns } from "./expression_pattern.ts";

const free = (): void => {};

Deno.test("a pattern is RE2's, whether it was added before or is met", () => {
  const patterns = new Patterns();
  assert.equal(patterns.add("^a+$"), undefined);
  assert.match(patterns.add("(a") ?? "", /^missing closing \)/);
  assert.equal(patterns.isFound("^a+$", "aaa", free), true);
  assert.equal(patterns.isFound("b", "abc", free), true);
  assert.equal(patterns.isFound("(?=a)", "abc", free), undefined);
});

Deno.test("of the patterns that are met, few are kept, and those that were added all are", () => {
  const patterns = new Patterns();
  for (let n = 0; n < 100; n++) patterns.add(`own-${n}`);
  for (let n = 0; n < 1_000; n++) assert.equal(patterns.isFound(`met-${n}`, "met-7", free), n === 7);
  assert.equal(patterns.size, 164);
  assert.equal(patterns.isFound("met-7", "met-7", free), true);
});

Deno.test("a pattern that a pod's author made long is none", () => {
  const patterns = new Patterns();
  assert.equal(patterns.isFound("a".repeat(1_000), "b", free), false);
  assert.equal(patterns.isFound("a".repeat(1_001), "b", free), undefined);
});
