import assert from "node:assert/strict";
import type { Pod } from "../../src/pod/pod.ts";
import { compareVersions } from "../../src/pod/version.ts";
import { createPods, deletePods, listPods, manifest, versionsOf } from "../kit/cluster_pods.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { type Delivering, isDeletion, startDelivering } from "../kit/delivering.ts";
import { type Backup, backUp, restore } from "../kit/etcd.ts";
import type { Delivery } from "../kit/receiver.ts";
import { SecondApiServer } from "../kit/second_api_server.ts";

/*
 * etcd is restored from a backup under the running program, which keeps a state file. Each case begins with the pods
 * a, b and c and a backup of them; a is then changed and b deleted, and the receiver gets both. After the restore a is
 * as it was and b lives, with its old UID.
 *
 * Going backward, the version of the cluster gives the restore away. Going forward, it has passed what the program saw
 * before the program can look: only what the list holds gives it away.
 */

clusterTest("a real etcd that is restored", async (context) => {
  await using plane = await startControlPlane();
  for (const [sentence, step] of Object.entries(STEPS)) {
    await plane.kubectl(["delete", "pods", "--all", "--now"]);
    await createPods(plane, ["a", "b", "c"].map((name) => manifest(name)));
    await context.step(sentence, () => step(plane));
  }
});

const REWRITTEN = /"error".*The history of the cluster was rewritten/;

const STEPS: Record<string, (plane: ControlPlane) => Promise<void>> = {
  "an API server that only restarts begins no epoch, also where pods changed around it": async (plane) => {
    await using run = await start(plane);
    await annotate(plane, "a", "before");
    await plane.stopApiServer();
    await plane.startApiServer();
    await annotate(plane, "a", "after");
    await deletePods(plane, "b");
    await agree(plane, run);
    assert.deepEqual(new Set(run.receiver.deliveries.map(epochOf)), new Set([0]));
    assert(!run.program.lines.some((line) => REWRITTEN.test(line)));
  },

  "restored backward: the receiver takes the change and the deletion back, in a new epoch": async (plane) => {
    await using run = await start(plane);
    const { backup, seen } = await loseHistory(plane, run);
    await restore(plane, backup);
    assert(compareVersions(await versionOf(plane), seen) < 0, "the version went back");
    await judge(plane, run);
  },

  "restored and written to until the version has passed what was seen: the same": async (plane) => {
    await using run = await start(plane);
    const { backup, seen } = await loseHistory(plane, run);
    await restore(plane, backup, async () => {
      // The program knows nothing of this one, and finds nobody at the address that it knows.
      await using other = await SecondApiServer.start(plane);
      await overtake(plane, seen, ["--kubeconfig", other.kubeconfig]);
    });
    await judge(plane, run);
  },

  "restored forward while the program stood still, which then finds an API server at once: the same": async (
    plane,
  ) => {
    await using run = await start(plane);
    const { backup, seen } = await loseHistory(plane, run);
    run.program.signal("SIGSTOP");
    await restore(plane, backup);
    await overtake(plane, seen);
    run.program.signal("SIGCONT");
    await judge(plane, run);
  },
};

/** Returns when the receiver knows the three. */
async function start(plane: ControlPlane): Promise<Delivering> {
  const folder = await Deno.makeTempDir({ dir: plane.dir });
  const flags = ["--kubeconfig", plane.kubeconfig, "--interval", "0", "--state", `${folder}/state`];
  const run = await startDelivering(flags);
  await agree(plane, run);
  return run;
}

/** Backs etcd up; then a changes and b is deleted, which the receiver gets. Gives the version that was seen last. */
async function loseHistory(plane: ControlPlane, run: Delivering): Promise<{ backup: Backup; seen: string }> {
  const backup = await backUp(plane);
  // What an API server writes when it starts must not be enough to overtake what was seen.
  for (let change = 1; change <= 10; change++) await annotate(plane, "a", `lost-${change}`);
  await deletePods(plane, "b");
  await plane.kubectl(["label", "pod", "a", "c", "--overwrite", "last=seen"]);
  await agree(plane, run);
  assert.equal(run.receiver.state.live("default", "b"), undefined);
  assert(!run.program.lines.some((line) => REWRITTEN.test(line)), "a restart is no restore");
  return { backup, seen: await versionOf(plane) };
}

/** Writes to c until the version of the cluster has passed one. */
async function overtake(plane: ControlPlane, seen: string, flags: string[] = []): Promise<void> {
  for (let write = 1; write <= 30 || compareVersions(await versionOf(plane, flags), seen) <= 0; write++) {
    await annotate(plane, "c", `forward-${write}`, flags);
  }
}

/** What must hold after a restore. */
async function judge(plane: ControlPlane, run: Delivering): Promise<void> {
  const { program, receiver } = run;
  await agree(plane, run);
  await program.until(REWRITTEN);
  const pods = await listPods(plane);
  assert.deepEqual(pods.map(({ metadata }) => metadata.name), ["a", "b", "c"]);
  assert.equal(changeOf(pods.find(({ metadata }) => metadata.name === "a")), undefined);
  for (const name of ["a", "b", "c"]) {
    const received = receiver.about(name);
    const first = received.findIndex((delivery) => epochOf(delivery) === 1);
    assert(first > 0, `${name} is sent in a new epoch`);
    // Nothing of the old history comes behind the new one, and nobody ends in it.
    assert(received.slice(first).every((delivery) => epochOf(delivery) === 1 && !isDeletion(delivery)));
  }
  assert.equal(changeOf(receiver.state.live("default", "a")?.pod), undefined);
  assert.deepEqual(receiver.state.problems, []);
  assert.equal(await program.stop(), 0);
}

/** Waits until the receiver knows what kubectl shows. */
async function agree(plane: ControlPlane, { receiver }: Delivering): Promise<void> {
  const want = versionsOf(await listPods(plane)).join();
  await receiver.until(() => versionsOf(receiver.state.livePods()).join() === want, "the pods of kubectl");
}

function epochOf({ headers }: Delivery): number {
  return Number(headers["k8svent-epoch"] ?? 0);
}

function changeOf(pod: Pod | undefined): string | undefined {
  return pod?.metadata.annotations?.change;
}

async function annotate(
  plane: ControlPlane,
  name: string,
  change: string,
  flags: string[] = [],
): Promise<void> {
  await plane.kubectl([...flags, "annotate", "--overwrite", "pod", name, `change=${change}`]);
}

/** The version of the cluster. */
async function versionOf(plane: ControlPlane, flags: string[] = []): Promise<string> {
  const list = await plane.kubectl([...flags, "get", "--raw", "/api/v1/namespaces/default/pods?limit=1"]);
  return JSON.parse(list).metadata.resourceVersion;
}
