import assert from "node:assert/strict";
import fc from "fast-check";
import { Pace } from "./pace.ts";

/** Instants at which requests begin that are all there from the start. */
function begin(rate: number, count: number, from = 0): number[] {
  const pace = new Pace(rate);
  let now = from;
  return Array.from({ length: count }, () => {
    now = Math.max(now, pace.readyAt);
    pace.took(now);
    return now;
  });
}

Deno.test("one second's worth goes at once, the rest one interval apart", () => {
  assert.deepEqual(begin(4, 7, 1_000), [1_000, 1_000, 1_000, 1_000, 1_250, 1_500, 1_750]);
});

Deno.test("less than one a second is one at a time", () => {
  assert.deepEqual(begin(0.5, 4), [0, 2_000, 4_000, 6_000]);
});

Deno.test("rest is not saved up beyond one second's worth", () => {
  const pace = new Pace(2);
  pace.took(0);
  const begun = Array.from({ length: 4 }, (_, n) => {
    const at = Math.max(60_000, pace.readyAt);
    pace.took(at);
    return `${n}: ${at}`;
  });
  assert.deepEqual(begun, ["0: 60000", "1: 60000", "2: 60500", "3: 61000"]);
});

Deno.test("a request that could not wait is taken off what follows", () => {
  const pace = new Pace(1);
  for (let n = 0; n < 3; n++) pace.took(0);
  assert.equal(pace.readyAt, 3_000);
});

Deno.test("in no span of time do more begin than the rate and one second's worth allow", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 500, noNaN: true }), fc.array(fc.nat(3_000)), (rate, rests) => {
      const pace = new Pace(rate);
      let now = 0;
      const begun = rests.map((rest) => {
        now = Math.max(now + rest, pace.readyAt);
        pace.took(now);
        return now;
      });
      for (const [index, first] of begun.entries()) {
        const span = (begun.at(-1) ?? 0) - first;
        assert.ok(begun.length - index <= rate * span / 1_000 + Math.max(1, rate) + 1e-6);
      }
    }),
  );
});
