import assert from "node:assert/strict";
import { withRig } from "../../tests/kit/worker_rig.ts";

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
