import type { ClusterError, ClusterFault } from "../cluster/error.ts";
import { backoffDelay, CLUSTER_BACKOFF } from "../runtime/backoff.ts";
import type { Wait } from "./source.ts";

/** Faults that a person must mend: asking more often than this, in milliseconds, helps nobody. */
const SLOW = 30_000;
const SLOW_FAULTS: ReadonlySet<ClusterFault> = new Set<ClusterFault>([
  "unauthorized",
  "forbidden",
  "certificate",
]);

/**
 * The wait after a failure: what the server asked for is the least, and what a person must mend is tried slowly.
 *
 * @param failures in a row, this one included
 * @param random a number in [0, 1)
 */
export function waitAfter(error: ClusterError, failures: number, random: number): Wait {
  // A dead or expired stream says nothing about the server's health: the first one is replaced at once.
  const atOnce = failures === 1 && (error.fault === "idle" || error.fault === "expired");
  const backoff = atOnce ? 0 : backoffDelay(CLUSTER_BACKOFF, failures, random);
  const least = SLOW_FAULTS.has(error.fault) ? SLOW : 0;
  return { type: "wait", milliseconds: Math.max(backoff, least, error.retryAfter ?? 0), error };
}
