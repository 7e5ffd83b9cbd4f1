import type { Outcome, Request, Send } from "../http/outcome.ts";
import type { Redaction } from "../pod/redaction.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Message } from "../store/store.ts";
import type { Credentials, Resolved } from "./credentials.ts";
import type { EndpointHistory } from "./delivery_history.ts";
import type { Renderer } from "./render.ts";
import type { Signer } from "./sign.ts";
import type { Tally } from "./tally.ts";

/*
 * One attempt at a message: its credentials, its headers and body, its signatures, and what came of sending them.
 */

/** What an attempt is made of. */
export interface AttemptDeps {
  endpoint: string;
  /** The URL, the secrets that sign, and what proves to the endpoint who asks; asked for at each attempt. */
  credentials: Credentials;
  send: Send;
  renderer: Renderer;
  /** What the endpoint must not see of a pod; undefined: it sees all. */
  redaction?: Redaction | undefined;
  signer: Signer;
  /** Milliseconds that a request may take, from the look-up of the name to the head of the answer. */
  timeout: number;
  tally: Tally;
  /** What came of the last deliveries; undefined: nobody can look. */
  history?: EndpointHistory | undefined;
  clock: Clock;
  log: Log;
}

/** A message, the number of its attempt from 1, and how many lost messages it tells of. */
export interface Numbered {
  message: Message;
  attempt: number;
  lost: number;
  /** Of the delivery's span; undefined: it is not traced. */
  traceparent?: string | undefined;
}

/**
 * Makes an attempt. Undefined: the signal aborted it.
 *
 * @param onSecond called where it takes a second request: a token that the endpoint takes no more is nobody's failure, once
 */
export async function send(
  numbered: Numbered,
  deps: AttemptDeps,
  onSecond: () => void,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { credentials, timeout, tally, history } = deps;
  try {
    for (let isSecond = false;; isSecond = true) {
      const given = credentials.resolve();
      // A promise only where it must be waited for: most endpoints have nothing to ask for.
      const resolved = given instanceof Promise ? await given : given;
      if (signal.aborted) return undefined;
      if ("kind" in resolved) return resolved;
      const request = requestOf(numbered, resolved, deps);
      tally.bytes += request.body.length;
      history?.sent(numbered.message, request, resolved.headers);
      const outcome = await deps.send(request, timeout, signal);
      const isRefused = !isSecond && outcome.kind === "answer" && outcome.status === 401;
      if (!isRefused || !credentials.refused(resolved)) return outcome;
      onSecond();
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

function requestOf(
  { message, attempt, lost, traceparent }: Numbered,
  { url, headers: own, secrets }: Resolved,
  { endpoint, renderer, redaction, signer, clock, log }: AttemptDeps,
): Request {
  const rendered = renderer.render(message, redaction);
  if (rendered.isWithheld && attempt === 1) sayWithheld(message, endpoint, log);
  const { headers, body } = rendered;
  headers["k8svent-attempt"] = String(attempt);
  if (lost > 0) headers["k8svent-lost"] = String(lost);
  if (traceparent !== undefined) headers["traceparent"] = traceparent;
  Object.assign(headers, own, signer.sign(rendered, Math.floor(clock.now() / 1000), secrets));
  return { url, headers, body };
}

function sayWithheld({ namespace, name, resourceVersion }: Message, endpoint: string, log: Log): void {
  const pod = `${namespace}/${name}`;
  log.warn(`The pod ${pod} could not be redacted, so only what names it is sent to ${endpoint}.`, {
    endpoint,
    pod,
    version: resourceVersion,
  });
}
