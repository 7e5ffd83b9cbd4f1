import { fieldsOf, objectsIn } from "./anything.ts";
import type { Pod } from "./pod.ts";

/**
 * Whether a pod does what it is meant to do: its phase is `Running`, every condition is `True`, each init
 * container is ready and either ended with 0 or (a sidecar) still runs, and each container is ready and runs.
 */
export function isHealthy(pod: Pod): boolean {
  const status = fieldsOf(pod.status);
  return status["phase"] === "Running" &&
    objectsIn(status["conditions"]).every((condition) => condition["status"] === "True") &&
    objectsIn(status["initContainerStatuses"]).every((container) =>
      container["ready"] === true && (endedWell(container["state"]) || runs(container["state"]))
    ) &&
    objectsIn(status["containerStatuses"]).every((container) =>
      container["ready"] === true && runs(container["state"])
    );
}

/** Neither healthy nor done: such a pod is sent again each interval until it is one of the two. */
export function isUnhealthy(pod: Pod): boolean {
  return !isHealthy(pod) && fieldsOf(pod.status)["phase"] !== "Succeeded";
}

function runs(state: unknown): boolean {
  return fieldsOf(state)["running"] !== undefined;
}

function endedWell(state: unknown): boolean {
  return fieldsOf(fieldsOf(state)["terminated"])["exitCode"] === 0;
}
