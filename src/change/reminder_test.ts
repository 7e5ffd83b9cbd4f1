import assert from "node:assert/strict";
import fc from "fast-check";
import { reminderAt } from "./reminder.ts";

const NOW = fc.integer({ min: 0, max: 4e12 });
const INTERVAL = fc.integer({ min: 1, max: 86_400_000 });

Deno.test("the next reminder is ahead, at most one interval, and begins the next slot", () => {
  fc.assert(fc.property(fc.uuid(), NOW, INTERVAL, (uid, now, interval) => {
    const { slot, next } = reminderAt(uid, now, interval);
    assert.ok(next > now && next <= now + interval);
    assert.equal(reminderAt(uid, next, interval).slot, slot + 1);
    assert.equal(reminderAt(uid, next - 1, interval).slot, slot);
  }));
});

Deno.test("a restart within a slot finds the same slot, so that a reminder keeps its id", () => {
  const { slot, next } = reminderAt("u", 1_000_000, 60_000);
  assert.deepEqual(reminderAt("u", next - 1, 60_000), { slot, next });
});

Deno.test("pods have moments of their own, spread over the interval", () => {
  const moments = Array.from({ length: 1_000 }, (_, index) => reminderAt(`u${index}`, 0, 120_000).next);
  const tenths = new Set(moments.map((moment) => Math.floor(moment / 12_000)));
  assert.ok(new Set(moments).size > 950);
  assert.ok(tenths.size >= 10);
});
