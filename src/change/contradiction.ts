/**
 * What a list shows that cannot be, if the cluster's history only went on: signs that it was rewritten (etcd restored
 * from a backup, whether the version then went back or forward).
 *
 * Versions count one history up, so a complete list of version L shows every pod as it was at L. A list that is older
 * than what was seen of its scope does not go on from there; nor does one that shows a pod as it was before a version
 * that was seen and that L has passed, or a pod whose end L has passed, or the pod that followed it under its name.
 *
 * A sign is a suspicion, no proof: a proxy or a cache in between may be stale, and a new epoch sends every pod once
 * more. So the caller confirms it by a second read before it begins one (`app/history.ts`).
 *
 * What is *no* sign: a pod that is not known and of which no end is known, however old its version is. One event that
 * the watch lost would be enough for it. Nor is anything that is known from another epoch: versions of two histories
 * cannot be compared. Nor is a version that is no decimal integer.
 */
import type { PodRef } from "../pod/pod.ts";
import { compareVersions } from "../pod/version.ts";

/** One such sign. */
export type Suspicion =
  /** The list is older than what was seen of its scope. */
  | { kind: "list-behind" }
  /** A pod at a version older than the known one, in a list as new as that, or read by itself. */
  | { kind: "pod-behind"; pod: PodVersion }
  /** A pod that was seen to be deleted, or followed by another of its name, at a version that the list has reached. */
  | { kind: "pod-returned"; pod: PodVersion }
  /** A pod that left the selection, at a version older than that of its leaving, which the list has reached. */
  | { kind: "selection-behind"; pod: PodVersion };

/** A pod at a version. */
export interface PodVersion extends PodRef {
  resourceVersion: string;
}

/** How a pod ended: at which version, and whether it only left the selection. */
export interface End {
  version: string;
  left: boolean;
}

/**
 * Compares a pod that a list holds with what is known of it. All versions must be of one epoch.
 *
 * @param list the version of the list
 * @param known the version at which the pod is known; undefined: it is not
 * @param end how the pod ended, where it did and is not known
 * @param follower the version at which another pod is known that has its name, where it is not known
 */
export function contradiction(
  pod: PodVersion,
  list: string,
  known: string | undefined,
  end: End | undefined,
  follower: string | undefined,
): Suspicion | undefined {
  if (known !== undefined) return isBehind(pod, known, list) ? { kind: "pod-behind", pod } : undefined;
  // Two pods never have one version.
  const isBeforeFollower = follower !== undefined && compareVersions(pod.resourceVersion, follower) <= 0;
  if (isBeforeFollower && compareVersions(follower, list) <= 0) return { kind: "pod-returned", pod };
  if (end === undefined) return undefined;
  if (end.left) return isBehind(pod, end.version, list) ? { kind: "selection-behind", pod } : undefined;
  return compareVersions(end.version, list) <= 0 ? { kind: "pod-returned", pod } : undefined;
}

/** Whether a pod is older than what was seen of it, in a list that is not. */
function isBehind({ resourceVersion }: PodVersion, seen: string, list: string): boolean {
  return compareVersions(resourceVersion, seen) < 0 && compareVersions(seen, list) <= 0;
}
