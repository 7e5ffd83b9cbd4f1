import assert from "node:assert/strict";
import fc from "fast-check";
import { type Backoff, backoffDelay, CLUSTER_BACKOFF } from "./backoff.ts";

const FIVE_MINUTES: Backoff = { base: 1_000, cap: 300_000 };

Deno.test("the wait doubles with each failure up to the cap, and half of it is random", () => {
  const waits = (random: number): number[] =>
    [1, 2, 3, 10, 100, 5_000].map((failures) => backoffDelay(FIVE_MINUTES, failures, random));
  assert.deepEqual(waits(0), [500, 1_000, 2_000, 150_000, 150_000, 150_000]);
  assert.deepEqual(waits(0.5), [750, 1_500, 3_000, 225_000, 225_000, 225_000]);
});

Deno.test("no wait is shorter than half the base or longer than the cap", () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(fc.property(
    fc.constantFrom(CLUSTER_BACKOFF, FIVE_MINUTES),
    fc.integer({ min: 1, max: 1e6 }),
    random,
    (backoff, failures, chance) => {
      const wait = backoffDelay(backoff, failures, chance);
      assert.ok(wait >= backoff.base / 2 && wait <= backoff.cap);
    },
  ));
});
