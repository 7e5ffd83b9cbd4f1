import type { Send } from "../http/outcome.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Message } from "../store/store.ts";
import { render, type Rendering } from "./render.ts";
import { signatureHeaders } from "./sign.ts";
import { judge, type Verdict } from "./verdict.ts";

/** What an attempt needs to know and to use. */
export interface AttemptDeps {
  clock: Clock;
  send: Send;
  url: URL;
  rendering: Rendering;
  /** The active secrets, asked for at each attempt; none: the request is not signed. */
  secrets: () => string[];
  /** Milliseconds from the start of a request to the end of its answer. */
  timeout: number;
}

/** The verdict on an attempt, and what the receiver said about it. */
export interface AttemptResult {
  verdict: Verdict;
  /** The `correlation_id` of a JSON answer: how the ancestor's receiver names what it made of the message. */
  correlationId?: string | undefined;
  /** Whether the answer asks for an inventory (`k8svent-request: inventory`). */
  wantsInventory: boolean;
  /** How many lost messages the request told of. */
  toldLost: number;
  /** Milliseconds that the endpoint took. */
  duration: number;
  /** Requests made: two where the first met a connection that was dead already. */
  requests: number;
}

/**
 * Sends a message once; a second time at once where the connection was dead before the endpoint saw anything.
 * Returns undefined when the signal aborted it: the message is then as it was.
 *
 * @param toldLost how many lost messages the request tells of
 */
export async function attempt(
  message: Message,
  toldLost: number,
  deps: AttemptDeps,
  signal: AbortSignal,
): Promise<AttemptResult | undefined> {
  const start = deps.clock.monotonic();
  for (let requests = 1;; requests++) {
    const result = await post(
      message,
      { attempt: message.attempts + requests, lost: toldLost },
      deps,
      signal,
    );
    if (result === undefined) return undefined;
    if (result.verdict.kind === "stale") {
      if (requests === 1) continue;
      // Dead twice running is no accident of a connection that had been kept too long.
      result.verdict.kind = "endpoint";
    }
    return { ...result, toldLost, duration: deps.clock.monotonic() - start, requests };
  }
}

async function post(
  message: Message,
  number: { attempt: number; lost: number },
  { clock, send, url, rendering, secrets, timeout }: AttemptDeps,
  signal: AbortSignal,
): Promise<Pick<AttemptResult, "verdict" | "correlationId" | "wantsInventory"> | undefined> {
  const { id, body, headers } = render(message, rendering);
  const signatures = signatureHeaders(id, Math.floor(clock.now() / 1000), body, secrets());
  const counts: Record<string, string> = { "k8svent-attempt": String(number.attempt) };
  if (number.lost > 0) counts["k8svent-lost"] = String(number.lost);
  try {
    const outcome = await send(
      { url, headers: { ...headers, ...counts, ...signatures }, body },
      timeout,
      signal,
    );
    const verdict = judge(outcome, clock.now());
    if (outcome.kind === "failure") return { verdict, wantsInventory: false };
    return {
      verdict,
      correlationId: readCorrelationId(outcome.body),
      wantsInventory: outcome.headers.get("k8svent-request") === "inventory",
    };
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** Receivers answer with anything; only this one field of a JSON object is looked at. */
function readCorrelationId(body: string): string | undefined {
  if (!body.trimStart().startsWith("{")) return undefined;
  try {
    const { correlation_id: id } = JSON.parse(body) as { correlation_id?: unknown };
    return typeof id === "string" ? id.slice(0, 200) : undefined;
  } catch {
    return undefined;
  }
}
