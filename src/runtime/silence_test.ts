import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { Silence } from "./silence.ts";

Deno.test("a deadline that each sign of life moves is over when none came for its time", async () => {
  const clock = new TestClock();
  const over: number[] = [];
  const silence = new Silence(clock, 15_000, () => over.push(clock.monotonic()));
  await clock.advance(10_000);
  silence.heard();
  await clock.advance(14_999);
  assert.deepEqual(over, []);
  await clock.advance(1);
  assert.deepEqual(over, [25_000]);
  silence.end();
  assert.equal(clock.pending, 0);
});

Deno.test("a deadline that was ended leaves no timer", async () => {
  const clock = new TestClock();
  const silence = new Silence(clock, 15_000, () => assert.fail("it had ended"));
  await clock.advance(10_000);
  silence.heard();
  await clock.advance(6_000);
  assert.equal(clock.pending, 1);
  silence.end();
  assert.equal(clock.pending, 0);
  await clock.advance(60_000);
});
