import { fieldsOf, objectsIn, textOf } from "../pod/anything.ts";
import { sidecars } from "../pod/health.ts";
import type { Pod } from "../pod/pod.ts";
import type { Reason } from "./reasons.ts";
import { statusesOf, summarize, type Summary, terminationsOf } from "./summary.ts";

/*
 * A change of a pod as a person tells it. The reasons say what kind of change it was, for programs; this says which
 * container ended and how, which image took the place of which, on which node the pod runs.
 */

/** A change: a pod as it is now, or was last, and what was known of it before. */
export interface Change {
  pod: Pod;
  /** Undefined: nothing was known. */
  before: Summary | undefined;
  reasons: readonly Reason[];
}

/** Clauses in the order of the reasons, none where these say it all. Never throws; holds what the pod's author wrote. */
export function detailsOf(change: Change): string[] {
  return change.reasons.flatMap((reason) => DETAILS[reason]?.(change) ?? []);
}

const DETAILS: Partial<Record<Reason, (change: Change) => string | string[]>> = {
  // Of the pod as a whole, as when it is evicted.
  phase: ({ pod }) => textOf(fieldsOf(pod.status)["reason"]) ?? [],
  terminated: ended,
  restarted: ({ pod, before }) => {
    const times = summaryOf(pod).restarts - (before?.restarts ?? 0);
    return times > 1 ? [`restarted ${times} times`] : [];
  },
  waiting: ({ pod, before }) =>
    newOnes(before?.waiting, summaryOf(pod).waiting).map(([name, reason]) => `${name} waits (${reason})`),
  image: ({ pod, before }) =>
    newOnes(before?.images, summaryOf(pod).images).map(([name, image]) => `${name} has the image ${image}`),
  scheduled: ({ pod }) => [`on ${textOf(fieldsOf(pod.spec)["nodeName"]) ?? ""}`],
};

/** Containers that ended since: `web ended (exit 1, OOMKilled)`. */
function ended({ pod, before }: Change): string[] {
  const known = before?.terminations ?? [];
  return statusesOf(pod).flatMap((container) =>
    terminationsOf(container).filter(({ id }) => !known.includes(id)).map(({ terminated }) => {
      const { exitCode, signal, reason } = fieldsOf(terminated);
      const how = typeof signal === "number" && signal > 0
        ? `signal ${signal}`
        : `exit ${exitCode ?? "unknown"}`;
      const why = textOf(reason);
      const says = why === undefined || why === "Error" || why === "Completed" ? how : `${how}, ${why}`;
      return `${textOf(container["name"]) ?? ""} ended (${says})`;
    })
  );
}

/** How many of its containers are ready, and of how many: sidecars count, as in kubectl. */
export function readiness({ spec, status }: Pod): { ready: number; containers: number } {
  const { containers, initContainers } = fieldsOf(spec);
  const { containerStatuses, initContainerStatuses } = fieldsOf(status);
  const isSidecar = sidecars(fieldsOf(spec));
  const counted = (those: unknown, init: unknown): Readonly<Record<string, unknown>>[] => [
    ...objectsIn(those),
    ...objectsIn(init).filter(({ name }) => isSidecar(name)),
  ];
  return {
    ready: counted(containerStatuses, initContainerStatuses).filter(({ ready }) => ready === true).length,
    containers: counted(containers, initContainers).length,
  };
}

/** The restarts of all of its containers. */
export function restartsOf(pod: Pod): number {
  return summaryOf(pod).restarts;
}

/** Of entries such as `web:ErrImagePull`, those that are new: the container, and what is said of it. */
function newOnes(
  before: readonly string[] | undefined,
  after: readonly string[],
): [container: string, said: string][] {
  return after.filter((entry) => before?.includes(entry) !== true).map((entry) => {
    const [container = "", ...said] = entry.split(":");
    return [container, said.join(":")];
  });
}

/** Nothing that is said here needs digests. */
function summaryOf(pod: Pod): Summary {
  return summarize({ pod, digests: { metadata: "", spec: "", status: "" } });
}
