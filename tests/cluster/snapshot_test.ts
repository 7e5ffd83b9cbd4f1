import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import type { Pod } from "../../src/pod/pod.ts";
import { createPods, listPods, type Manifest, manifest } from "../kit/cluster_pods.ts";
import { SECRET, webhook } from "../kit/confidential.ts";
import { clusterTest, startControlPlane } from "../kit/control_plane.ts";
import { startProgram } from "../kit/program.ts";
import { type Delivery, Receiver } from "../kit/receiver.ts";

const COUNT = 500;

clusterTest("500 pods at rest arrive once at each of two endpoints, as kubectl shows them", async () => {
  await using plane = await startControlPlane();
  await createPods(plane, Array.from({ length: COUNT }, (_, index) => odd(index)));
  await addEphemeralContainers(plane.kubectl);
  await using first = await Receiver.start({ secrets: [SECRET] });
  await using second = await Receiver.start({ secrets: [SECRET] });
  await using program = await startProgram({
    // Without reminders: a pod that no node takes is unhealthy.
    args: ["--kubeconfig", plane.kubeconfig, "--interval", "0", "--secret", SECRET]
      .concat(["--url", webhook("first", first)])
      .concat(["--url", webhook("second", second)]),
  });
  for (const receiver of [first, second]) {
    await receiver.until(() => receiver.deliveries.length >= COUNT, `${COUNT} deliveries`);
  }
  // It ends only when nothing is pending any more: what came by then is all that comes.
  assert.equal(await program.stop(), 0);

  const pods = await listPods(plane);
  assert.equal(pods.length, COUNT);
  for (const { deliveries, state } of [first, second]) {
    assert.equal(deliveries.length, COUNT);
    assert.deepEqual(state.problems, []);
    for (const pod of pods) judge(deliveries.filter((delivery) => uidOf(delivery) === pod.metadata.uid), pod);
  }
  assert(first.deliveries.some(({ text }) => text.includes(`"tolerationSeconds":${LONGEST}`)));
});

function judge([delivery, ...more]: Delivery[], pod: Pod): void {
  assert(delivery !== undefined, `${pod.metadata.name} did not arrive`);
  assert.equal(more.length, 0, `${pod.metadata.name} arrived more than once`);
  assert.deepEqual(delivery.body, { pod });
  assert.equal(delivery.signature, "ok");
  // The independent one; it throws.
  new Webhook(SECRET).verify(delivery.text, delivery.headers);
  assert.equal(delivery.headers["k8svent-reason"], "sync");
}

function uidOf({ body }: Delivery): string | undefined {
  return body?.pod.metadata.uid;
}

/** The largest int64, which a double cannot hold. */
const LONGEST = 9223372036854775807n;

/** Pods of every kind that is hard on JSON, in turn. */
function odd(index: number): Manifest {
  const name = `pod-${index}`;
  const app = { name: "app", image: "app" };
  switch (index % 5) {
    case 1: {
      const toleration = { key: "node", operator: "Exists", effect: "NoExecute", tolerationSeconds: LONGEST };
      return manifest(name, {}, { tolerations: [toleration] });
    }
    case 2:
      return manifest(name, {
        annotations: { text: `line\u2028and\u2029 "quotes" \\ {"a":[1e400]} é 😀\r\n` },
      });
    case 3: {
      const sidecar = { name: "sidecar", image: "sidecar", restartPolicy: "Always" };
      return manifest(name, {}, {
        initContainers: [{ name: "init", image: "init" }, sidecar],
        containers: [app],
      });
    }
    // One each hundred: more would only test the disk.
    case 4:
      return manifest(name, index % 100 === 4 ? { annotations: { long: "x\u2028".repeat(50_000) } } : {});
    default:
      return manifest(name);
  }
}

/** Only an update can bring them. */
async function addEphemeralContainers(kubectl: (args: string[]) => Promise<string>): Promise<void> {
  const spec = { ephemeralContainers: [{ name: "debug", image: "debug", targetContainerName: "app" }] };
  for (const name of ["pod-0", "pod-5", "pod-10"]) {
    await kubectl([
      "patch",
      "pod",
      name,
      "--subresource=ephemeralcontainers",
      "-p",
      JSON.stringify({ spec }),
    ]);
  }
}
