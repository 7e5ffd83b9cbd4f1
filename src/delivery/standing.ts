import { Repetition } from "../runtime/repetition.ts";
import { counted, duration } from "../runtime/wording.ts";
import type { Decision } from "./decision.ts";
import { type EndpointState, isFailing } from "./endpoint_state.ts";
import type { WorkerDeps } from "./worker_deps.ts";

/*
 * How an endpoint stands, for people: that it takes what it is sent, said with the first message that it accepts; and
 * what it does not take, since when and why, said again at growing distances for as long as that lasts. `EndpointLog`
 * says each turn once, when it comes; after that an outage of days would be silence.
 *
 * Trouble begins with a failed attempt. It is over when something is accepted and the endpoint neither fails nor has
 * dead letters, or when nothing is pending any more.
 */

/** What it needs of the worker's world. */
type StandingDeps = Pick<WorkerDeps, "endpoint" | "pending" | "clock" | "log" | "isAnnounced">;

/** Since when an endpoint takes what it is sent, or does not. */
export interface Turn {
  /** Whether nothing was accepted since an attempt failed. */
  isRefusing: boolean;
  /** Whether that is the endpoint's fault for sure, and not that of the messages. */
  isFailing: boolean;
  /** Whether it answered 410, and nothing is sent to it any more. */
  isDisabled: boolean;
  /** Whether this process has seen it accept anything. */
  hasAccepted: boolean;
  /** By the monotonic clock, and by the wall clock. */
  began: number;
  since: number;
  /** Why the last attempt failed, a part of a sentence; empty: none has. */
  why: string;
}

/** The standing of one endpoint. */
export class Standing {
  readonly #deps: StandingDeps;
  #turn: Turn;
  /** `since`: by the wall clock. */
  #trouble: { began: number; since: number; repetition: Repetition } | undefined;

  constructor(deps: StandingDeps) {
    this.#deps = deps;
    const { clock } = deps;
    this.#turn = {
      isRefusing: false,
      isFailing: false,
      isDisabled: false,
      hasAccepted: false,
      began: clock.monotonic(),
      since: clock.now(),
      why: "",
    };
  }

  /** Whether it takes what it is sent, and since when it does or does not. */
  get turn(): Readonly<Turn> {
    return this.#turn;
  }

  /** What followed from an attempt, and what the endpoint is after it. */
  decided(decision: Decision, after: EndpointState): void {
    const { endpoint, clock, log, pending, isAnnounced } = this.#deps;
    const { hasAccepted } = this.#turn;
    this.#follow(decision, after);
    if ("why" in decision) {
      const began = clock.monotonic();
      this.#trouble ??= { began, since: clock.now(), repetition: new Repetition(began) };
    } else if (decision.kind === "delivered") {
      if (!isFailing(after) && pending.counts(endpoint).deadLetters === 0) this.#trouble = undefined;
      if (!hasAccepted && isAnnounced) {
        log.info(`Delivers to ${endpoint}.`, { endpoint });
      }
    }
  }

  #follow(decision: Decision, after: EndpointState): void {
    const { clock } = this.#deps;
    const turn = this.#turn;
    turn.isFailing = isFailing(after);
    const isRefusing = turn.isFailing || decision.kind !== "delivered";
    if (isRefusing !== turn.isRefusing) {
      Object.assign(turn, { isRefusing, began: clock.monotonic(), since: clock.now() });
    }
    turn.isDisabled = after.circuit.kind === "disabled";
    turn.hasAccepted ||= decision.kind === "delivered";
    if ("why" in decision) turn.why = decision.why;
  }

  /** Says what the endpoint does not take, if it is time to. Called about once a minute. */
  report(endpoint: EndpointState): void {
    const { endpoint: name, clock, log, pending } = this.#deps;
    const { pending: count, deadLetters } = pending.counts(name);
    if (count === 0) this.#trouble = undefined;
    if (this.#trouble === undefined) return;
    const { began, since, repetition } = this.#trouble;
    const now = clock.monotonic();
    if (!repetition.isDue(now)) return;
    const time = duration(now - began);
    const fields = { endpoint: name, pending: count, since: new Date(since).toISOString() };
    const isDisabled = endpoint.circuit.kind === "disabled";
    const [oldest] = pending.deadLetters(name, 1);
    if (isDisabled || isFailing(endpoint) || deadLetters === 0 || oldest === undefined) {
      const { why } = this.#turn;
      return log.warn(refusalInWords({ endpoint: name, time, isDisabled, why, pending: count }), fields);
    }
    const dead = deadLetters === 1
      ? `a message about ${oldest.pod} for ${time}: ${oldest.why}. It is a dead letter`
      : `${
        counted(deadLetters, "message")
      } for ${time}, such as one about ${oldest.pod}: ${oldest.why}. They are dead ` +
        "letters";
    log.warn(`Endpoint ${name} has not taken ${dead}, tried again later; the others go on.`, fields);
  }
}

/** That an endpoint takes nothing, for people. @param refusal `time`: for how long, as a person says it; `why`: a clause */
export function refusalInWords(
  { endpoint, time, isDisabled, why, pending }: {
    endpoint: string;
    time: string;
    isDisabled: boolean;
    why: string;
    pending: number;
  },
): string {
  const waiting = pendingInWords(pending);
  return isDisabled
    ? `Endpoint ${endpoint} answered 410 Gone ${time} ago: ${waiting}, and nothing is sent until k8svent resume ${endpoint}, SIGUSR1 or a restart.`
    : `Endpoint ${endpoint} has accepted nothing for ${time}: ${why}. ${waiting}.`;
}

/** What waits for an endpoint, a clause: "1 message is pending for it". */
export function pendingInWords(pending: number): string {
  return `${counted(pending, "message is", "messages are")} pending for it`;
}
