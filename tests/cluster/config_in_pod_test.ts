import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createPods, manifest } from "../kit/cluster_pods.ts";
import { MARK } from "../kit/confidential.ts";
import { clusterTest, startControlPlane } from "../kit/control_plane.ts";
import { grantPods, lacksPods, startInPod } from "../kit/in_pod.ts";
import { Receiver } from "../kit/receiver.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

const SECRET = `whsec_${btoa(MARK)}`;

// Links are followed before a file is opened, and /var/run is one itself on most systems.
clusterTest("with the image's permissions, files of the mounted Secret are read", async () => {
  await using plane = await startControlPlane();
  await using receiver = await Receiver.start();
  await grantPods(plane);
  await createPods(plane, [manifest("web-0")]);
  const state = await Deno.makeTempDir({ dir: plane.dir });
  const named = "/var/run/secrets/k8svent/secret";
  const endpoint = { name: "a", url: receiver.url, authorization: { credentialsFile: named } };
  await Deno.writeTextFile(`${state}/k8svent.yaml`, JSON.stringify({ version: 1, endpoints: [endpoint] }));
  await using program = await startInPod({
    plane,
    command: [Deno.execPath(), "run", "-q", "-P=cluster", MAIN, "--config", "/var/lib/k8svent/k8svent.yaml"],
    secret: SECRET,
    user: "0",
    env: { STATE_FOLDER: state },
  });
  await receiver.until(() => receiver.deliveries.length > 0, "the pod", 20_000);
  assert.equal(receiver.deliveries[0]?.headers["authorization"], `Bearer ${SECRET}`);
  assert.equal(await program.stop(), 0);
}, lacksPods());
