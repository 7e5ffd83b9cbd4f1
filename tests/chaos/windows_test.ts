import assert from "node:assert/strict";
import { windowsOf } from "./windows.ts";

/** A beat each second; each makes ten versions, of which the others belong to pods. */
const BEATS = Array.from({ length: 20 }, (_, second) => ({ begun: second * 1_000, revision: second * 10 }));

Deno.test("a window begins with what was made after the first sign of sight, and ends with the last", () => {
  const arrivals = [{ at: 3_500, revision: 25 }, { at: 9_000, revision: 88 }];
  assert.deepEqual(windowsOf([{ begin: 1_500, end: 12_000 }], BEATS, arrivals), [{ from: 40, to: 88 }]);
});

Deno.test("what an older process had seen is no sign of sight", () => {
  const arrivals = [{ at: 3_500, revision: 19 }, { at: 5_500, revision: 53 }, { at: 9_000, revision: 88 }];
  assert.deepEqual(windowsOf([{ begin: 1_500, end: 12_000 }], BEATS, arrivals), [{ from: 60, to: 88 }]);
});

Deno.test("requests of another stretch are no evidence for this one", () => {
  const arrivals = [{ at: 3_500, revision: 25 }, { at: 4_500, revision: 41 }, { at: 9_000, revision: 88 }];
  assert.deepEqual(windowsOf([{ begin: 1_500, end: 5_000 }], BEATS, arrivals), [{ from: 40, to: 41 }]);
  assert.deepEqual(windowsOf([{ begin: 5_000, end: 12_000 }], BEATS, arrivals), []);
});

Deno.test("without a request there is no window", () => {
  assert.deepEqual(windowsOf([{ begin: 1_500, end: 12_000 }], BEATS, []), []);
});
