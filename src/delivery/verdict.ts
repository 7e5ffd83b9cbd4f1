import type { Answer, Failure, Outcome } from "../http/outcome.ts";
import { parseRetryAfter } from "../runtime/retry_after.ts";

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
  /** For people, part of a sentence: `status 503`. Carries no path, token or secret. */
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
  return outcome.kind === "failure" ? judgeFailure(outcome) : judgeAnswer(outcome, now);
}

function judgeFailure({ when, stale, fault, message: why }: Failure): Verdict {
  if (stale) return { kind: "stale", why };
  // Nothing of the message was read before the request: then it cannot be what takes so long.
  if (fault === "timeout" && when === "after") return { kind: "unclear", why, overloaded: true };
  return { kind: "endpoint", why };
}

function judgeAnswer({ status, headers }: Answer, now: number): Verdict {
  const why = status >= 300 && status < 400 ? `status ${status}${redirection(headers)}` : `status ${status}`;
  if (status >= 200 && status < 300) return { kind: "accepted", why };
  if (status === 410) return { kind: "gone", why };
  const retryAfter = parseRetryAfter(headers.get("retry-after") ?? null, now);
  const overloaded = status === 429 || status === 503;
  if (status < 400 || ENDPOINT_STATUSES.has(status)) return { kind: "endpoint", why, retryAfter, overloaded };
  if (status < 500) return { kind: "message", why };
  return { kind: "unclear", why, retryAfter };
}

/** Where to, by its host alone: the rest may be a secret. */
function redirection(headers: ReadonlyMap<string, string>): string {
  const host = URL.parse(headers.get("location") ?? "")?.host;
  return host ? `, a redirection to ${host}, which is not followed` : "";
}
