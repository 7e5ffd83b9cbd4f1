import { compareVersions } from "../pod/version.ts";

/** Which version of a pod is known, and in which epoch it was seen (see `Verdict`). */
export interface KnownVersion {
  resourceVersion: string;
  epoch: number;
}

/**
 * - `news`: newer than what is known.
 * - `same`: what is known already.
 * - `stale`: older: a page of a running list can be older than what came by another way.
 */
export type Verdict = "news" | "same" | "stale";

/**
 * The one gate for every object, whichever way it came: list, watch and single reads overlap, and only the
 * version tells which of two objects is the later. Versions of two epochs cannot be compared (the cluster was
 * restored from a backup in between): there, what comes is news.
 */
export function gate(known: KnownVersion | undefined, resourceVersion: string, epoch: number): Verdict {
  if (known === undefined || known.epoch < epoch) return "news";
  const order = compareVersions(resourceVersion, known.resourceVersion);
  if (order === 0) return "same";
  return order > 0 ? "news" : "stale";
}
