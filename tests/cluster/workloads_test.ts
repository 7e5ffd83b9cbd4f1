import assert from "node:assert/strict";
import type { Pod } from "../../src/pod/pod.ts";
import { createPods, listPods, manifest, versionsOf } from "../kit/cluster_pods.ts";
import { SECRET, webhook } from "../kit/confidential.ts";
import { clusterTest, type ControlPlane, kill, readEnv, startControlPlane } from "../kit/control_plane.ts";
import { isDeletion } from "../kit/delivering.ts";
import { startProgram } from "../kit/program.ts";
import { type Delivery, Receiver } from "../kit/receiver.ts";
import { Recorder } from "../kit/recorder.ts";

/** What was seen of one history: by kubectl at its end, by the witness, and by the receivers of two programs. */
interface History {
  pods: Pod[];
  recorder: Recorder;
  watched: Receiver;
  polled: Receiver;
}

clusterTest("a history of living workloads", async (context) => {
  const history = await live();
  for (const [sentence, judge] of Object.entries(JUDGEMENTS)) {
    await context.step(sentence, () => judge(history));
  }
});

const JUDGEMENTS: Record<string, (history: History) => void> = {
  "by watch, the receiver ends with the pods and versions of kubectl get pods -A": ({ pods, watched }) => {
    assert.equal(pods.length, 5);
    assert.deepEqual(versionsOf(watched.state.livePods()), versionsOf(pods));
    for (const pod of pods) assert.deepEqual(watched.state.pods.get(pod.metadata.uid)?.pod, pod);
  },

  "by watch, it saw every restart count": ({ recorder, watched }) => {
    const seen = new Set(watched.deliveries.flatMap(({ body }) => restartsOf(body?.pod)));
    const real = new Set(recorder.events.flatMap(({ object }) => restartsOf(object)));
    assert(real.size > recorder.live().length + 2, "the history has restarts");
    assert.deepEqual([...real].filter((restart) => !seen.has(restart)), []);
  },

  "by watch, it got each termination, with the reason why it was sent": ({ recorder, watched }) => {
    const received = watched.deliveries.filter(({ headers }) =>
      /\bterminated\b/.test(headers["k8svent-reason"] ?? "")
    );
    const seen = new Set(received.flatMap(({ body }) => terminationsOf(body?.pod)));
    const real = new Set(recorder.events.flatMap(({ object }) => terminationsOf(object)));
    for (const reason of ["Error", "OOMKilled", "Completed"]) {
      assert([...real].some((termination) => termination.includes(reason)), `the history has ${reason}`);
    }
    assert.deepEqual([...real].filter((termination) => !seen.has(termination)), []);
  },

  "by watch, one Deleted came for each pod that is gone, seen and not inferred": ({ recorder, watched }) => {
    const deletions = watched.deliveries.filter(isDeletion);
    assert(deletions.length >= 4, "the history has deletions");
    assert.deepEqual(uidsOf(deletions), [...recorder.deleted()].sort());
    for (const { headers, body } of deletions) {
      assert.equal(body?.pod.status?.phase, "Deleted");
      assert.equal(headers["k8svent-observed"], undefined);
    }
  },

  "by watch, nothing came twice, went back or was not signed": ({ watched }) => {
    assert.equal(watched.state.duplicates, 0);
    assert.deepEqual(watched.state.problems, []);
    assert.deepEqual(new Set(watched.deliveries.map(({ signature }) => signature)), new Set(["ok"]));
  },

  "by watch, each message names the cluster, and the workload that the controllers made the pod for": (
    { watched },
  ) => {
    const workloads: Record<string, string> = { web: "Deployment/web", work: "Job/work" };
    for (const { headers, body } of watched.deliveries) {
      const [begin = ""] = body?.pod.metadata.name.split("-") ?? [];
      assert.equal(headers["k8svent-workload"], workloads[begin], begin);
      assert.equal(headers["k8svent-cluster"], "east");
    }
  },

  "by poll, the receiver ends with the same state": ({ pods, watched, polled }) => {
    assert.deepEqual(versionsOf(polled.state.livePods()), versionsOf(pods));
    for (const [uid, known] of polled.state.pods) {
      assert.equal(watched.state.pods.get(uid)?.deleted, known.deleted);
      if (!known.deleted) assert.deepEqual(known.pod, watched.state.pods.get(uid)?.pod);
    }
    const deletions = polled.deliveries.filter(isDeletion);
    assert(deletions.length > 0, "some pods lived long enough for a poll to see them");
    assert.equal(new Set(uidsOf(deletions)).size, deletions.length);
    assert.deepEqual(polled.state.problems, []);
  },
};

