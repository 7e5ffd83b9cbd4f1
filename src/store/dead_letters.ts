/**
 * Dead letters: messages that their endpoint does not accept while it accepts others. Which are that, and when they are
 * tried again, is the delivery's to decide (`delivery/decision.ts`); here is what the store makes of one.
 *
 * A dead letter waits for its retries and blocks its pod and name only.
 *
 * - **A newer version takes its place**: at once, if the dead letter is no transition; if it is one, when it is *stuck*,
 *   which it is after three failed retries (`coalescing.ts`). It is *superseded* then, and some of those are remembered for
 *   people.
 * - **The next pod of its name passes it** when it is stuck: its line is *parked* (`Order.park`). Unless that is the same
 *   pod, back in a new epoch, which must not come before its own end: a stuck end gives way to that.
 * - **People** list, retry and discard them; what is discarded is lost, and announced.
 */
import type { Endpoint } from "./endpoint.ts";
import type { VersionRow } from "./journal.ts";
import type { Line } from "./lines.ts";
import { NO_FAILURES } from "./message.ts";
import type { DeadLetter } from "./store.ts";
import type { Versions } from "./versions.ts";

/** A dead letter is stuck once it was made one more often than this: after three retries. */
const DEAD_RETRIES = 3;

/** Superseded dead letters that are remembered for people. */
const SUPERSEDED = 100;

/** Whether a line's first message is a dead letter that was retried so often that nothing waits for it any more. */
export function isStuck({ failures }: Line): boolean {
  return failures !== undefined && failures.dead > DEAD_RETRIES;
}

/** Whether the next pod of a line's name passes it. */
export function isPassed(line: Line): boolean {
  if (!isStuck(line) || line.place === "flight" || line.behind === undefined) return false;
  return line.behind.pod.uid !== line.pod.uid;
}

/** Another message takes the place of a line's first one, whose version that is: it is remembered if it is dead. */
export function remember(endpoint: Endpoint, line: Line, version: VersionRow): void {
  if (line.failures === undefined || line.failures.dead === 0) return;
  endpoint.superseded.push(deadLetterOf(line, version, true));
  if (endpoint.superseded.length > SUPERSEDED) endpoint.superseded.shift();
}

/** See `Pending.deadLetters`. */
export function listDeadLetters(endpoint: Endpoint, limit: number, versions: Versions): DeadLetter[] {
  const dead = Array.from(
    endpoint.dead.values().take(limit),
    (line) => deadLetterOf(line, versions.row(line.versionAt(0)), false),
  );
  return [...dead, ...endpoint.superseded].slice(0, limit);
}

function deadLetterOf(
  { pod, failures = NO_FAILURES }: Line,
  { resourceVersion }: VersionRow,
  superseded: boolean,
): DeadLetter {
  const { why = "", tries } = failures;
  return { pod: `${pod.namespace}/${pod.name}`, uid: pod.uid, resourceVersion, why, tries, superseded };
}
