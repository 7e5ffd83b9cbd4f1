/**
 * When a pod that is unhealthy is sent again, though nothing changed.
 *
 * The store keeps one instant for each such pod: when to look at it next. A pod gets it when trouble is first seen, a
 * whole interval ahead, and keeps it while its versions come and go, so that a pod that changes all the time is reminded
 * of, too. At each look this file says what to do and when the next one is. Looks are a few seconds late, as they are
 * made in batches; what a reminder is *for* is the instant that it was due, so a restart sends it under the same id.
 */

/** What a look at a pod leads to. */
export interface Look {
  /** The reminder to send, by the instant that it was due (part of its id); undefined: none yet. */
  occasion: number | undefined;
  /** When to look again. */
  next: number;
}

/**
 * All in milliseconds; instants since the epoch, by the wall clock.
 *
 * @param due when this look was due
 * @param since from when on the pod is unhealthy (see `unhealthyFrom`); ahead, while its grace period runs
 * @param interval more than 0
 */
export function lookAt(due: number, since: number, now: number, interval: number): Look {
  if (now < since + interval) return { occasion: undefined, next: Math.min(now, since) + interval };
  // Further ahead than an interval it was set before the wall clock went back.
  const from = Math.min(due, now);
  const occasion = from + Math.floor((now - from) / interval) * interval;
  return { occasion, next: occasion + interval };
}
