/**
 * How many requests at a time an endpoint bears: found out by asking for more, as TCP does. It begins with two and
 * doubles in the time of one request, so that a first sync is soon at full speed, until the endpoint shows for the
 * first time that it is too much (a timeout, 503, 429). Then it is halved, and from there it grows by one in the time of
 * one request.
 */
export interface Concurrency {
  /** Requests at a time: now, and at the very most. */
  readonly limit: number;
  readonly most: number;
  /** Below this the limit doubles, above it grows by one. */
  readonly threshold: number;
  /** Acceptances since the limit last grew. */
  readonly accepted: number;
  /** The endpoint's start counter when it was last halved. */
  readonly halvedAt: number;
}

/** Requests at a time to an endpoint that nothing is known of, or that has just come back. */
const START = 2;

/** @param most requests at a time, at the very most */
export function newConcurrency(most: number): Concurrency {
  return { limit: Math.min(START, most), most, threshold: most, accepted: 0, halvedAt: 0 };
}

/** A request was accepted. */
export function raised(concurrency: Concurrency): Concurrency {
  const { limit, most, threshold, accepted } = concurrency;
  if (limit >= most) return concurrency;
  if (limit < threshold || accepted + 1 >= limit) return { ...concurrency, limit: limit + 1, accepted: 0 };
  return { ...concurrency, accepted: accepted + 1 };
}

/**
 * A request was too much. Once for all that were under way together: each of them is late for the same reason.
 *
 * @param start which of the endpoint's attempts it was
 * @param starts how many have begun by now
 */
export function halved(concurrency: Concurrency, start: number, starts: number): Concurrency {
  if (start <= concurrency.halvedAt) return concurrency;
  const half = Math.max(1, Math.floor(concurrency.limit / 2));
  return { ...concurrency, limit: half, threshold: half, accepted: 0, halvedAt: starts };
}

/** The endpoint is back: soon at half of what it bore before. */
export function restarted(concurrency: Concurrency): Concurrency {
  const { limit, most } = concurrency;
  const threshold = Math.max(START, Math.floor(limit / 2));
  return { ...concurrency, limit: Math.min(START, most), threshold, accepted: 0 };
}
