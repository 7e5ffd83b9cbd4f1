import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { Alarms } from "./alarms.ts";

Deno.test("each alarm rings at its time, in whatever order they were set, on one timer", async () => {
  const clock = new TestClock();
  const alarms = new Alarms(clock);
  const rung: [number, number][] = [];
  for (const due of [300, 100, 200, 100]) alarms.at(due, () => rung.push([due, clock.monotonic()]));
  assert.equal(clock.pending, 1);
  await clock.advance(250);
  assert.deepEqual(rung, [[100, 100], [100, 100], [200, 200]]);
  await clock.advance(100);
  assert.deepEqual(rung.at(-1), [300, 300]);
  assert.equal(clock.pending, 0);
});

Deno.test("an alarm that was cancelled does not ring, and one may set another while it rings", async () => {
  const clock = new TestClock();
  const alarms = new Alarms(clock);
  const rung: string[] = [];
  const cancel = alarms.at(100, () => rung.push("cancelled"));
  alarms.at(100, () => {
    rung.push("first");
    alarms.at(150, () => rung.push("second"));
  });
  cancel();
  await clock.advance(200);
  cancel();
  assert.deepEqual(rung, ["first", "second"]);
});

Deno.test("what is closed leaves no timer", async () => {
  const clock = new TestClock();
  const alarms = new Alarms(clock);
  alarms.at(100, () => assert.fail());
  alarms.close();
  assert.equal(clock.pending, 0);
  await clock.advance(200);
});

Deno.test("after the process stood still, what came meanwhile goes first", () => {
  let now = 0;
  const timers: [number, () => void][] = [];
  const alarms = new Alarms({
    now: () => now,
    monotonic: () => now,
    after(milliseconds, run): () => void {
      timers.push([milliseconds, run]);
      return () => {};
    },
  });
  let rung = 0;
  const cancel = alarms.at(1_000, () => rung++);
  alarms.at(1_000, () => rung++);
  now = 9_000;
  timers.shift()?.[1]();
  assert.equal(rung, 0);
  cancel();
  now = 9_500;
  timers.shift()?.[1]();
  assert.equal(rung, 1, "but once");
});
