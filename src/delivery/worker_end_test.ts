import assert from "node:assert/strict";
import { settle } from "../../tests/kit/clock.ts";
import { TIMEOUT } from "../../tests/kit/delivery_deps.ts";
import { only, withRig } from "../../tests/kit/worker_rig.ts";

withRig("to settle is to wait for retries until nothing is owed but what was set aside", async (rig) => {
  rig.dial.answer = ({ name, at }) => at < 5_000 ? 503 : name === "bad" ? 413 : 200;
  rig.owe("bad");
  rig.owePods(5);
  rig.start().aim("settled");
  await rig.clock.advance(4_000);
  assert.equal(rig.ended, 0);
  await rig.clock.advance(60_000);
  assert.equal(rig.ended, 1);
  assert.deepEqual(rig.owed, { waiting: 0, aside: 1 });
});

withRig("to drain is to try once more what is due, and to wait for nothing", async (rig) => {
  rig.dial.answer = () => ({ status: 503, headers: { "retry-after": "3600" } });
  rig.owePods(5);
  const worker = rig.start({ concurrency: 1 });
  await rig.clock.advance(1_000);
  assert.equal(rig.dial.flush().length, 1);
  worker.aim("drained");
  await settle();
  assert.equal(rig.dial.flush().length, 1, "one try, though the endpoint backs off");
  assert.equal(rig.ended, 1);
  assert.equal(rig.owed.waiting, 5);
});

withRig(
  "to drain delivers all that an endpoint takes, and ends though another pod is rejected",
  async (rig) => {
    rig.dial.answer = only("bad", 422);
    rig.owe("bad");
    const worker = rig.start();
    rig.owePods(100);
    worker.aim("drained");
    await settle();
    assert.equal(rig.ended, 1);
    assert.deepEqual(rig.owed, { waiting: 0, aside: 1 });
  },
);

withRig("to drain waits for what is under way", async (rig) => {
  rig.dial.answer = () => new Promise((resolve) => rig.clock.after(3_000, () => resolve(200)));
  rig.owe("web-0");
  const worker = rig.start();
  await settle();
  worker.aim("drained");
  await rig.clock.advance(2_999);
  assert.equal(rig.ended, 0);
  await rig.clock.advance(1);
  assert.equal(rig.ended, 1);
  assert.deepEqual(rig.owed, { waiting: 0, aside: 0 });
});

withRig("a worker with nothing to do ends as soon as it is to drain or to settle", async (rig) => {
  rig.start().aim("drained");
  rig.start().aim("settled");
  await settle();
  assert.equal(rig.ended, 2);
});

withRig("an endpoint is given up after as many failures in a row as there is patience", async (rig) => {
  rig.dial.answer = () => "refused";
  rig.owePods(5);
  rig.start({ patience: 3, concurrency: 1 }).aim("settled");
  await rig.clock.advance(3_600_000);
  assert.equal(rig.dial.seen.length, 3);
  assert.equal(rig.ended, 1);
  assert.deepEqual(rig.logged("error"), [
    "Endpoint a is given up after 3 failed attempts in a row: scripted fault: refused.",
  ]);
});

withRig("a success renews the patience", async (rig) => {
  let requests = 0;
  rig.dial.answer = () => ++requests % 3 === 0 ? 200 : 503;
  rig.owePods(5);
  rig.start({ patience: 3, concurrency: 1 }).aim("settled");
  await rig.clock.advance(3_600_000);
  assert.deepEqual(rig.owed, { waiting: 0, aside: 0 });
  assert.deepEqual(rig.logged("error"), []);
});

withRig("an abort ends what is under way and gives it back as it was", async (rig) => {
  rig.dial.answer = () => "hang";
  rig.owePods(2);
  rig.start();
  await settle();
  assert.equal(rig.dial.underWay.length, 2);
  rig.abort.abort();
  await settle();
  assert.equal(rig.ended, 1);
  const again = rig.store.outbox.take("a", 0, 10);
  assert.deepEqual(again.map(({ attempts }) => attempts), [0, 0]);
});

withRig("an abort ends a wait at once", async (rig) => {
  rig.dial.answer = () => 503;
  rig.owe("web-0");
  rig.start();
  await rig.clock.advance(100);
  rig.abort.abort();
  await settle();
  assert.equal(rig.ended, 1);
});

withRig("a fault of the store ends the worker with that error, after what is under way", async (rig) => {
  const fault = new Error("disk full");
  rig.dial.answer = ({ name }) => name === "pod-0" ? 200 : "hang";
  rig.owePods(2);
  rig.start({
    transaction: () => {
      throw fault;
    },
  });
  await settle();
  assert.deepEqual(rig.faults, []);
  await rig.clock.advance(TIMEOUT);
  assert.deepEqual(rig.faults, [fault]);
});
