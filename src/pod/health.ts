import type { ContainerStatus, Pod } from "./pod.ts";

/**
 * Whether a pod does what it is meant to do: its phase is `Running`, every condition is `True`, each init
 * container is ready and either ended with 0 or (a sidecar) still runs, and each container is ready and runs.
 */
export function isHealthy(pod: Pod): boolean {
  const { phase, conditions = [], initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  return phase === "Running" &&
    conditions.every((condition) => condition.status === "True") &&
    initContainerStatuses.every((status) => status.ready === true && (endedWell(status) || runs(status))) &&
    containerStatuses.every((status) => status.ready === true && runs(status));
}

/** Neither healthy nor done: such a pod is sent again each interval until it is one of the two. */
export function isUnderDuress(pod: Pod): boolean {
  return !isHealthy(pod) && pod.status?.phase !== "Succeeded";
}

function runs(status: ContainerStatus): boolean {
  return status.state?.running !== undefined;
}

function endedWell(status: ContainerStatus): boolean {
  return status.state?.terminated?.exitCode === 0;
}
