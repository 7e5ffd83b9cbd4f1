import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { Observations } from "./observations.ts";

Deno.test("observations: whoever subscribes hears of each change until it ends that, also one that subscribed twice", () => {
  const observations = new Observations(new TestClock());
  let heard = 0;
  const listener = (): void => void heard++;
  const [endFirst, endSecond] = [observations.subscribe(listener), observations.subscribe(listener)];
  observations.recorded(["ready"]);
  assert.equal(heard, 2);
  endFirst();
  endFirst();
  observations.changed();
  assert.equal(heard, 3);
  endSecond();
  observations.changed();
  assert.equal(heard, 3);
});

Deno.test("observations: versions are counted by reason and minute", () => {
  const clock = new TestClock();
  const observations = new Observations(clock);
  observations.recorded(["ready", "phase"]);
  clock.freeze(60_000);
  observations.recorded(["ready"]);
  const minutes = observations.reasons.read().slice(-2).map(({ value }) => Object.fromEntries(value));
  assert.deepEqual(minutes, [{ ready: 1, phase: 1 }, { ready: 1 }]);
});
