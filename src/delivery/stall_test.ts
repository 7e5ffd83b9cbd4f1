import assert from "node:assert/strict";
import { Stall } from "./stall.ts";

const TIMEOUT = 20_000;
const NEVER = -Infinity;

Deno.test("a worker that may begin and does not for two timeouts stalls", () => {
  const stall = new Stall(TIMEOUT);
  const look = (now: number): number | undefined =>
    stall.look({ mayBegin: true, inFlight: 0, movedAt: 0, now, stoodStillUntil: NEVER });
  assert.equal(look(100_000), undefined, "it may begin since just now");
  assert.equal(look(140_000), undefined);
  assert.equal(look(140_001), 40_001);
});

Deno.test("a worker with a timeout of a second stalls after half a minute, not before: a machine may be busy", () => {
  const stall = new Stall(1_000);
  const look = (now: number): number | undefined =>
    stall.look({ mayBegin: true, inFlight: 0, movedAt: 0, now, stoodStillUntil: NEVER });
  look(0);
  assert.equal(look(30_000), undefined);
  assert.equal(look(30_001), 30_001);
});

Deno.test("a worker that is kept, or has nothing to send, does not stall, however long that is", () => {
  const stall = new Stall(TIMEOUT);
  for (let now = 0; now < 86_400_000; now += 60_000) {
    const look = { mayBegin: false, inFlight: 0, movedAt: 0, now, stoodStillUntil: NEVER };
    assert.equal(stall.look(look), undefined);
  }
  const look = { mayBegin: true, inFlight: 0, movedAt: 0, now: 86_400_000, stoodStillUntil: NEVER };
  assert.equal(stall.look(look), undefined, "something is ready after a quiet day");
});

Deno.test("a worker that takes messages does not stall, though more are always ready", () => {
  const stall = new Stall(TIMEOUT);
  for (let now = 0; now < 3_600_000; now += 10_000) {
    const look = { mayBegin: true, inFlight: 0, movedAt: now, now, stoodStillUntil: NEVER };
    assert.equal(stall.look(look), undefined);
  }
});

Deno.test("an attempt that does not end for twice as long as one may take is a stall", () => {
  const stall = new Stall(TIMEOUT);
  const look = (now: number): number | undefined =>
    stall.look({ mayBegin: false, inFlight: 1, movedAt: 0, now, stoodStillUntil: NEVER });
  assert.equal(look(240_000), undefined);
  assert.equal(look(240_001), 240_001);
});

Deno.test("a machine that slept while something was ready or in flight makes no stall", () => {
  for (const inFlight of [0, 1]) {
    const stall = new Stall(TIMEOUT);
    const seen = { mayBegin: true, inFlight, movedAt: 0 };
    stall.look({ ...seen, now: 0, stoodStillUntil: NEVER });
    assert.equal(stall.look({ ...seen, now: 9_000_000, stoodStillUntil: 9_000_000 }), undefined);
    assert.equal(stall.look({ ...seen, now: 9_240_001, stoodStillUntil: 9_000_000 }), 240_001);
  }
});
