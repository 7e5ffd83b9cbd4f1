import type { Summary } from "./summary.ts";

/** Why a message is sent; `k8svent-reason` lists them, in this order. */
export const REASONS = [
  "sync",
  "created",
  "phase",
  "ready",
  "terminated",
  "restarted",
  "waiting",
  "image",
  "scheduled",
  "terminating",
  "metadata",
  "spec",
  "status",
  "unhealthy",
  "unselected",
  "deleted",
] as const;

/** One of the reasons. */
export type Reason = typeof REASONS[number];

/**
 * Why a version that follows another one is news: never empty. One in which only `managedFields` differs counts as
 * `metadata`: it is sent, so that receivers end with the versions that kubectl shows.
 */
export function compareSummaries(before: Summary, after: Summary): Reason[] {
  const reasons = differencesBetween(before, after);
  return reasons.length === 0 ? ["metadata"] : reasons;
}

/**
 * What is different in two versions of one pod, and of those in a new epoch perhaps nothing is. Where a narrow reason
 * names the change (`image`, `phase`) the wide one for the same part (`spec`, `status`) is left out.
 */
export function differencesBetween(before: Summary, after: Summary): Reason[] {
  const status: Reason[] = [];
  const spec: Reason[] = [];
  const metadata: Reason[] = [];
  if (after.phase !== before.phase) status.push("phase");
  if (after.ready !== before.ready) status.push("ready");
  if (hasNew(before.terminations, after.terminations)) status.push("terminated");
  if (after.restarts > before.restarts) status.push("restarted");
  if (hasNew(before.waiting, after.waiting)) status.push("waiting");
  if (after.status !== before.status && status.length === 0) status.push("status");
  if (after.images.join() !== before.images.join()) spec.push("image");
  if (after.scheduled && !before.scheduled) spec.push("scheduled");
  if (after.spec !== before.spec && spec.length === 0) spec.push("spec");
  if (after.terminating && !before.terminating) metadata.push("terminating");
  if (after.metadata !== before.metadata && metadata.length === 0) metadata.push("metadata");
  return sortReasons([...status, ...spec, ...metadata]);
}

/**
 * Whether a version tells of something that a later version no longer shows, so that it must not be replaced
 * by one: a container that ended or started again, another phase, the deletion. That a pod is no longer looked at
 * is one too: a receiver would take a later version with this reason for a pod that it may forget.
 */
export function isTransition(reasons: readonly Reason[]): boolean {
  return reasons.some((reason) => TRANSITIONS.has(reason));
}

const TRANSITIONS: ReadonlySet<Reason> = new Set<Reason>([
  "phase",
  "terminated",
  "restarted",
  "unselected",
  "deleted",
]);

/** What a pod's final object tells that no later version will. */
export function transitionsBetween(before: Summary, final: Summary): Reason[] {
  return transitionsIn(differencesBetween(before, final));
}

/** Those that make a version a transition. */
export function transitionsIn(reasons: readonly Reason[]): Reason[] {
  return reasons.filter((reason) => TRANSITIONS.has(reason));
}

/** Each reason once, in the documented order: the header of a message is the same however it came about. */
export function sortReasons(reasons: Iterable<Reason>): Reason[] {
  const present = new Set(reasons);
  return REASONS.filter((reason) => present.has(reason));
}

function hasNew(before: string[], after: string[]): boolean {
  return after.some((entry) => !before.includes(entry));
}
