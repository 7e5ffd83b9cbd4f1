import assert from "node:assert/strict";
import { judge } from "./verdict.ts";

const RECORD = { time: [1.9, 2.2, 2.0], memory: [0.5, 0.6, 0.5] };

Deno.test("a figure is behind when every round is worse than every round on record", () => {
  assert.deepEqual(judge(RECORD, { time: [2.3, 2.9, 2.4], memory: [0.5, 0.9, 0.9] }), [
    { figure: "time", before: 2.2, now: 2.3 },
  ]);
});

Deno.test("one good round is enough: the others may be the machine's", () => {
  assert.deepEqual(judge(RECORD, { time: [2.2, 9, 9], memory: [9, 9, 0.4] }), []);
});

Deno.test("a round in which something was not measured is behind, whatever the others are", () => {
  for (const nothing of [NaN, 0, -2.5]) {
    assert.deepEqual(judge(RECORD, { time: [1, nothing, 1], memory: [0.5] }).map(({ figure }) => figure), [
      "time",
    ]);
  }
});

Deno.test("a figure that was not measured is behind: it must not vanish", () => {
  assert.deepEqual(judge(RECORD, { time: [1] }).map(({ figure }) => figure), ["memory"]);
});
