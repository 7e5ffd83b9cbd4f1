import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { Liveness } from "./liveness.ts";

const STEP = 375_000;

function open(): {
  clock: TestClock;
  liveness: Liveness;
  world: { endedAt: number; workers: number[]; isEnding: boolean };
} {
  const clock = new TestClock();
  const world = { endedAt: -Infinity, workers: [] as number[], isEnding: false };
  const liveness = new Liveness({
    clock,
    standstill: {
      get endedAt() {
        return world.endedAt;
      },
    },
    stalledWorkers: () => world.workers,
    isEnding: () => world.isEnding,
  });
  return { clock, liveness, world };
}

Deno.test("a program that follows nothing and sends nothing is alive", async () => {
  const { clock, liveness } = open();
  await clock.advance(86_400_000);
  assert.deepEqual(liveness.problems(), []);
});

Deno.test("a scope of which no step is made for two deadlines stands still, and goes on with the next step", async () => {
  const { clock, liveness } = open();
  const a = liveness.follow("a");
  const b = liveness.follow("b");
  await clock.advance(STEP);
  b.step();
  await clock.advance(STEP);
  assert.deepEqual(liveness.problems(), []);
  await clock.advance(1);
  assert.deepEqual(liveness.problems(), [
    "What follows namespace a has done nothing for 12 min, and nothing keeps it.",
  ]);
  a.step();
  assert.deepEqual(liveness.problems(), []);
});

Deno.test("what all namespaces are followed by is named so", async () => {
  const { clock, liveness } = open();
  liveness.follow(undefined);
  await clock.advance(2 * STEP + 1);
  assert.match(liveness.problems().join(), /^What follows all namespaces has/);
});

Deno.test("a scope that waits because it was asked to for an hour stands still two deadlines after that", async () => {
  const { clock, liveness } = open();
  const steps = liveness.follow(undefined);
  steps.waits(3_600_000);
  await clock.advance(3_600_000 + 2 * STEP);
  assert.deepEqual(liveness.problems(), []);
  await clock.advance(1);
  assert.equal(liveness.problems().length, 1);
});

Deno.test("a scope that is followed no more, and a program that ends, do not stand still", async () => {
  const { clock, liveness, world } = open();
  const steps = liveness.follow(undefined);
  await clock.advance(2 * STEP + 1);
  world.isEnding = true;
  assert.deepEqual(liveness.problems(), []);
  world.isEnding = false;
  assert.equal(liveness.problems().length, 1);
  steps.end();
  assert.deepEqual(liveness.problems(), []);
});

Deno.test("a machine that slept for a night is no loop that stands still", async () => {
  const { clock, liveness, world } = open();
  liveness.follow(undefined);
  clock.freeze(8 * 3_600_000);
  world.endedAt = clock.monotonic();
  assert.deepEqual(liveness.problems(), []);
  await clock.advance(2 * STEP + 1);
  assert.equal(liveness.problems().length, 1, "two deadlines later nothing excuses it");
});

Deno.test("workers that do nothing are counted, not named", () => {
  const { liveness, world } = open();
  world.workers = [40_000];
  assert.deepEqual(liveness.problems(), [
    "What sends to 1 endpoint has done nothing for 40 s, and nothing keeps it.",
  ]);
  world.workers = [40_000, 90_000];
  assert.deepEqual(liveness.problems(), [
    "What sends to 2 endpoints have done nothing for 90 s, and nothing keeps it.",
  ]);
});
