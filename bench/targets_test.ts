import assert from "node:assert/strict";
import { type Results } from "./results.ts";
import { findTarget, GUARDED, printVerdict, type Target, TARGETS } from "./targets.ts";

const MACHINE = { processor: "", cores: 2, memoryGiB: 4, system: "linux", deno: "2", go: "1" };

function results(padding = 0): Results {
  const figures = { "CPU, s": { ours: [3, 2, 9], theirs: [2, 2, 2] } };
  return {
    ...{
      day: "2026-01-01",
      machine: MACHINE,
      ceiling: 1,
      contenders: ["ours", "theirs"],
      shown: "ours",
      baseline: "theirs",
    },
    sizes: [{ pods: 10, padding, figures }],
  };
}

const TARGET: Target = { figure: "CPU, s", pods: 10, of: "baseline", atMost: 1.2 };

Deno.test("a target is the ratio of the medians, or the median itself", () => {
  assert.equal(findTarget(TARGET, results()), 1.5);
  assert.equal(findTarget({ ...TARGET, of: "itself" }, results()), 3);
});

Deno.test("a target that was not measured, or with other pods, is not found", () => {
  assert.equal(findTarget({ ...TARGET, pods: 11 }, results()), undefined);
  assert.equal(findTarget({ ...TARGET, figure: "memory" }, results()), undefined);
  assert.equal(findTarget(TARGET, results(100_000)), undefined);
});

Deno.test("a verdict says by how much a target was missed", () => {
  assert.equal(printVerdict(TARGET, 1.2), "reached");
  assert.equal(printVerdict(TARGET, 1.5), "missed by 25%");
  assert.equal(printVerdict({ ...TARGET, atMost: 0 }, 7), "missed by 7");
  assert.equal(printVerdict(TARGET, undefined), "not measured");
});

Deno.test("what is held is laxer than the target, or it would say nothing", () => {
  for (const { figure, atMost, held } of [...TARGETS, ...GUARDED]) {
    assert.ok(held === undefined || held.atMost > atMost, figure);
  }
});
