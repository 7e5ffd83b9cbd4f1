import assert from "node:assert/strict";
import { judge } from "./verdict.ts";

Deno.test("a figure is beyond its bound when five of five rounds are, and within when the median is", () => {
  assert.equal(judge(1, [1.1, 1.3, 1.01, 4, 1.2]), "beyond");
  assert.equal(judge(1, [0.9, 1.3, 0.8, 4, 1]), "within");
});

Deno.test("some good rounds are enough for a doubt: the others may be the machine's", () => {
  assert.equal(judge(1, [1.1, 1.3, 1, 4, 1.2]), "unclear");
  assert.equal(judge(1, [1.1, 1.3, 0.9, 0.9, 1.2]), "unclear");
});

Deno.test("with more rounds one of them may be good and the figure is beyond its bound all the same", () => {
  assert.equal(judge(1, [2, 2, 2, 2, 0.5, 2, 2, 2, 2]), "beyond");
  assert.equal(judge(1, [2, 2, 2, 2, 0.5, 2, 2, 0.5, 2]), "unclear");
});

Deno.test("four rounds are too few to be sure of anything", () => {
  assert.equal(judge(1, [9, 9, 9, 9]), "unclear");
});

Deno.test("a round in which something was not measured is beyond any bound, whatever the others are", () => {
  for (const nothing of [NaN, 0, -2.5]) assert.equal(judge(1, [0.5, nothing, 0.5]), "beyond");
  assert.equal(judge(1, []), "beyond");
});
