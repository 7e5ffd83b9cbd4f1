/** How long to wait after a failure: `base` doubled with each failure in a row, up to `cap`. Milliseconds. */
export interface Backoff {
  base: number;
  cap: number;
}

/** As client-go's reflector: many clients of one API server must not come back all at once. */
export const CLUSTER_BACKOFF: Backoff = { base: 800, cap: 30_000 };

/**
 * The wait after `failures` failures in a row (1 for the first): half of it fixed, half of it random, so that
 * clients spread out and none retries at once.
 *
 * @param random a number in [0, 1)
 */
export function backoffDelay(backoff: Backoff, failures: number, random: number): number {
  const full = Math.min(backoff.cap, backoff.base * 2 ** (failures - 1));
  return full / 2 + (full / 2) * random;
}
