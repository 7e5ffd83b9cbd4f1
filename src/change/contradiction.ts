/**
 * What a list shows that cannot be, if the cluster's history only went on: signs that it was rewritten (etcd restored
 * from a backup, whether the version then went back or forward).
 *
 * Versions count one history up, so a complete list of version L shows every pod as it was at L. A list that is older
 * than what the scope was wholly seen up to (R) does not go on from there; nor does one that shows a pod as it was
 * before a version that was seen (K) and that L has passed, or a pod whose end (D) L has passed.
 *
 * A sign is a suspicion, no proof: a proxy or a cache in between may be stale, and a new epoch sends every pod once
 * more. So the caller confirms it by a second read (a list where the list was behind, else a GET without
 * resourceVersion, which goes to etcd and must give the same UID and version) before it begins one.
 *
 * What is *no* sign: a pod that is not known and of which no end is known, however old its version is. One event that
 * the watch lost would be enough for it. Nor is anything that is known from another epoch: versions of two histories
 * cannot be compared. Nor is a version that is no decimal integer.
 */
import { compareVersions } from "../pod/version.ts";
import type { KnownVersion } from "./gate.ts";

/**
 * - `list-behind`: the list is older than what the scope was wholly seen up to.
 * - `pod-behind`: a pod is shown as it was before a version that was seen.
 * - `lives-again`: a pod is shown whose end was seen.
 * - `left-behind`: a pod that had left the selection is shown as it was before that.
 */
export type Suspicion = "list-behind" | "pod-behind" | "lives-again" | "left-behind";

/** The list that is running, of one scope and selection. */
export interface RunningList {
  epoch: number;
  /** L: the list's version, the same on each page. */
  version: string;
  /** R: up to which the scope was wholly seen in this epoch when the list was asked for; undefined: never. */
  reached: string | undefined;
}

/** What is remembered of a UID in this epoch: one of the two, or nothing. */
export interface Past {
  /** K, and when it was seen. */
  known?: KnownVersion | undefined;
  /** D: at which version the pod's end was seen, or that of the list that missed it; or at which it left the selection. */
  tombstone?: { version: string; left: boolean } | undefined;
}

/** Whether the list by itself contradicts what was seen. Asked once, at its beginning. */
export function suspectList({ version, reached }: RunningList): Suspicion | undefined {
  return reached !== undefined && isBefore(version, reached) ? "list-behind" : undefined;
}

/** Whether a pod in the list contradicts what was seen of its UID. Asked before the pod is taken for news. */
export function suspectPod(
  { epoch, version }: RunningList,
  resourceVersion: string,
  { known, tombstone }: Past,
): Suspicion | undefined {
  const isPassed = (seen: string): boolean => seen === version || isBefore(seen, version);
  if (known !== undefined && known.epoch === epoch) {
    const isBehind = isBefore(resourceVersion, known.resourceVersion) && isPassed(known.resourceVersion);
    return isBehind ? "pod-behind" : undefined;
  }
  if (tombstone === undefined || !isPassed(tombstone.version)) return undefined;
  if (!tombstone.left) return "lives-again";
  return isBefore(resourceVersion, tombstone.version) ? "left-behind" : undefined;
}

function isBefore(one: string, other: string): boolean {
  return compareVersions(one, other) < 0;
}
