import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { Pod } from "../../src/pod/pod.ts";
import { createPods, deletePods, listPods, manifest, versionsOf } from "../kit/cluster_pods.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { type Delivering, isDeletion, startDelivering } from "../kit/delivering.ts";
import { backUp, compact, restore } from "../kit/etcd.ts";
import type { Delivery } from "../kit/receiver.ts";

/** A silence of so many milliseconds makes the program list (`src/source/contact.ts`). */
const SILENCE = 10_000;

clusterTest("outages of a real control plane", async (context) => {
  await using plane = await startControlPlane();
  for (const [sentence, step] of Object.entries(STEPS)) {
    await plane.kubectl(["delete", "pods", "--all", "--now"]);
    await createPods(plane, NAMES.map((name) => manifest(name)));
    await context.step(sentence, () => step(plane));
  }
});

const NAMES = [
  "rests",
  "changes",
  "goes-before",
  "goes-after",
  ...Array.from({ length: 16 }, (_, i) => `more-${i}`),
];

const STEPS: Record<string, (plane: ControlPlane) => Promise<void>> = {
  "kube-apiserver is down for 20 s, with changes around it: all is sent, nothing is invented": async (
    plane,
  ) => {
    await using run = await start(plane);
    const { program } = run;
    const gone = await uids(plane, "goes-before", "goes-after");
    await change(plane, "before");
    await deletePods(plane, "goes-before");
    await plane.stopApiServer();
    await pause(20_000);
    await plane.startApiServer();
    await change(plane, "after");
    await deletePods(plane, "goes-after");
    await createPods(plane, [manifest("new")]);

    await judge(plane, run, gone);
    assert(
      program.lines.some((line) => /"warn".*The connection to the API server at \S+ was refused/.test(line)),
    );
    assert(program.lines.some((line) => /The cluster answers again after \d+ s\./.test(line)));
  },

  "etcd is compacted under a watch that stands still (410): all is sent, nothing is invented": async (
    plane,
  ) => {
    await using run = await start(plane);
    const { program, receiver } = run;
    const gone = await uids(plane, "goes-before", "goes-after");
    program.signal("SIGSTOP");
    const began = performance.now();
    // Else the kernel would keep what the watch brings, and the program would read it later.
    await plane.stopApiServer();
    await plane.startApiServer();
    await deletePods(plane, "goes-before", "goes-after");
    await change(plane, "unseen");
    await createPods(plane, [manifest("new")]);
    await compact(plane);
    program.signal("SIGCONT");
    const stoodStill = performance.now() - began;

    await judge(plane, run, gone);
    // After a longer silence it lists without asking whether the version is still there.
    const isAsked = stoodStill < SILENCE - 1_000;
    const isSaid = program.lines.some((line) =>
      /"debug".*no longer keeps the version asked for \(410\)/.test(line)
    );
    assert(isSaid || !isAsked);
    const deletions = receiver.deliveries.filter(isDeletion);
    for (const { headers } of deletions) assert.equal(headers["k8svent-observed"], "false");
  },

  "etcd is restored from a backup: a new epoch, everything sent again, and logged": async (plane) => {
    const backup = await backUp(plane);
    await using run = await start(plane);
    const { program, receiver } = run;
    await change(plane, "lost by the restore");
    await createPods(plane, [manifest("unborn")]);
    // The restored cluster must not overtake the versions that were seen before.
    for (let round = 0; round < 8; round++) await churn(plane);
    await createPods(plane, [manifest("unborn-too")]);
    await receiver.until(
      () => receiver.state.live("default", "unborn-too") !== undefined,
      "the last version",
    );
    const gone = await uids(plane, "unborn", "unborn-too");
    await restore(plane, backup);

    const again = (): Delivery[] =>
      receiver.deliveries.filter(({ headers }) => headers["k8svent-epoch"] === "1");
    await receiver.until(() => again().length >= NAMES.length, "everything again");
    await judge(plane, run, gone);
    for (const { headers } of again()) assert.match(headers["k8svent-reason"] ?? "", /\b(sync|deleted)\b/);
    assert(
      program.lines.some((line) => /"(warn|error)".*(went back|restored)/.test(line)),
      program.lines.join("\n"),
    );
  },
};

/** Returns when the first sync has arrived. */
async function start(plane: ControlPlane): Promise<Delivering> {
  const run = await startDelivering(["--kubeconfig", plane.kubeconfig, "--interval", "0"]);
  await run.receiver.until(() => run.receiver.state.pods.size === NAMES.length, "the first sync");
  return run;
}

/** What must hold in the end, whatever happened: `gone` are the only pods that ended. */
async function judge(plane: ControlPlane, { program, receiver }: Delivering, gone: string[]): Promise<void> {
  const want = versionsOf(await listPods(plane)).join();
  const { state, deliveries } = receiver;
  await receiver.until(() => versionsOf(state.livePods()).join() === want, "the pods of kubectl");
  assert.equal(await program.stop(), 0);
  assert.equal(versionsOf(state.livePods()).join(), want);
  const ended = deliveries.filter(isDeletion).map(({ body }) => body?.pod.metadata.uid ?? "");
  assert.deepEqual(ended.sort(), gone.sort());
  assert.deepEqual(state.problems, []);
  assert.deepEqual(repeated(deliveries), []);
}

/** Versions that were sent under more than one id, within an epoch. */
function repeated(deliveries: Delivery[]): string[] {
  const ids = new Map<string, Set<string>>();
  for (const { headers, body } of deliveries) {
    const { uid, resourceVersion } = body?.pod.metadata ?? {};
    const key = [uid, resourceVersion, headers["k8svent-event"], headers["k8svent-epoch"]].join();
    ids.set(key, (ids.get(key) ?? new Set()).add(headers["webhook-id"] ?? ""));
  }
  return [...ids].filter(([, set]) => set.size > 1).map(([key]) => key);
}

async function change(plane: ControlPlane, what: string): Promise<void> {
  await plane.kubectl(["annotate", "--overwrite", "pod", "changes", `change=${what}`]);
}

/** Moves the version of the cluster on by one for each pod. */
async function churn(plane: ControlPlane): Promise<void> {
  await plane.kubectl(["label", "pods", "--all", "--overwrite", `churn=${crypto.randomUUID()}`]);
}

async function uids(plane: ControlPlane, ...names: string[]): Promise<string[]> {
  const pods: Pod[] = await listPods(plane);
  return pods.filter(({ metadata }) => names.includes(metadata.name)).map(({ metadata }) => metadata.uid);
}
