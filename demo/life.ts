import type { ContainerStatus, Pod } from "../src/pod/pod.ts";

/** What a pod of the demo is like. */
export type Temperament = "steady" | "crashing" | "hungry" | "job";

/** One edit of a pod, as a scheduler or a kubelet would make it. */
export type Move = (pod: Pod) => void;

/** The move that follows by itself from how the pod is, or undefined where it has settled. */
export function nextMove(pod: Pod): Move | undefined {
  const { spec, status } = pod;
  if (pod.metadata.deletionTimestamp !== undefined) return undefined;
  if (spec?.nodeName === undefined) return schedule;
  const container = status?.containerStatuses?.[0];
  if (container === undefined) return pull;
  if (container.state?.terminated !== undefined && status?.phase === "Running") return backOff;
  if (container.state?.waiting !== undefined) return run;
  if (container.state?.running !== undefined && container.ready === false) return becomeReady;
  return undefined;
}

export function isReady(pod: Pod): boolean {
  return pod.status?.containerStatuses?.[0]?.ready === true;
}

/** What a ready pod does of its own accord, by its temperament. */
export function misfortune(temperament: Temperament): Move | undefined {
  switch (temperament) {
    case "steady":
      return undefined;
    case "crashing":
      return (pod) => terminate(pod, 1, "Error");
    case "hungry":
      return (pod) => terminate(pod, 137, "OOMKilled");
    case "job":
      return succeed;
  }
}

/** A person or a controller asked for the deletion; the pod goes a little later. */
export function beginDeletion(pod: Pod): void {
  pod.metadata.deletionTimestamp = now();
  pod.metadata.deletionGracePeriodSeconds = 30;
  setReady(pod, false);
}

function schedule(pod: Pod): void {
  pod.spec = { ...pod.spec, nodeName: `node-${pod.metadata.uid.charCodeAt(0) % 3}` };
  pod.status = {
    ...pod.status,
    conditions: [{ type: "PodScheduled", status: "True", lastTransitionTime: now() }],
  };
}

function pull(pod: Pod): void {
  setContainer(pod, { ready: false, restartCount: 0, state: { waiting: { reason: "ContainerCreating" } } });
  setReady(pod, false);
}

function run(pod: Pod): void {
  const { restartCount = 0, lastState } = containerOf(pod);
  const restarts = lastState?.terminated === undefined ? restartCount : restartCount + 1;
  const containerID = `containerd://${pod.metadata.uid}-${restarts}`;
  setContainer(pod, { containerID, restartCount: restarts, state: { running: { startedAt: now() } } });
  pod.status = { ...pod.status, phase: "Running" };
}

function becomeReady(pod: Pod): void {
  setContainer(pod, { ready: true });
  setReady(pod, true);
}

function terminate(pod: Pod, exitCode: number, reason: string): void {
  const { containerID = "" } = containerOf(pod);
  setContainer(pod, {
    ready: false,
    state: { terminated: { exitCode, reason, finishedAt: now(), containerID } },
  });
  setReady(pod, false);
}

function backOff(pod: Pod): void {
  const { state } = containerOf(pod);
  const lastState = state?.terminated === undefined ? {} : { lastState: { terminated: state.terminated } };
  setContainer(pod, { ...lastState, state: { waiting: { reason: "CrashLoopBackOff" } } });
}

function succeed(pod: Pod): void {
  terminate(pod, 0, "Completed");
  pod.status = { ...pod.status, phase: "Succeeded" };
}

function containerOf(pod: Pod): Partial<ContainerStatus> {
  return pod.status?.containerStatuses?.[0] ?? {};
}

function setContainer(pod: Pod, change: Partial<ContainerStatus>): void {
  const { name = "main", image = "" } = pod.spec?.containers?.[0] ?? {};
  const status: ContainerStatus = { ...containerOf(pod), name, image, ...change };
  pod.status = { ...pod.status, containerStatuses: [status] };
}

function setReady(pod: Pod, ready: boolean): void {
  const others = (pod.status?.conditions ?? []).filter(({ type }) =>
    !["Ready", "ContainersReady"].includes(type)
  );
  const status = ready ? "True" : "False";
  const conditions = ["ContainersReady", "Ready"].map((type) => ({
    type,
    status,
    lastTransitionTime: now(),
  }));
  pod.status = { ...pod.status, conditions: [...others, ...conditions] };
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
