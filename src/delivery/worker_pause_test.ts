import assert from "node:assert/strict";
import { REFUSED } from "../../tests/kit/scripted_receiver.ts";
import { type Rig, withRig } from "../../tests/kit/worker_rig.ts";
import type { Worker } from "./worker.ts";

/** The endpoint is paused while a request to it takes three seconds; then something more becomes pending. */
async function pauseDuringAttempt(rig: Rig): Promise<Worker> {
  rig.receiver.react = () => new Promise((resolve) => rig.clock.after(3_000, () => resolve(200)));
  rig.add("web-0");
  const worker = rig.start();
  await rig.clock.advance(0);
  rig.store.pending.setPaused("a", true);
  rig.add("web-1");
  return worker;
}

withRig("nothing begins for a paused endpoint, and what is under way ends as usual", async (rig) => {
  const worker = await pauseDuringAttempt(rig);
  await rig.clock.advance(3_600_000);
  assert.deepEqual(rig.receiver.flush(), ["web-0 1"]);
  assert.deepEqual(rig.counts, { pending: 1, dead: 0 });
  assert.equal(worker.stalled(0), undefined, "it stands still because it should");
  rig.store.pending.setPaused("a", false);
  worker.tryNow();
  await rig.clock.advance(3_000);
  assert.deepEqual(rig.receiver.flush(), ["web-1 1"]);
});

withRig("a paused endpoint stays so whatever is retried", async (rig) => {
  rig.store.pending.setPaused("a", true);
  rig.add("web-0");
  const worker = rig.start();
  worker.retry();
  await rig.clock.advance(60_000);
  assert.deepEqual(rig.receiver.flush(), []);
});

withRig("retries wait for the end of a pause, and are then made at once", async (rig) => {
  rig.receiver.react = () => REFUSED;
  rig.add("web-0");
  const worker = rig.start();
  await rig.clock.advance(0);
  rig.store.pending.setPaused("a", true);
  await rig.clock.advance(600_000);
  assert.equal(rig.receiver.flush().length, 1);
  rig.store.pending.setPaused("a", false);
  worker.tryNow();
  await rig.clock.advance(0);
  assert.equal(rig.receiver.flush().length, 1);
});

withRig("to resume brings an endpoint back that answered 410", async (rig) => {
  rig.receiver.react = () => 410;
  rig.addPods(3);
  const worker = rig.start();
  await rig.clock.advance(60_000);
  assert.equal(worker.state.circuit.kind, "disabled");
  rig.receiver.react = () => 200;
  rig.receiver.flush();
  worker.tryNow();
  await rig.clock.advance(60_000);
  assert.equal(rig.receiver.flush().length, 3);
});

withRig("a paused endpoint does not hold up the end", async (rig) => {
  rig.store.pending.setPaused("a", true);
  rig.addPods(2);
  rig.start().aim("drained");
  await rig.clock.advance(0);
  assert.equal(rig.ended, 1);
  assert.deepEqual(rig.receiver.flush(), []);
});

withRig("a paused endpoint waits at the end for what is under way, and begins nothing", async (rig) => {
  const worker = await pauseDuringAttempt(rig);
  worker.aim("drained");
  await rig.clock.advance(2_999);
  assert.equal(rig.ended, 0);
  await rig.clock.advance(1);
  assert.equal(rig.ended, 1);
  assert.equal(rig.receiver.flush().length, 1);
});
