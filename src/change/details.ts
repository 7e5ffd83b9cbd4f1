import { fieldsOf, objectsIn, textOf } from "../pod/anything.ts";
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
    newOnes(before?.waiting, summaryOf(pod).waiting).map((entry) => {
      const [name, ...reason] = entry.split(":");
      return `${name} waits (${reason.join(":")})`;
    }),
  image: ({ pod, before }) =>
    newOnes(before?.images, summaryOf(pod).images).map((entry) => {
      const [name, ...image] = entry.split(":");
      return `${name} has the image ${image.join(":")}`;
    }),
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
  const isSidecar = ({ restartPolicy }: Readonly<Record<string, unknown>>): boolean =>
    restartPolicy === "Always";
  const sidecars = objectsIn(fieldsOf(spec)["initContainers"]).filter(isSidecar).map(({ name }) => name);
  const counted = [
    ...objectsIn(fieldsOf(status)["initContainerStatuses"]).filter(({ name }) => sidecars.includes(name)),
    ...objectsIn(fieldsOf(status)["containerStatuses"]),
  ];
  return {
    ready: counted.filter(({ ready }) => ready === true).length,
    containers: objectsIn(fieldsOf(spec)["containers"]).length + sidecars.length,
  };
}

/** The restarts of all of its containers. */
export function restartsOf(pod: Pod): number {
  return summaryOf(pod).restarts;
}

function newOnes(before: readonly string[] | undefined, after: readonly string[]): string[] {
  return after.filter((entry) => before?.includes(entry) !== true);
}

/** What is told here needs no digests. */
function summaryOf(pod: Pod): Summary {
  return summarize({ pod, digests: { metadata: "", spec: "", status: "" } });
}
