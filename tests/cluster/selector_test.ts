import assert from "node:assert/strict";
import { issueCertificate } from "../kit/certificates.ts";
import { createPods, deletePods, listPods, manifest } from "../kit/cluster_pods.ts";
import { MARK } from "../kit/confidential.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { isDeletion, startDelivering } from "../kit/delivering.ts";
import { compact } from "../kit/etcd.ts";
import { startProgram } from "../kit/program.ts";
import { type Delivery, Receiver } from "../kit/receiver.ts";
import { Tunnel } from "../kit/tunnel.ts";

clusterTest("no endpoint keeps a ghost", async (context) => {
  await using plane = await startControlPlane({
    workloads: true,
    // A watch is then served by etcd itself, which tells 410 after a compaction.
    env: { ENVTEST_APISERVER_ARGS: "--watch-cache=false" },
  });
  for (const [sentence, step] of Object.entries(STEPS)) await context.step(sentence, () => step(plane));
});

const STEPS: Record<string, (plane: ControlPlane) => Promise<void>> = {
  "the pods of an excluded namespace are not sent, beside a field selector and over a restart": async (
    plane,
  ) => {
    await plane.kubectl(["create", "namespace", "noise"]);
    await createPods(plane, [manifest("kept"), manifest("noisy", { namespace: "noise" })]);
    const state = ["--kubeconfig", plane.kubeconfig, "--state", `${plane.dir}/exclude.db`];
    await using receiver = await Receiver.start();
    const args = [...state, "--url", `a=${receiver.url}/${MARK}`];
    {
      await using program = await startProgram({ args });
      await receiver.until(() => receiver.state.pods.size === 2, "both pods");
      assert.equal(await program.stop(), 0);
    }
    const excluding = ["--exclude-namespace", "noise", "--field-selector", "metadata.name!=other"];
    await using program = await startProgram({ args: [...args, ...excluding] });
    await program.until(/follows the pods of all namespaces but noise/);
    await createPods(plane, [manifest("later"), manifest("noisier", { namespace: "noise" })]);
    await receiver.until(() => receiver.about("later").length > 0, "the pod of another namespace");
    await deletePods(plane, "kept", "later");
    await receiver.until(() => receiver.about("later").some(isDeletion), "its end");
    assert.equal(await program.stop(), 0);
    assert.deepEqual(receiver.about("noisier"), []);
    assert.deepEqual(receiver.about("noisy").filter(isDeletion), []);
    assert(
      program.lines.some((line) => /1 pod of namespaces that are no longer followed is forgotten/.test(line)),
    );
    await plane.kubectl(["delete", "namespace", "noise", "--wait=false"]);
  },

  "a pod relabelled out of --selector and then deleted is sent as unselected, once": async (plane) => {
    await createPods(plane, [
      manifest("leaves", { labels: { team: "a" } }),
      manifest("dies", { labels: { team: "a" } }),
      manifest("other"),
    ]);
    await using run = await startDelivering(["--kubeconfig", plane.kubeconfig, "--selector", "team=a"]);
    const { program, receiver } = run;
    await receiver.until(() => receiver.state.pods.size === 2, "the two selected pods");
    await plane.kubectl(["label", "--overwrite", "pod", "leaves", "team=b"]);
    await receiver.until(() => receiver.about("leaves").some(isUnselected), "unselected");
    const { metadata } = receiver.about("leaves").at(-1)?.body?.pod ?? assert.fail();
    assert.deepEqual(metadata.labels, { team: "b" });
    await deletePods(plane, "leaves", "dies");
    await receiver.until(() => receiver.about("dies").some(isDeletion), "the end of the other");

    assert.equal(await program.stop(), 0);
    assert.deepEqual(receiver.state.livePods(), []);
    assert.equal(receiver.about("leaves").filter(isUnselected).length, 1);
    assert.deepEqual(receiver.about("leaves").filter(isDeletion), []);
    assert.deepEqual(receiver.about("other"), []);
    assert.deepEqual(receiver.state.problems, []);
  },

  "a pod relabelled while nobody looked is unselected too, and one deleted is deleted": async (plane) => {
    const labels = { team: "c" };
    await createPods(plane, ["leaves", "dies"].map((name) => manifest(name, { labels })));
    await using tunnel = await Tunnel.open(plane);
    await using run = await startDelivering(["--kubeconfig", tunnel.kubeconfig, "--selector", "team=c"]);
    const { program, receiver } = run;
    await receiver.until(() => receiver.state.pods.size === 2, "the two selected pods");
    await whileBlind(plane, tunnel, async () => {
      await plane.kubectl(["label", "--overwrite", "pod", "leaves", "team=d"]);
      await plane.kubectl(["delete", "pod", "dies", "--now"]);
    });
    await receiver.until(() => receiver.about("leaves").some(isUnselected), "unselected");
    await receiver.until(() => receiver.about("dies").some(isDeletion), "the deletion");
    assert.equal(await program.stop(), 0);
    assert.deepEqual(receiver.about("leaves").filter(isDeletion), []);
    assert.deepEqual(receiver.state.livePods(), []);
    assert.deepEqual(receiver.state.problems, []);
    await deletePods(plane, "leaves");
  },

  "a pod whose annotation moves from one endpoint to another ends at both": async (plane) => {
    const authority = issueCertificate("receivers");
    const tls = issueCertificate("localhost", { issuer: authority, hosts: ["localhost"] });
    const file = `${plane.dir}/receivers.pem`;
    await Deno.writeTextFile(file, authority.cert);
    await using first = await Receiver.start({ tls });
    await using second = await Receiver.start({ tls });
    const url = (receiver: Receiver): string => `${receiver.url}/${MARK}?key=${MARK}`;
    const annotation = (receiver: Receiver): string => JSON.stringify({ webhooks: [url(receiver)] });
    await createPods(plane, [manifest("moves", { annotations: { [ROUTE_ANNOTATION]: annotation(first) } })]);
    await using program = await startProgram({
      args: [
        "--kubeconfig",
        plane.kubeconfig,
        "--url",
        `first=${url(first)}`,
        "--url",
        `second=${url(second)}`,
      ]
        .concat(["--pod-webhooks", `localhost:${first.port}`, "--pod-webhooks", `localhost:${second.port}`]),
      env: { DENO_CERT: file },
    });
    await first.until(() => first.state.live("default", "moves") !== undefined, "the pod at the first");
    assert.deepEqual(second.about("moves"), []);
    await plane.kubectl([
      "annotate",
      "--overwrite",
      "pod",
      "moves",
      `${ROUTE_ANNOTATION}=${annotation(second)}`,
    ]);
    await second.until(() => second.state.live("default", "moves") !== undefined, "the pod at the second");
    const before = first.about("moves").length;
    await deletePods(plane, "moves");
    for (const receiver of [first, second]) {
      await receiver.until(() => receiver.about("moves").some(isDeletion), "the end");
    }
    assert.equal(await program.stop(), 0);
    assert.equal(first.about("moves").length, before + 1);
    for (const receiver of [first, second]) {
      // Not of all pods: those of the step before may still be ending.
      assert.equal(receiver.about("moves").filter(isDeletion).length, 1);
      assert.equal(receiver.state.live("default", "moves"), undefined);
      assert.deepEqual(receiver.state.problems, []);
    }
  },

  "a StatefulSet's web-0 made anew under a stopped watch: the old one's end comes first": async (plane) => {
    await plane.kubectl(["create", "-f", "-"], JSON.stringify(STATEFUL_SET));
    await plane.kubectl(["rollout", "status", "statefulset/web", "--timeout=60s"]);
    const old = await uidOfWeb(plane);
    await using tunnel = await Tunnel.open(plane);
    const args = ["--kubeconfig", tunnel.kubeconfig, "--interval", "1s"];
    await using watching = await startDelivering(args);
    await using polling = await startDelivering([...args, "--source", "poll"]);
    const runs = [watching, polling];
    for (const { receiver } of runs) {
      await receiver.until(() => receiver.state.pods.has(old), "the old web-0");
    }
    await whileBlind(plane, tunnel, async () => {
      await plane.kubectl(["delete", "pod", "web-0", "--now"]);
      await plane.kubectl(["wait", "pod/web-0", "--for=create", "--timeout=60s"]);
      await plane.kubectl(["rollout", "status", "statefulset/web", "--timeout=60s"]);
    });

    const now = await uidOfWeb(plane);
    assert.notEqual(now, old);
    for (const { program, receiver } of runs) {
      await receiver.until(() => receiver.state.pods.has(now), "the new web-0");
      assert.equal(await program.stop(), 0);
      const received = receiver.about("web-0").map(({ body, headers }) =>
        `${body?.pod.metadata.uid === old ? "old" : "new"} ${headers["k8svent-event"]}`
      );
      const end = received.indexOf("old pod.deleted");
      assert(end > 0, received.join());
      assert.equal(received.indexOf("new pod.changed"), end + 1, received.join());
      assert.deepEqual(received.slice(end + 1).filter((one) => one.startsWith("old")), []);
      assert.equal(receiver.state.live("default", "web-0")?.pod.metadata.uid, now);
      assert.deepEqual(receiver.state.problems, []);
    }
  },
};

const ROUTE_ANNOTATION = "atomist.com/k8vent";

const STATEFUL_SET = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "web" },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "app", image: "app" }] } },
  },
};

/** What happens here is seen by nobody, and etcd forgets it too: only a list tells what is left. */
async function whileBlind(plane: ControlPlane, tunnel: Tunnel, work: () => Promise<void>): Promise<void> {
  await tunnel.cut();
  await work();
  await compact(plane);
  await tunnel.mend();
}

async function uidOfWeb(plane: ControlPlane): Promise<string> {
  const pod = (await listPods(plane)).find(({ metadata }) => metadata.name === "web-0");
  return pod?.metadata.uid ?? assert.fail("there is no web-0");
}

function isUnselected({ headers }: Delivery): boolean {
  return /\bunselected\b/.test(headers["k8svent-reason"] ?? "");
}
