import assert from "node:assert/strict";
import { type Rig, withRig } from "../../tests/kit/worker_rig.ts";

withRig(
  "where others use up the memory, an endpoint is sent one message at a time, and not none",
  async (rig) => {
    rig.receiver.react = () => new Promise((resolve) => rig.clock.after(100, () => resolve(200)));
    rig.addPods(4);
    rig.start({ budget: { limit: 1_000, used: 1_000 } });
    await rig.clock.advance(1_000);
    assert.deepEqual(rig.receiver.seen.map(({ at }) => at), [0, 100, 200, 300]);
  },
);

/** Of two messages one is under way for 10 s, and the other one has failed and is due again after a second at most. */
function oneUnderWay(rig: Rig): void {
  rig.receiver.react = ({ name, at }) => {
    if (name === "pod-1") return at === 0 ? 422 : 200;
    return new Promise((resolve) => rig.clock.after(10_000, () => resolve(200)));
  };
  rig.addPods(2);
}

withRig(
  "where others use up the memory, a message that is due waits for an end, and not in a loop",
  async (rig) => {
    oneUnderWay(rig);
    const budget = { limit: 1_000, used: 0 };
    rig.start({ budget });
    await rig.clock.advance(100);
    budget.used = 1_000;
    // The clock throws where it is asked for the same instant over and over.
    await rig.clock.advance(9_000);
    assert.deepEqual(rig.attemptsAt("pod-1"), [0]);
    await rig.clock.advance(1_000);
    assert.deepEqual(rig.attemptsAt("pod-1"), [0, 10_000]);
  },
);

withRig("one that is to be stopped waits for the end of its request, and not in a loop", async (rig) => {
  oneUnderWay(rig);
  const worker = rig.start();
  await rig.clock.advance(100);
  worker.aim("stopped");
  await rig.clock.advance(9_000);
  assert.equal(rig.ended, 0);
  await rig.clock.advance(1_000);
  assert.equal(rig.ended, 1);
  assert.deepEqual(rig.attemptsAt("pod-1"), [0]);
});
