import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { LastHour } from "./last_hour.ts";

function open(): { clock: TestClock; hour: LastHour<{ count: number }> } {
  const clock = new TestClock(Date.parse("2026-01-01T00:00:30Z"));
  return { clock, hour: new LastHour(clock, () => ({ count: 0 })) };
}

Deno.test("an hour has 60 minutes, the current one last, and those without anything are empty", () => {
  const { clock, hour } = open();
  hour.current.count++;
  clock.freeze(60_000);
  hour.current.count += 2;
  const read = hour.read();
  assert.equal(read.length, 60);
  assert.deepEqual(read.slice(-3), [
    { at: Date.parse("2025-12-31T23:59:00Z"), value: { count: 0 } },
    { at: Date.parse("2026-01-01T00:00:00Z"), value: { count: 1 } },
    { at: Date.parse("2026-01-01T00:01:00Z"), value: { count: 2 } },
  ]);
});

Deno.test("what is older than an hour is not read, whether or not anything took its place", () => {
  const { clock, hour } = open();
  hour.current.count++;
  clock.freeze(59 * 60_000);
  assert.equal(hour.read()[0]?.value.count, 1);
  clock.freeze(60_000);
  assert.ok(hour.read().every(({ value }) => value.count === 0));
});
