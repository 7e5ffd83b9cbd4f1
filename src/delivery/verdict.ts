import { DialError, type Reply } from "./dial.ts";
import { parseRetryAfter } from "../runtime/retry_after.ts";

/** What came of an attempt: an answer, no answer, or none within the timeout. */
export type Outcome = Reply | DialError | "timeout";

/**
 * What an outcome says, and about whom.
 *
 * - `accepted`: the endpoint has taken the message.
 * - `endpoint`: the endpoint is at fault, whatever is sent to it: everything waits.
 * - `message`: the endpoint cannot digest this message: it alone is set aside.
 * - `unclear`: it may be either; what happens to other messages tells.
 * - `gone`: the endpoint wants nothing more.
 * - `stale`: the connection was dead before the endpoint saw anything: once more, at once.
 */
export interface Verdict {
  kind: "accepted" | "endpoint" | "message" | "unclear" | "gone" | "stale";
  /** For people, part of a sentence: `status 503`, `timed out`. Carries no path, token or secret. */
  why: string;
  /** Milliseconds that the endpoint asked to wait. */
  retryAfter?: number | undefined;
  /** Whether the endpoint asked for less at a time: it is then sent less at a time. */
  overloaded?: boolean;
}

/** Answers that tell of the endpoint, not of what was sent: its address, its door, its load (webhooks.md, 6.2). */
const ENDPOINT_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 408, 425, 429, 501, 503]);

/**
 * Judges an outcome by itself, without knowing what happened before.
 *
 * @param now the wall clock, for a `Retry-After` that is a date
 */
export function judge(outcome: Outcome, now: number): Verdict {
  if (outcome === "timeout") return { kind: "unclear", why: "timed out", overloaded: true };
  if (outcome instanceof DialError) {
    return {
      kind: outcome.fault === "closed" ? "stale" : "endpoint",
      why: outcome.message.replace(/\.$/, ""),
    };
  }
  const { status } = outcome;
  const why = `status ${status}`;
  if (status >= 200 && status < 300) return { kind: "accepted", why };
  if (status === 410) return { kind: "gone", why };
  const retryAfter = parseRetryAfter(outcome.headers.get("retry-after"), now);
  const overloaded = status === 429 || status === 503;
  if (status < 400 || ENDPOINT_STATUSES.has(status)) return { kind: "endpoint", why, retryAfter, overloaded };
  if (status < 500) return { kind: "message", why };
  return { kind: "unclear", why, retryAfter };
}
