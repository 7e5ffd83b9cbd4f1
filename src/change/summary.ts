import { fieldsOf, objectsIn, textOf } from "../pod/anything.ts";
import { unhealthyFrom } from "../pod/health.ts";
import type { PodObject } from "../pod/object.ts";
import type { Pod } from "../pod/pod.ts";

/**
 * What must be remembered of a pod's version to say later what has changed: some 300 bytes in place of some
 * 10,000. Stored as JSON; a field that is added later is undefined in what was stored before.
 */
export interface Summary {
  phase: string;
  /** Whether the condition `Ready` is `True`. */
  ready: boolean;
  /** Whether it is unhealthy, or will be. */
  unhealthy: boolean;
  /** Only where that is ahead: when its grace period ends, in milliseconds since the epoch. */
  unhealthyFrom?: number;
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

/** The summary of a version. Depends on nothing but the object, and never throws, whatever it holds. */
export function summarize({ pod, digests }: Pick<PodObject, "pod" | "digests">): Summary {
  const spec = fieldsOf(pod.spec);
  const status = fieldsOf(pod.status);
  const containers = CONTAINERS.flatMap((list) => objectsIn(spec[list]));
  const statuses = statusesOf(pod);
  const unhealthy = unhealthyFrom(pod);
  return {
    phase: phaseOf(status["phase"]),
    ready: objectsIn(status["conditions"]).some(({ type, status }) => type === "Ready" && status === "True"),
    unhealthy: unhealthy !== undefined,
    ...(unhealthy !== undefined && unhealthy > 0 && { unhealthyFrom: unhealthy }),
    scheduled: textOf(spec["nodeName"]) !== undefined,
    terminating: textOf(pod.metadata.deletionTimestamp) !== undefined,
    restarts: statuses.reduce(
      (sum, { restartCount }) => sum + (Number.isFinite(restartCount) ? Number(restartCount) : 0),
      0,
    ),
    waiting: statuses.flatMap(({ name, state }) => {
      const reason = textOf(fieldsOf(fieldsOf(state)["waiting"])["reason"]);
      return reason === undefined ? [] : [`${textOf(name) ?? ""}:${reason}`];
    }),
    terminations: statuses.flatMap(terminationsOf).map(({ id }) => id),
    images: containers.map(({ name, image }) => `${textOf(name) ?? ""}:${textOf(image) ?? ""}`),
    ...digests,
  };
}

const CONTAINERS = ["initContainers", "containers", "ephemeralContainers"];
const STATUSES = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"];

/** It becomes a header, so anything but a word is none. */
function phaseOf(phase: unknown): string {
  const text = textOf(phase);
  return text !== undefined && /^[A-Za-z]{1,40}$/.test(text) ? text : "Unknown";
}

/** What the status says of all containers, whatever their kind. */
export function statusesOf({ status }: Pod): Readonly<Record<string, unknown>>[] {
  return STATUSES.flatMap((list) => objectsIn(fieldsOf(status)[list]));
}

/** A container that ended. */
export interface Termination {
  /** By its container's name, the ID of the container that ended, and when. */
  id: string;
  terminated: unknown;
}

/** Those that a container's status tells of. When the kubelet moves one from `state` to `lastState` it stays the same. */
export function terminationsOf({ name, state, lastState }: Readonly<Record<string, unknown>>): Termination[] {
  return [state, lastState].flatMap((one) => {
    const { terminated } = fieldsOf(one);
    if (terminated === undefined || terminated === null) return [];
    const { containerID, finishedAt } = fieldsOf(terminated);
    return [{ id: [name, containerID, finishedAt].map((part) => textOf(part) ?? "").join("/"), terminated }];
  });
}
