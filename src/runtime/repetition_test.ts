import assert from "node:assert/strict";
import { Repetition } from "./repetition.ts";

const MINUTE = 60_000;

/** The minutes at which it is said, when it is asked at these. */
function saidAt(minutes: number[], since = 0): number[] {
  const repetition = new Repetition(since);
  return minutes.filter((minute) => repetition.isDue(since + minute * MINUTE));
}

Deno.test("what lasts is said again after 5 min, 15 min, 1 h and each 6 h", () => {
  const twoDays = Array.from({ length: 48 * 60 + 1 }, (_, minute) => minute);
  const hours = [6, 12, 18, 24, 30, 36, 42, 48].map((hour) => hour * 60);
  assert.deepEqual(saidAt(twoDays, 1_234), [5, 15, 60, ...hours]);
});

Deno.test("distances that passed unasked count as one", () => {
  assert.deepEqual(saidAt([1, 61, 62, 359, 1_000, 1_001, 1_080]), [61, 1_000, 1_080]);
});
