import { createHash } from "node:crypto";
import { isUnderDuress } from "../pod/health.ts";
import type { ContainerStatus, Pod } from "../pod/pod.ts";

/**
 * What must be remembered of a pod's version to say later what has changed: some 300 bytes in place of some
 * 10,000. Stored as JSON; a field that is added later is undefined in what was stored before.
 */
export interface Summary {
  phase: string;
  /** Whether the condition `Ready` is `True`. */
  ready: boolean;
  duress: boolean;
  scheduled: boolean;
  terminating: boolean;
  /** Restarts of all containers together. */
  restarts: number;
  /** Containers that wait, each with the reason: `app:CrashLoopBackOff`. */
  waiting: string[];
  /** Terminations that the status tells of, in `state` or `lastState`; see `terminationsOf`. */
  terminations: string[];
  images: string[];
  /** Digests of the metadata (but for its version and `managedFields`), the spec and the status. */
  metadata: string;
  spec: string;
  status: string;
}

/** The summary of a version. Depends on nothing but the pod. */
export function summarize(pod: Pod): Summary {
  const { managedFields: _fields, resourceVersion: _version, ...metadata } = pod.metadata;
  const statuses = containerStatuses(pod);
  const { spec = {}, status = {} } = pod;
  return {
    phase: status.phase ?? "Unknown",
    ready: (status.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True"),
    duress: isUnderDuress(pod),
    scheduled: Boolean(spec.nodeName),
    terminating: metadata.deletionTimestamp !== undefined,
    restarts: statuses.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0),
    waiting: statuses.flatMap(({ name, state }) =>
      state?.waiting?.reason ? [`${name}:${state.waiting.reason}`] : []
    ),
    terminations: statuses.flatMap(terminationsOf),
    images: [...spec.initContainers ?? [], ...spec.containers ?? [], ...spec.ephemeralContainers ?? []]
      .map(({ name, image = "" }) => `${name}:${image}`),
    metadata: digest(metadata),
    spec: digest(spec),
    status: digest(status),
  };
}

function containerStatuses({ status = {} }: Pod): ContainerStatus[] {
  return [
    ...status.initContainerStatuses ?? [],
    ...status.containerStatuses ?? [],
    ...status.ephemeralContainerStatuses ?? [],
  ];
}

/**
 * A termination is known by its container's name, the ID of the container that ended, and when. When the
 * kubelet moves it from `state` to `lastState` it stays the same one.
 */
function terminationsOf({ name, state, lastState }: ContainerStatus): string[] {
  return [state?.terminated, lastState?.terminated].flatMap((ended) =>
    ended === undefined ? [] : [`${name}/${ended.containerID ?? ""}/${ended.finishedAt ?? ""}`]
  );
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url").slice(0, 11);
}
