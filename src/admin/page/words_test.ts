import assert from "node:assert/strict";
import { due, many, number, relative, time } from "./words.ts";

const NOW = Date.parse("2026-11-27T12:00:00.000Z");

Deno.test("an instant is written as people say it", () => {
  const said = (at: string): string => relative(at, NOW);
  assert.equal(said("2026-11-27T11:59:59.500Z"), "now");
  assert.equal(said("2026-11-27T11:59:57.400Z"), "3 s ago");
  assert.equal(said("2026-11-27T11:00:00.000Z"), "60 min ago");
  assert.equal(said("2026-11-27T12:00:30.000Z"), "in 30 s");
  assert.equal(said("2026-11-20T12:00:00.000Z"), "7 d ago");
});

Deno.test("the exact instant stands behind it", () => {
  const at = "2026-11-27T11:59:57.000Z";
  assert.equal(String(time(at, NOW)), `<time datetime="${at}" title="${at}">3 s ago</time>`);
  assert.equal(String(time(undefined, NOW)), "");
});

Deno.test("numbers are written as people write them", () => {
  assert.equal(number(1_234_567), "1,234,567");
  assert.deepEqual([0, 1, 2, 1_000].map((count) => many(count, "pod")), [
    "no pods",
    "1 pod",
    "2 pods",
    "1,000 pods",
  ]);
});

Deno.test("what was to come and has not come is due now", () => {
  assert.match(String(due("2026-11-27T11:59:30.000Z", NOW)), />now</);
  assert.match(String(due("2026-11-27T12:00:30.000Z", NOW)), />in 30 s</);
  assert.equal(due(undefined, NOW), "");
});
