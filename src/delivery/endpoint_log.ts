import type { Outcome } from "../http/outcome.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log, LogFields } from "../runtime/log.ts";
import { counted, duration } from "../runtime/wording.ts";
import type { Message, Pending } from "../store/store.ts";
import type { Credentials } from "./credentials.ts";
import type { Decision } from "./decision.ts";
import { type EndpointState, isFailing } from "./endpoint_state.ts";
import { firstLine } from "./refusal.ts";

/**
 * What people hear of an endpoint. Once: that it fails, why, and what they can do; that it works again; that it is
 * disabled; that a message became a dead letter. Never of a retry: that is for `--log-level debug`.
 */

/** Attempts at a message, none of which says whose fault it is, after which people hear of it. */
const SAID_AT = 3;

/** An endpoint that fails again so soon after it worked again says nothing new, unless it goes on; milliseconds. */
export const QUIET = 60_000;

/** What it takes. */
export interface EndpointLogDeps {
  endpoint: string;
  pending: Pending;
  clock: Clock;
  log: Log;
  /** What of it comes back in an answer is not shown. */
  credentials: Pick<Credentials, "confidential">;
}

/** Tells it, of one endpoint. */
export class EndpointLog {
  protected readonly deps: EndpointLogDeps;
  #failingSince: number | undefined;
  #isSaid = false;
  #quietUntil = -Infinity;
  /** What the last answer that was no acceptance said. */
  #answer: string | undefined;

  constructor(deps: EndpointLogDeps) {
    this.deps = deps;
  }

  /** An attempt ended; called before `decision`. @param duration milliseconds that its requests took together */
  attempt(
    { namespace, name, resourceVersion }: Message,
    attempt: number,
    outcome: Outcome,
    duration: number,
  ): void {
    const { endpoint, credentials, log } = this.deps;
    this.#answer = undefined;
    if (outcome.kind !== "answer") return;
    if (outcome.status < 200 || outcome.status >= 300) {
      this.#answer = firstLine(outcome.body, credentials.confidential);
      return;
    }
    const fields = {
      endpoint,
      pod: `${namespace}/${name}`,
      version: resourceVersion,
      attempt,
      milliseconds: Math.round(duration),
    };
    const correlationId = readCorrelationId(outcome.body);
    if (correlationId === undefined) log.debug("Delivered", fields);
    else log.info("Delivered", { ...fields, "correlation_id": correlationId });
  }

  /** What was decided, and what the endpoint was before and is after it. */
  decision(
    decision: Decision,
    message: Message,
    before: EndpointState,
    after: EndpointState,
  ): void {
    if (decision.kind === "dead letter") this.#deadLetter(message, decision.failures.dead, decision.why);
    if ("why" in decision) this.#failure(decision, message, before, after);
    if (!isFailing(after) && this.#failingSince !== undefined) this.#recovered();
  }

  #deadLetter({ namespace, name }: Message, times: number, why: string): void {
    const { endpoint, log } = this.deps;
    const text =
      `Endpoint ${endpoint} does not take ${namespace}/${name}: ${why}. The message is a dead letter ` +
      "now, tried again later; the others go on.";
    // The retries that follow say nothing new.
    if (times === 1) log.warn(text, this.fields());
    else log.debug(text, { ...this.fields(), times });
  }

  #failure(
    decision: Extract<Decision, { why: string }>,
    { namespace, name, failures }: Message,
    before: EndpointState,
    after: EndpointState,
  ): void {
    const { endpoint, clock, log } = this.deps;
    const { why, failures: { tries, strikes, dead } } = decision;
    if (after.circuit.kind === "disabled" && before.circuit.kind !== "disabled") {
      this.#isSaid = true;
      this.#failingSince ??= clock.monotonic();
      return log.error(
        `Endpoint ${endpoint} answered 410 Gone: nothing more is sent to it until k8svent resume ${endpoint}, SIGUSR1 or a restart.`,
        this.fields(),
      );
    }
    if (isFailing(after) && this.#failingSince === undefined) this.#failingSince = clock.monotonic();
    const isAgain = after.circuit.kind === "open" && after.circuit.openings > 1;
    if (isFailing(after) && !this.#isSaid && (isAgain || clock.monotonic() >= this.#quietUntil)) {
      this.#isSaid = true;
      return log.warn(
        `Endpoint ${endpoint} fails: ${why}. Pending messages are kept and retried.`,
        this.fields(),
      );
    }
    log.debug(`Endpoint ${endpoint} did not accept ${namespace}/${name}: ${why}`, {
      ...this.fields(),
      attempt: tries,
    });
    // Where it is the only one that is pending, no other message ever shows whose fault it is.
    const isUnclear = strikes <= 1 && dead === 0 && !isFailing(after);
    if (!isUnclear || failures.tries >= SAID_AT || tries < SAID_AT) return;
    log.warn(
      `Endpoint ${endpoint} did not accept ${namespace}/${name} in ${tries} attempts: ${why}. The message waits and is ` +
        "tried again.",
      this.fields(),
    );
  }

  protected fields(): LogFields {
    return { endpoint: this.deps.endpoint, answer: this.#answer };
  }

  #recovered(): void {
    const { endpoint, clock, pending, log } = this.deps;
    const now = clock.monotonic();
    const time = duration(now - (this.#failingSince ?? now));
    this.#failingSince = undefined;
    if (!this.#isSaid) return;
    this.#isSaid = false;
    this.#quietUntil = now + QUIET;
    const waiting = pending.counts(endpoint).pending;
    const wait = `${counted(waiting, "message")} ${waiting === 1 ? "waits" : "wait"}`;
    log.info(`Endpoint ${endpoint} works again after ${time}; ${wait} for it.`, { endpoint });
  }
}

/** How the ancestor's receiver names what it made of a message. Receivers answer with anything: only this is looked at. */
function readCorrelationId(body: string): string | undefined {
  if (!body.trimStart().startsWith("{")) return undefined;
  try {
    const { correlation_id: id } = JSON.parse(body) as { correlation_id?: unknown };
    return typeof id === "string" ? id.slice(0, 200) : undefined;
  } catch {
    return undefined;
  }
}
