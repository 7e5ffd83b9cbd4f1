import assert from "node:assert/strict";
import fc from "fast-check";
import { lookAt } from "./reminder.ts";

const NOW = fc.integer({ min: 1e9, max: 4e12 });
const INTERVAL = fc.integer({ min: 1, max: 86_400_000 });

Deno.test("a look that is due sends a reminder, and the next one is an interval after it was due", () => {
  assert.deepEqual(lookAt(120_000, 0, 120_000, 120_000), { occasion: 120_000, next: 240_000 });
  assert.deepEqual(lookAt(120_000, 0, 129_999, 120_000), { occasion: 120_000, next: 240_000 });
});

Deno.test("looks that were missed, as in a standstill, are made up for by one", () => {
  assert.deepEqual(lookAt(120_000, 0, 500_000, 120_000), { occasion: 480_000, next: 600_000 });
});

Deno.test("however late looks are, two reminders are an interval apart at least, and no two are for one instant", () => {
  fc.assert(
    fc.property(NOW, INTERVAL, fc.array(fc.nat(100_000), { minLength: 2 }), (start, interval, late) => {
      let due = start;
      const occasions = late.map((delay) => {
        const { occasion, next } = lookAt(due, 0, due + delay, interval);
        assert.ok(next > due + delay && next <= due + delay + interval);
        due = next;
        return occasion ?? 0;
      });
      occasions.reduce((before, after) => {
        assert.ok(after - before >= interval);
        return after;
      });
    }),
  );
});

Deno.test("a restart between two looks sends the same reminder under the same instant", () => {
  assert.equal(lookAt(120_000, 0, 121_000, 120_000).occasion, lookAt(120_000, 0, 180_000, 120_000).occasion);
});

Deno.test("a pod that is being deleted is left alone until an interval after its grace period", () => {
  const interval = 120_000;
  const grace = 1_000_000;
  let due = 500_000;
  const looks: number[] = [];
  for (;;) {
    const { occasion, next } = lookAt(due, grace, due, interval);
    if (occasion !== undefined) break;
    assert.ok(next <= due + interval, "further ahead it would look as if set before the clock went back");
    looks.push(due);
    due = next;
  }
  assert.equal(due, grace + interval);
  assert.deepEqual(looks, [500_000, 620_000, 740_000, 860_000, 980_000, 1_100_000]);
});

Deno.test("after the wall clock went back, a reminder is sent and the next one is an interval ahead", () => {
  assert.deepEqual(lookAt(9_000_000, 0, 1_000_000, 120_000), { occasion: 1_000_000, next: 1_120_000 });
});
