import assert from "node:assert/strict";
import { HOUR, pod, updaterTest } from "../../tests/kit/updater_rig.ts";
import { ClusterError } from "../cluster/error.ts";
import type { Pod } from "../pod/pod.ts";

updaterTest("a fixed tag ends the updater after one line", async (rig) => {
  rig.pod = pod("1.0.0");
  await rig.start();
  assert(rig.ended);
  assert.deepEqual(rig.said, ["Update: stays: tag 1.0.0 is fixed."]);
});

updaterTest("outside a cluster an image that was named is only announced", async (rig) => {
  rig.tags = ["1.1.0"];
  await rig.start({ ownPod: undefined, image: "r.example.com/k8svent" });
  assert.deepEqual(rig.said, ["Update: newer version: 1.1.0 is there, and leaving would not pull it."]);
});

updaterTest(
  "outside a cluster, without an image, there is nothing to look for, and little to say",
  async (rig) => {
    await rig.start({ ownPod: undefined });
    assert(rig.ended);
    assert.match(rig.log.at("debug").join(), /stays: it is in no pod .*, and no --image is given\.$/);
    assert.deepEqual(rig.log.at("info"), []);
  },
);

updaterTest("a pod in which it does not find itself ends the updater with a sentence", async (rig) => {
  rig.pod = { ...pod(), spec: { containers: [{ name: "a" }, { name: "b" }] } } as Pod;
  await rig.start();
  assert(rig.ended);
  assert.deepEqual(rig.said, ["Update: stays: no container of its pod is named k8svent: give --image."]);
});

updaterTest("an image that nobody can read ends the updater with a sentence", async (rig) => {
  rig.pod = pod("a b");
  await rig.start();
  assert(rig.ended);
  assert.deepEqual(rig.said, ["Update: stays: r.example.com/k8svent:a b is not an image reference."]);
});

updaterTest("an image that was named comes before the pod's own", async (rig) => {
  rig.pod = pod("1.0.0");
  await rig.start({ image: "r.example.com/k8svent:next" });
  await rig.clock.advance(4 * HOUR);
  assert.equal(rig.looks.length, 2);
});

updaterTest("a pod that it may not read is reported, and asked for again", async (rig) => {
  rig.pod = new ClusterError("forbidden", "The API server forbids it (403).");
  await rig.start();
  assert.equal(rig.said[0], "Update: stays: it cannot read its own pod: The API server forbids it (403).");
  rig.pod = pod();
  await rig.clock.advance(60_000);
  assert.equal(rig.looks.length, 1);
});

updaterTest("a pod that does not say yet what it runs is looked at again soon", async (rig) => {
  rig.tags = ["1.1.0"];
  rig.tagged = "sha256:other";
  rig.pod = pod("latest", { imageID: "" });
  await rig.start();
  assert.match(rig.said.join(), /stays: 1.1.0 is there, but its pod does not say yet which image it runs/);
  rig.pod = pod();
  await rig.clock.advance(5 * 60_000);
  assert.equal(rig.left, 1);
});
