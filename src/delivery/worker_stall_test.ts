import assert from "node:assert/strict";
import { REFUSED } from "../../tests/kit/scripted_receiver.ts";
import { type Rig, TIMEOUT, withRig } from "../../tests/kit/worker_rig.ts";
import type { Worker } from "./worker.ts";

/** Lets time pass, and looks every ten seconds, as a probe does: whether it ever found a stall. */
async function everStalls({ clock }: Rig, worker: Worker, milliseconds: number): Promise<boolean> {
  for (let passed = 0; passed < milliseconds; passed += 10_000) {
    await clock.advance(10_000);
    if (worker.stalled(-Infinity) !== undefined) return true;
  }
  return false;
}

withRig("an endpoint that is down for a day, or hangs, is no stall of its worker", async (rig) => {
  rig.addPods(5);
  const worker = rig.start();
  rig.receiver.react = () => REFUSED;
  assert.equal(await everStalls(rig, worker, 86_400_000), false);
  rig.receiver.react = () => "hang";
  assert.equal(await everStalls(rig, worker, 3_600_000), false);
});

withRig("what a pace, or the memory that others use, keeps back is no stall", async (rig) => {
  const budget = { limit: 1, used: 0 };
  rig.addPods(200);
  const worker = rig.start({ rate: 0.02, budget });
  assert.equal(await everStalls(rig, worker, 3_600_000), false);
  assert.ok(rig.counts.pending > 0);
});

withRig("pods that cannot be read again are no stall: the API server is bad, not the worker", async (rig) => {
  rig.addPods(300);
  const { pending } = rig.store;
  const take = pending.take.bind(pending);
  pending.take = (endpoint, now) => {
    const message = take(endpoint, now);
    return message && { ...message, completeness: "fetchable" };
  };
  const worker = rig.start({ reread: () => Promise.resolve(false) });
  assert.equal(await everStalls(rig, worker, 3_600_000), false);
});

withRig(
  "a request that never ends, whatever its deadline, is a stall, and that it ends is the end of it",
  async (rig) => {
    const sent = Promise.withResolvers<never>();
    rig.add("web-0");
    const worker = rig.start({ send: () => sent.promise });
    assert.equal(await everStalls(rig, worker, 12 * TIMEOUT), false);
    assert.equal(await everStalls(rig, worker, 10_000), true);
    sent.resolve(Promise.reject(new Error("after all")) as never);
    await rig.clock.advance(0);
    assert.equal(worker.stalled(-Infinity), undefined);
    assert.equal(rig.faults.length, 1);
  },
);

withRig("what is ready and never taken is a stall", async (rig) => {
  rig.add("web-0");
  rig.store.pending.take = () => undefined;
  const worker = rig.start();
  assert.equal(await everStalls(rig, worker, 2 * TIMEOUT), false);
  assert.equal(await everStalls(rig, worker, 20_000), true);
});
