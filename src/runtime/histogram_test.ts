import assert from "node:assert/strict";
import { Histogram } from "./histogram.ts";

Deno.test("a value counts where it is at most as large as the bound", () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0, 1, 1.5, 2, 3]) histogram.observe(value);
  assert.deepEqual(histogram.counts, [2, 2, 1]);
  assert.equal(histogram.sum, 7.5);
});
