import assert from "node:assert/strict";
import { withRig } from "../../tests/kit/worker_rig.ts";

withRig("an endpoint that answered 410 is not tried once more when the program ends", async (rig) => {
  rig.receiver.react = () => 410;
  rig.addPods(3);
  const worker = rig.start();
  await rig.clock.advance(60_000);
  assert.equal(worker.state.circuit.kind, "disabled");
  const { length } = rig.receiver.seen;
  worker.aim("drained");
  await rig.clock.advance(60_000);
  assert.deepEqual([rig.receiver.seen.length, rig.ended], [length, 1]);
});
