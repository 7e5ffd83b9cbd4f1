import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import type { Reason } from "../change/reasons.ts";
import type { KnownPod, NewVersion } from "../store/store.ts";
import { Observations } from "./observations.ts";

const POD: KnownPod = {
  id: 1,
  uid: "uid",
  namespace: "a",
  name: "web",
  resourceVersion: "1",
  epoch: 0,
  route: undefined,
  environment: undefined,
  generation: 0,
  remindAt: undefined,
};

function version(...reasons: Reason[]): NewVersion {
  return { event: "pod.changed", resourceVersion: "1", reasons, occasion: "", body: undefined };
}

Deno.test("observations: whoever subscribes hears of each change until it ends that, also one that subscribed twice", () => {
  const observations = new Observations(new TestClock());
  let heard = 0;
  const listener = (): void => void heard++;
  const [endFirst, endSecond] = [observations.subscribe(listener), observations.subscribe(listener)];
  observations.recorded(POD, version("ready"));
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
  observations.recorded(POD, version("ready", "phase"));
  clock.freeze(60_000);
  observations.recorded(POD, version("ready"));
  const minutes = observations.reasons.read().slice(-2).map(({ value }) => Object.fromEntries(value));
  assert.deepEqual(minutes, [{ ready: 1, phase: 1 }, { ready: 1 }]);
});

Deno.test("observations: whoever wants to know of versions hears of each with its pod", () => {
  const observations = new Observations(new TestClock());
  const seen: unknown[] = [];
  observations.onVersion = (pod, { reasons }) => seen.push([pod.name, ...reasons]);
  observations.recorded(POD, version("ready"));
  assert.deepEqual(seen, [["web", "ready"]]);
});
