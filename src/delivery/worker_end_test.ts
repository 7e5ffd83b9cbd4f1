import assert from "node:assert/strict";
import { only, REFUSED } from "../../tests/kit/scripted_receiver.ts";
import { TIMEOUT, withRig } from "../../tests/kit/worker_rig.ts";

withRig("to settle is to wait for retries until nothing is pending but dead letters", async (rig) => {
  rig.receiver.react = ({ name, at }) => at < 5_000 ? REFUSED : name === "bad" ? 413 : 200;
  rig.add("bad");
  rig.start().aim("settled");
  for (let pod = 0; pod < 60; pod++) {
    rig.add(`good-${pod}`);
    await rig.clock.advance(1_000);
    if (pod === 4) assert.equal(rig.ended, 0);
  }
  assert.equal(rig.ended, 1);
  assert.equal(rig.counts.dead, 1);
});

withRig("to drain is to try once more what is due, and to wait for nothing", async (rig) => {
  rig.receiver.react = () => ({ status: 503, headers: { "retry-after": "3600" } });
  rig.addPods(5);
  const worker = rig.start();
  await rig.clock.advance(1_000);
  rig.receiver.flush();
  worker.aim("drained");
  await rig.clock.advance(0);
  assert.equal(rig.receiver.flush().length, 1, "one try, though the endpoint backs off");
  assert.equal(rig.ended, 1);
  assert.equal(rig.counts.pending, 5);
});

withRig("to drain delivers all that an endpoint takes, and ends though another pod fails", async (rig) => {
  rig.receiver.react = only("bad", 422);
  rig.add("bad");
  const worker = rig.start();
  rig.addPods(100);
  worker.aim("drained");
  await rig.clock.advance(1_000);
  assert.equal(rig.ended, 1);
  assert.equal(rig.counts.pending, 1);
});

withRig("to drain waits for what is under way", async (rig) => {
  rig.receiver.react = () => new Promise((resolve) => rig.clock.after(3_000, () => resolve(200)));
  rig.add("web-0");
  const worker = rig.start();
  await rig.clock.advance(0);
  worker.aim("drained");
  await rig.clock.advance(2_999);
  assert.equal(rig.ended, 0);
  await rig.clock.advance(1);
  assert.equal(rig.ended, 1);
  assert.equal(rig.counts.pending, 0);
});

withRig("to drain waits until what follows a delivery is on the disk, and sends it", async (rig) => {
  rig.add("web-0", { resourceVersion: "1", reasons: ["phase"] });
  rig.add("web-0", { resourceVersion: "2", reasons: ["restarted"] });
  rig.start().aim("drained");
  await rig.clock.advance(1_000);
  assert.deepEqual(rig.receiver.flush(), ["web-0 1", "web-0 2"]);
  assert.equal(rig.ended, 1);
});

withRig("a worker with nothing to do ends as soon as it is to drain or to settle", async (rig) => {
  rig.start().aim("drained");
  rig.start().aim("settled");
  await rig.clock.advance(0);
  assert.equal(rig.ended, 2);
});

withRig("a worker that has ended sends nothing more", async (rig) => {
  const worker = rig.start();
  worker.aim("drained");
  await rig.clock.advance(0);
  rig.add("web-0");
  worker.wake();
  await rig.clock.advance(1_000);
  assert.deepEqual(rig.receiver.flush(), []);
});

withRig("an abort ends what is under way and gives it back as it was", async (rig) => {
  rig.receiver.react = () => "hang";
  rig.addPods(2);
  rig.start();
  await rig.clock.advance(0);
  assert.equal(rig.receiver.underWay.length, 2);
  rig.abort.abort();
  await rig.clock.advance(0);
  assert.equal(rig.ended, 1);
  const again = [rig.store.pending.take("a", 0), rig.store.pending.take("a", 0)];
  assert.deepEqual(again.map((message) => message?.failures.tries), [0, 0]);
});

withRig("an abort ends a wait at once", async (rig) => {
  rig.receiver.react = () => 503;
  rig.add("web-0");
  rig.start();
  await rig.clock.advance(100);
  rig.abort.abort();
  await rig.clock.advance(0);
  assert.equal(rig.ended, 1);
});

withRig("a fault of the store ends the worker with that error, after what is under way", async (rig) => {
  const fault = new Error("the store is broken");
  rig.receiver.react = ({ name }) => name === "pod-0" ? 200 : "hang";
  rig.addPods(2);
  rig.store.pending.acknowledged = (): void => {
    throw fault;
  };
  rig.start();
  await rig.clock.advance(0);
  assert.deepEqual([rig.faults, rig.ended], [[], 0]);
  await rig.clock.advance(TIMEOUT);
  assert.deepEqual(rig.faults, [fault]);
});
