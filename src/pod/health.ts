/**
 * Health as a person sees it who looks at a pod, and not as its conditions add up.
 *
 *     terminating  its deletion was asked for, and its grace period runs; once that is over it is stuck, so unhealthy
 *     finished     Succeeded or Failed (evicted, too): final, whatever else the status says
 *     held         its scheduling gates are closed: somebody keeps it back on purpose
 *     healthy      Running, and each container does what its restart policy lets it do
 *     unhealthy    everything else: Pending, Unknown, a container that waits or failed, a condition that says so
 *
 * Anybody may add conditions, of any polarity: `DisruptionTarget=False` is what a preemption that was called off leaves,
 * `PodResizePending=True` says that a pod runs with the resources that it had. Only four are the kubelet's word on
 * whether the pod is ready (kubernetes.io, "Pod Lifecycle"), and those that the pod itself names in `readinessGates`.
 */
import { fieldsOf, objectsIn, textOf } from "./anything.ts";
import type { Pod } from "./pod.ts";

/** What can be said of a pod's health; see the top of this file. */
export type Health = "healthy" | "unhealthy" | "finished" | "held" | "terminating";

/** True is good. Where one is absent, whoever plays the kubelet does not set it, and the containers speak. */
const READINESS = ["Ready", "ContainersReady", "Initialized", "PodScheduled"];

/** Of those, what is False as long as one container is done and another runs. */
const OF_CONTAINERS = ["Ready", "ContainersReady"];

type Fields = Readonly<Record<string, unknown>>;

/** How a pod is. Depends on nothing but the object, and never throws, whatever it holds. */
export function healthOf({ metadata, spec, status }: Pod): Health {
  const { phase } = fieldsOf(status);
  if (textOf(metadata.deletionTimestamp) !== undefined) return "terminating";
  if (phase === "Succeeded" || phase === "Failed") return "finished";
  if (phase !== "Running") {
    return objectsIn(fieldsOf(spec)["schedulingGates"]).length > 0 ? "held" : "unhealthy";
  }
  return works(fieldsOf(spec), fieldsOf(status)) ? "healthy" : "unhealthy";
}

/**
 * From when on a pod is unhealthy if nothing changes, in milliseconds since the epoch: 0, as it is now; the end of its
 * grace period, while it is terminating (`deletionTimestamp` is that end, not the moment of the request); undefined: it
 * is not, and will not be.
 */
export function unhealthyFrom(pod: Pod): number | undefined {
  switch (healthOf(pod)) {
    case "unhealthy":
      return 0;
    case "terminating":
      return Date.parse(pod.metadata.deletionTimestamp ?? "") || 0;
    default:
      return undefined;
  }
}

function works(spec: Fields, status: Fields): boolean {
  const containers = objectsIn(status["containerStatuses"]);
  const policies = restartPolicies(spec);
  const isSidecar = sidecars(spec);
  const isDone = (container: Fields): boolean =>
    endedWell(container["state"]) && policies(container["name"]) !== "Always";
  return containers.every((container) =>
    isDone(container) || (container["ready"] === true && runs(container))
  ) &&
    objectsIn(status["initContainerStatuses"]).every((container) =>
      isSidecar(container["name"])
        ? container["ready"] === true && runs(container)
        // One that is done has nothing to be ready for; not every kubelet says that it is.
        : endedWell(container["state"])
    ) &&
    isReady(spec, objectsIn(status["conditions"]), containers.some(isDone));
}

/** @param isPartlyDone a container has ended for good, so that the pod is not ready and never will be again */
function isReady(spec: Fields, conditions: Fields[], isPartlyDone: boolean): boolean {
  const gates = objectsIn(spec["readinessGates"]).map((gate) => gate["conditionType"]);
  const counts = READINESS.filter((type) => !(isPartlyDone && OF_CONTAINERS.includes(type)));
  return gates.every((gate) => conditions.some(({ type }) => type === gate)) &&
    conditions.every(({ type, status }) =>
      status === "True" || !(gates.includes(type) || counts.some((one) => one === type))
    );
}

/** A container's own policy (Kubernetes 1.34 on) goes before the pod's, which is `Always` where it is not given. */
function restartPolicies(spec: Fields): (name: unknown) => unknown {
  const containers = objectsIn(spec["containers"]);
  const ofPod = textOf(spec["restartPolicy"]) ?? "Always";
  return (name) => textOf(containers.find((one) => one["name"] === name)?.["restartPolicy"]) ?? ofPod;
}

/** The init containers that do not end: they have a policy of their own, `Always` (Kubernetes 1.29 on). */
export function sidecars(spec: Fields): (name: unknown) => boolean {
  const init = objectsIn(spec["initContainers"]);
  return (name) => init.some((one) => one["name"] === name && one["restartPolicy"] === "Always");
}

function runs(container: Fields): boolean {
  const running = fieldsOf(container["state"])["running"];
  return running !== undefined && running !== null;
}

function endedWell(state: unknown): boolean {
  return fieldsOf(fieldsOf(state)["terminated"])["exitCode"] === 0;
}
