import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { Standstill } from "./standstill.ts";

type Move = (clock: TestClock) => Promise<void> | void;

const CASES: [what: string, move: Move, isSeen: boolean][] = [
  ["ten minutes in which the timer was on time", (clock) => clock.advance(600_000), false],
  ["a process that was frozen for 15 s", (clock) => clock.freeze(15_000), true],
  ["one that was frozen for an hour", (clock) => clock.freeze(3_600_000), true],
  ["one that was frozen for 4 s, just before the timer was due", async (clock) => {
    await clock.advance(9_999);
    clock.freeze(4_000);
  }, false],
  ["a load that delays the timer by 4 s, ten times over", async (clock) => {
    for (let tick = 0; tick < 10; tick++) {
      await clock.advance(9_000);
      clock.freeze(5_000);
    }
  }, false],
  [
    "a machine that slept for a night, its monotonic clock with it",
    (clock) => clock.jump(8 * 3_600_000),
    true,
  ],
  ["a wall clock that was set back", (clock) => clock.jump(-8 * 3_600_000), false],
];

for (const [what, move, isSeen] of CASES) {
  Deno.test(`${what}: ${isSeen ? "a standstill, which is over now" : "no standstill"}`, async () => {
    const clock = new TestClock();
    const stop = new AbortController();
    const standstill = new Standstill(clock, stop.signal);
    await move(clock);
    await clock.advance(0);
    assert.equal(standstill.endedAt, isSeen ? clock.monotonic() : -Infinity);
    stop.abort();
    assert.equal(clock.pending, 0);
  });
}

Deno.test("a standstill is seen by who asks before the late timer has run, and stays the last one", async () => {
  const clock = new TestClock();
  const stop = new AbortController();
  const standstill = new Standstill(clock, stop.signal);
  clock.freeze(60_000);
  assert.equal(standstill.endedAt, 60_000);
  await clock.advance(120_000);
  assert.equal(standstill.endedAt, 60_000);
  stop.abort();
});

Deno.test("how late the last look came is known, whoever asked in between", async () => {
  const clock = new TestClock();
  const stop = new AbortController();
  const standstill = new Standstill(clock, stop.signal);
  await clock.advance(10_000);
  assert.equal(standstill.late, 0);
  clock.freeze(10_300);
  assert.equal(standstill.endedAt, -Infinity);
  await clock.advance(0);
  assert.equal(standstill.late, 300);
  await clock.advance(10_000);
  assert.equal(standstill.late, 0);
  stop.abort();
});
