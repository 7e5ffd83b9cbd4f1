import assert from "node:assert/strict";
import { addRound, type Figures, median } from "./results.ts";
import { printTable } from "./table.ts";

Deno.test("the median is the middle one, or what is between the two in the middle", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(median([7]), 7);
});

Deno.test("a table has the median, the spread, and the ratio to the baseline's", () => {
  const figures = { "time, s": { ours: [2, 1, 3], theirs: [4, 4, 4] } };
  assert.deepEqual(printTable("10 pods", figures, ["ours", "theirs"], "theirs").split("\n").slice(1), [
    "10 pods",
    "                     ours  ratio            theirs",
    "time, s  2.00 (1.00–3.00)   0.50  4.00 (4.00–4.00)",
  ]);
});

Deno.test("without a baseline a table has no ratios", () => {
  const figures = { "time, s": { ours: [2, 1, 3], more: [4, 4, 4] } };
  assert.deepEqual(printTable("10 pods", figures, ["ours", "more"]).split("\n").slice(2), [
    "                     ours              more",
    "time, s  2.00 (1.00–3.00)  4.00 (4.00–4.00)",
  ]);
});

Deno.test("each round adds a number to each figure of its contender", () => {
  const figures: Figures = {};
  addRound(figures, "ours", { time: 1, memory: 2 });
  addRound(figures, "theirs", { time: 3 });
  addRound(figures, "ours", { time: 4, memory: 5 });
  assert.deepEqual(figures, { time: { ours: [1, 4], theirs: [3] }, memory: { ours: [2, 5] } });
});