/** Everything is closed again when it returns: what is left is data. */
async function live(): Promise<History> {
  await using plane = await startControlPlane({ workloads: true });
  await using watched = await Receiver.start({ secrets: [SECRET] });
  await using polled = await Receiver.start({ secrets: [SECRET] });
  await using recorder = await Recorder.start(plane);
  const args = ["--kubeconfig", plane.kubeconfig, "--secret", SECRET];
  await using watching = await startProgram({
    args: [...args, "--interval", "0", "--cluster", "east", "--url", webhook("watched", watched)],
  });
  await using polling = await startProgram({
    args: [...args, "--source", "poll", "--interval", "2s", "--url", webhook("polled", polled)],
  });
  await watching.until(/follows the pods/);
  await happen(plane, recorder);
  const pods = await listPods(plane);
  for (const receiver of [watched, polled]) {
    const want = versionsOf(pods).join();
    await receiver.until(() => versionsOf(receiver.state.livePods()).join() === want, "the pods of kubectl");
  }
  assert.equal(await watching.stop(), 0);
  assert.equal(await polling.stop(), 0);
  return { pods, recorder, watched, polled };
}

/** Returns when nothing moves any more. */
async function happen(plane: ControlPlane, recorder: Recorder): Promise<void> {
  const play = (name: string): ReturnType<typeof manifest> => manifest(name, { labels: { play: name } });
  await createPods(plane, [play("crash"), play("oom"), manifest("doomed")]);
  await plane.kubectl(["create", "deployment", "web", "--image=web:1", "--replicas=3"]);
  await plane.kubectl(["create", "job", "work", "--image=work"]);
  await plane.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);
  await plane.kubectl(["set", "image", "deployment/web", "web=web:2"]);
  await plane.kubectl(["rollout", "status", "deployment/web", "--timeout=60s"]);
  await plane.kubectl(["scale", "deployment/web", "--replicas=4"]);
  await plane.kubectl(["scale", "deployment/web", "--replicas=2"]);
  await plane.kubectl(["wait", "job/work", "--for=condition=complete", "--timeout=60s"]);
  await plane.kubectl(["delete", "pod", "doomed", "--wait=false"]);
  const restarts = (name: string): number =>
    Math.max(0, ...recorder.live().filter(({ metadata }) => metadata.name === name).map(restartCount));
  await recorder.until(() => restarts("crash") >= 2 && restarts("oom") >= 2, "two restarts of both");
  const isAtRest = (pod: Pod): boolean =>
    isReady(pod) || pod.status?.phase === "Succeeded" || pod.metadata.labels?.["play"] !== undefined;
  await recorder.until(() => recorder.live().length === 5 && recorder.live().every(isAtRest), "rest");
  // Nobody plays the kubelet any more, so the two stay where they are.
  await kill((await readEnv(plane.dir)).get("KWOK_PID"));
}

function isReady({ metadata, status = {} }: Pod): boolean {
  const { conditions = [] } = status;
  return metadata.deletionTimestamp === undefined &&
    conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

function restartCount({ status = {} }: Pod): number {
  return status.containerStatuses?.[0]?.restartCount ?? 0;
}

function restartsOf(pod: Pod | undefined): string[] {
  return (pod?.status?.containerStatuses ?? []).map(({ restartCount }) =>
    `${pod?.metadata.uid} ${restartCount}`
  );
}

function terminationsOf(pod: Pod | undefined): string[] {
  return (pod?.status?.containerStatuses ?? []).flatMap(({ state, lastState }) =>
    [state?.terminated, lastState?.terminated].flatMap((ended) =>
      ended === undefined
        ? []
        : [`${pod?.metadata.uid} ${ended.reason} ${ended.exitCode} ${ended.finishedAt}`]
    )
  );
}

function uidsOf(deliveries: Delivery[]): string[] {
  return deliveries.map(({ body }) => body?.pod.metadata.uid ?? "").sort();
}
