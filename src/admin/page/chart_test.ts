import assert from "node:assert/strict";
import { bars, highestOf } from "./chart.ts";

Deno.test("bars stand on each other, the highest fills the height, and a minute without one is left out", () => {
  const series = [{ kind: "good" as const, values: [2, 0, 1] }, { kind: "bad" as const, values: [2, 0, 0] }];
  assert.equal(highestOf(series), 4);
  const picture = String(bars("four", series));
  assert.match(picture, /role="img"[^>]*aria-label="four"/);
  assert.match(picture, /class="good" d="M0 32v-16h3v16zM8 32v-8h3v8z"/);
  assert.match(picture, /class="bad" d="M0 16v-16h3v16z"/);
});

Deno.test("however little there was is seen, and nothing at all is a floor alone", () => {
  assert.match(String(bars("", [{ kind: "plain", values: [1] }], 1_000)), /d="M0 32v-2h3v2z"/);
  assert.equal(highestOf([]), 0);
  assert.doesNotMatch(String(bars("none", [])), /NaN|Infinity/);
});
