import assert from "node:assert/strict";
import { clusterTest, startControlPlane } from "./control_plane.ts";

clusterTest("a control plane keeps its pods and its port when the API server starts again", async () => {
  const plane = await startControlPlane();
  try {
    await plane.kubectl(["apply", "-f", "-"], JSON.stringify(POD));
    await plane.stopApiServer();
    await assert.rejects(plane.kubectl(["get", "pods"]), /refused/);
    await plane.startApiServer();
    assert.equal(await plane.kubectl(["get", "pods", "-o", "name"]), "pod/one\n");
    assert.equal(await Deno.readTextFile(`${plane.serviceAccount}/namespace`), "default");
  } finally {
    await plane.stop();
  }
  await assert.rejects(Deno.stat(plane.dir), Deno.errors.NotFound);
});

const POD = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "one", namespace: "default" },
  spec: { containers: [{ name: "main", image: "example.com/app:1" }] },
};
