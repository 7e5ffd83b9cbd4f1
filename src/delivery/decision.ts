import type { Outcome } from "../http/outcome.ts";
import type { PodRef } from "../pod/pod.ts";
import { type Backoff, backoffDelay } from "../runtime/backoff.ts";
import { parseRetryAfter } from "../runtime/retry_after.ts";
import type { Failures } from "../store/store.ts";
import { halved, raised, restarted } from "./concurrency.ts";
import {
  CONFIRMED,
  type EndpointState,
  isOnce,
  NONE,
  outlastsPatience,
  type Witness,
} from "./endpoint_state.ts";
import { whyNot } from "./refusal.ts";

/**
 * What follows from an attempt: for its message, and for the endpoint. Pure: the worker asks, and carries it out.
 *
 * An attempt fails either because of what was sent (a receiver that stumbles over one pod, a firewall that does not
 * like one body) or because of the endpoint (it is down, it wants another token). The status does not tell which:
 * the same 401, 404, 500 or reset comes of both. Evidence does.
 *
 * - **The message is at fault** when it fails again and again while attempts that *began after* its failure are
 *   accepted. Each such failure is a strike, and so is its first one. With enough strikes it is a dead letter: it
 *   waits 30 s, doubling to an hour, or for as long as nothing was accepted, and holds up nothing but its own namespace/name.
 * - **The endpoint is at fault** when several pods, of several namespaces as long as there are others to try, fail
 *   and nothing is accepted between them. Then its circuit opens.
 * - What failed **before** the receiver can have read anything (name, connect, TLS, proxy) is never the message's fault:
 *   no strike, and the circuit opens at once.
 *
 * How many strikes or pods are enough follows from the share of first attempts that fail anyway: so many that chance
 * alone does it in fewer than 1 of 10,000 cases. An endpoint that fails half of everything loses nothing that way.
 *
 * ```
 * closed ──enough pods failed, or one "before"──▶ open ──1 s … 60 s, or what it asks for──▶ half-open
 *    ▲                                             ▲                                          │  │
 *    │                                             └──enough probes failed, or one "before"───┘  │
 *    └──────────────────────────── one probe accepted ───────────────────────────────────────────┘
 * any ──410 for two pods, nothing accepted between──▶ disabled ──a restart, an operator──▶ open, until now
 * ```
 *
 * Half-open means one request at a time: the probe. It is about what is next, but from the second opening in a row on about
 * anything that is ready: what is next may be hundreds of neighbours that all fail. Opening begins a new generation;
 * outcomes of attempts that began in an older one neither close nor open it, since they tell of the time before.
 *
 * 429, and any failure with `Retry-After`, holds the message for that long. The endpoint is held only once a second pod
 * is answered so (a body alone must not stop an endpoint for an hour); until then, one other message goes after a
 * second and tells.
 *
 * **`--once`** waits 1, 2 and 4 s and then gives up, since a person waits for it: a message that was refused after each of
 * them, and the endpoint when nothing was accepted between its fourth opening and the first. Where a message that had
 * failed was accepted later, failures happen by chance, and a message gets more attempts; so does one that is asked to
 * wait. An endpoint that asks is no endpoint that fails: it is waited for as long as it asks, and the pods that it asked to
 * come back are sent before others, until it has asked for five minutes and accepted nothing.
 *
 * The constants are tested by `decision_simulation_test.ts`, which is the reason for each: run it after a change.
 */

/** An attempt that has ended. */
export interface Attempt {
  readonly message: PodRef & { readonly failures: Failures };
  /** The endpoint's start counter and generation when it began. */
  readonly start: number;
  readonly generation: number;
  /** Requests that it took: a second one where the first met a stale connection. */
  readonly requests: number;
  /** Whether a message of another namespace that was never tried could be sent now. Looked at only when it failed. */
  readonly othersUntried: boolean;
}

/** What becomes of the message. `why`: for people, a part of a sentence; never a path, a token or a secret. */
export type Decision =
  /** It is done. So many dead letters are tried now: it seems that the endpoint takes what it did not take before. */
  | { kind: "delivered"; release: number }
  /** Once more, at once, on a new connection: the kept one had ended before the receiver saw anything. */
  | { kind: "again" }
  /** It waits until `due`, alone. A dead letter that fails without new evidence stays one (`failures.dead`). */
  | { kind: "retry"; failures: Failures; due: number; why: string }
  /** The evidence is against it: for the first time where `failures.dead` is 1. With `retries`: for good, `due` never. */
  | { kind: "dead letter"; failures: Failures; due: number; why: string };

/** Both halves of the answer; what became of the circuit is seen in the endpoint's. */
export interface Decided {
  decision: Decision;
  endpoint: EndpointState;
}

/** Now, by both clocks (a `Retry-After` may be a date), and a number in [0, 1): many must not come back at once. */
export interface Moment {
  monotonic: number;
  wall: number;
  random: number;
}

// Waits: of a message while nobody knows whose fault it is, of the circuit, of a dead letter; of both with `--once`.
const RETRY: Backoff = { base: 1_000, cap: 60_000 };
const OPEN: Backoff = { base: 1_000, cap: 60_000 };
const DEAD_LETTER: Backoff = { base: 30_000, cap: 3_600_000 };
const ONCE: Backoff = { base: 1_000, cap: 4_000 };
// What chance alone may do, and the rates that are taken for possible: 0 is only one that was not seen yet.
const CHANCE = 1e-4;
const RATES = [0.04, 0.95] as const;
// The weight of one first attempt in the share that fails.
const WEIGHT = 1 / 32;
// Bounds on the strikes of a message and the pods of a circuit: one that was asked to wait needs the most.
const LEAST = 3;
const MOST_STRIKES = 12;
const MOST_WITNESSES = 40;
// Bounds on the failed probes that open the circuit again.
const PROBES = 3;
const MOST_PROBES = 20;
// For how long everything is held after one pod was asked to wait, and how often: poison must not do it all day.
const HOLD = 1_000;
const HOLD_EVERY = 60_000;

/** Whether the receiver took the message. */
export function isAccepted(outcome: Outcome): boolean {
  return outcome.kind === "answer" && outcome.status >= 200 && outcome.status < 300;
}

/** Decides. Called once for each end of an attempt; loses no message: each decision but `delivered` leaves it pending. */
export function decide(attempt: Attempt, endpoint: EndpointState, outcome: Outcome, now: Moment): Decided {
  if (isAccepted(outcome)) return accepted(attempt, endpoint, now.monotonic);
  if (outcome.kind === "failure" && outcome.stale && attempt.requests === 1) {
    return { decision: { kind: "again" }, endpoint };
  }
  if (outcome.kind === "failure" && outcome.when === "before") {
    return notSent(attempt, endpoint, outcome.message, now);
  }
  return refused(attempt, endpoint, outcome, now);
}

function accepted({ message, start, generation }: Attempt, endpoint: EndpointState, now: number): Decided {
  const { circuit } = endpoint;
  const { tries, strikes, dead } = message.failures;
  const failing = tries === 0 ? endpoint.failing * (1 - WEIGHT) : endpoint.failing;
  const closes = (circuit.kind === "open" || circuit.kind === "half-open") &&
    generation === endpoint.generation;
  const recovers = closes && circuit.openings > 0;
  return {
    // Each of them that is accepted brings two more: 1, 2, 4 … and back to none when one fails.
    decision: { kind: "delivered", release: isOnce(endpoint) ? 0 : dead > 0 ? 2 : recovers ? 1 : 0 },
    endpoint: {
      ...endpoint,
      concurrency: recovers ? restarted(endpoint.concurrency) : raised(endpoint.concurrency),
      circuit: closes ? { kind: "closed" } : circuit,
      lastAccepted: Math.max(endpoint.lastAccepted, start),
      acceptedAt: now,
      failing,
      usuallyFailing: failing,
      failed: NONE,
      gone: NONE,
      asked: NONE,
      asking: undefined,
      suspects: NONE,
      isFlaky: endpoint.isFlaky || strikes > 0,
    },
  };
}

/** Nothing of it can have been read: it waits for the circuit and for nothing else. */
function notSent(attempt: Attempt, endpoint: EndpointState, why: string, now: Moment): Decided {
  const { message: { failures }, requests } = attempt;
  const after = { ...endpoint, suspects: suspectsOf(attempt, endpoint) };
  return {
    decision: {
      kind: "retry",
      failures: { ...failures, tries: failures.tries + requests, why },
      due: now.monotonic,
      why,
    },
    endpoint: attempt.generation === endpoint.generation ? opened(after, now) : after,
  };
}

/** It may have been read, or there is an answer that is none of acceptance. */
function refused(attempt: Attempt, endpoint: EndpointState, outcome: Outcome, now: Moment): Decided {
  const why = whyNot(outcome, now.wall);
  const asked = askedFor(outcome, now.wall);
  const failing = attempt.message.failures.tries === 0
    ? endpoint.failing + WEIGHT * (1 - endpoint.failing)
    : endpoint.failing;
  const blame = isOnce(endpoint) ? blamedOnce : blamed;
  const decision = blame(attempt, { ...endpoint, failing }, why, asked, now);
  const after: EndpointState = {
    ...endpoint,
    concurrency: asksForLess(outcome)
      ? halved(endpoint.concurrency, attempt.start, endpoint.starts)
      : endpoint.concurrency,
    failing,
    suspects: suspectsOf(attempt, endpoint),
    // A pod that others were accepted after speaks against itself: it is no witness against the endpoint.
    failed: decision.failures.strikes <= 1 ? withWitness(endpoint.failed, attempt) : endpoint.failed,
    gone: isGone(outcome) ? withWitness(endpoint.gone, attempt) : endpoint.gone,
    asked: asked === undefined ? endpoint.asked : withWitness(endpoint.asked, attempt),
    asking: asked === undefined ? endpoint.asking : {
      since: endpoint.asking?.since ?? now.monotonic,
      times: (endpoint.asking?.times ?? 0) + 1,
    },
  };
  if (after.circuit.kind === "disabled" || after.gone.length >= CONFIRMED) {
    return { decision, endpoint: { ...after, circuit: { kind: "disabled" } } };
  }
  if (asked !== undefined) return { decision, endpoint: askedToWait(attempt, after, asked, now) };
  if (decision.kind === "dead letter") return { decision, endpoint: withoutProbe(attempt, after) };
  // Who waits for it does not wait for several probes that hang.
  const probes = isOnce(endpoint) && outcome.kind === "failure" && outcome.fault === "timeout"
    ? 1
    : undefined;
  return { decision, endpoint: failedAgain(attempt, after, now, probes) };
}

type Blamed = Extract<Decision, { failures: Failures }>;

/** Strikes, and what they come to. @param asked milliseconds to wait, as the answer asks; undefined: it does not */
function blamed(
  { message: { failures }, requests }: Attempt,
  endpoint: EndpointState,
  why: string,
  asked: number | undefined,
  { monotonic: now, random }: Moment,
): Blamed {
  const hasEvidence = endpoint.lastAccepted > failures.failedAt;
  const isStrike = hasEvidence || (failures.strikes === 0 && failures.dead === 0);
  const strikes = failures.strikes + (isStrike ? 1 : 0);
  const tries = failures.tries + requests;
  const enough = asked === undefined ? needed(endpoint.failing, LEAST, MOST_STRIKES) : MOST_STRIKES;
  // Once a dead letter, it stays one until it is accepted; but only evidence is held against it.
  const dead = failures.dead > 0
    ? failures.dead + (hasEvidence ? 1 : 0)
    : hasEvidence && strikes >= enough
    ? 1
    : 0;
  // Where nothing else is sent there is no evidence, and thousands of them would be tried each 30 s for ever.
  const quiet = Math.min(DEAD_LETTER.cap, now - (endpoint.acceptedAt ?? now)) * (1 + random) / 2;
  const delay = dead > 0
    ? Math.max(backoffDelay(DEAD_LETTER, dead, random), quiet)
    : backoffDelay(RETRY, tries, random);
  const after = { tries, strikes, failedAt: endpoint.starts, dead, why };
  const due = now + Math.max(delay, asked ?? 0);
  return { kind: dead > failures.dead ? "dead letter" : "retry", failures: after, due, why };
}

/**
 * The same for `--once`, where each refusal is a strike: nothing that comes later would tell more. But for those of an
 * endpoint that asks everybody to wait.
 */
function blamedOnce(
  { message: { failures }, requests }: Attempt,
  { starts, retries, isFlaky, asked: others }: EndpointState,
  why: string,
  asked: number | undefined,
  { monotonic: now }: Moment,
): Blamed {
  const tries = failures.tries + requests;
  const isStrike = asked === undefined || others.length < CONFIRMED || failures.strikes === 0;
  const strikes = failures.strikes + (isStrike ? 1 : 0);
  const isOver = strikes >= (asked !== undefined || isFlaky ? MOST_STRIKES : retries + 1);
  const after = { tries, strikes, failedAt: starts, dead: isOver ? 1 : 0, why };
  if (isOver) return { kind: "dead letter", failures: after, due: Infinity, why };
  const due = now + (asked || backoffDelay(ONCE, strikes, 1));
  return { kind: "retry", failures: after, due, why };
}

/** How many failures make it less likely than `CHANCE` that each was one of those that happen anyway. */
export function needed(rate: number, least: number, most: number): number {
  const likely = Math.min(RATES[1], Math.max(RATES[0], rate));
  return Math.min(most, Math.max(least, Math.ceil(Math.log(CHANCE) / Math.log(likely))));
}

/** Milliseconds that the answer asks to wait; undefined where it does not ask. 429 asks without saying for how long. */
function askedFor(outcome: Outcome, wall: number): number | undefined {
  if (outcome.kind !== "answer") return undefined;
  return parseRetryAfter(outcome.headers.get("retry-after") ?? null, wall) ??
    (outcome.status === 429 ? 0 : undefined);
}

function isGone(outcome: Outcome): boolean {
  return outcome.kind === "answer" && outcome.status === 410;
}

function asksForLess(outcome: Outcome): boolean {
  return outcome.kind === "answer"
    ? outcome.status === 429 || outcome.status === 503
    : outcome.fault === "timeout";
}

function suspectsOf(
  { message: { uid, namespace, name } }: Attempt,
  { suspects }: EndpointState,
): readonly PodRef[] {
  return [{ uid, namespace, name }, ...suspects.filter((other) => other.uid !== uid)].slice(0, PROBES);
}

/** Each pod once, each namespace once while others of other namespaces could speak for the endpoint. */
function withWitness(list: readonly Witness[], attempt: Attempt): readonly Witness[] {
  const { message: { uid, namespace }, othersUntried } = attempt;
  const standsFor = othersUntried ? `namespace ${namespace}` : uid;
  if (list.length >= MOST_WITNESSES) return list;
  if (list.some((witness) => witness.uid === uid || witness.standsFor === standsFor)) return list;
  return [...list, { uid, standsFor }];
}

/** @param probes that have to fail until the circuit opens again: as many as chance alone does not fail */
function failedAgain(
  attempt: Attempt,
  endpoint: EndpointState,
  now: Moment,
  probes = needed(endpoint.usuallyFailing, PROBES, MOST_PROBES),
): EndpointState {
  const { circuit, failed, usuallyFailing } = endpoint;
  if (attempt.generation !== endpoint.generation) return endpoint;
  if (circuit.kind === "half-open") {
    const failedProbes = circuit.failedProbes + 1;
    if (failedProbes >= probes) return opened(endpoint, now);
    return { ...endpoint, circuit: { ...circuit, failedProbes, isProbing: false } };
  }
  return failed.length >= needed(usuallyFailing, LEAST, MOST_WITNESSES) ? opened(endpoint, now) : endpoint;
}

/** The probe tells of its message alone: another one is to tell of the endpoint. */
function withoutProbe({ generation }: Attempt, endpoint: EndpointState): EndpointState {
  const { circuit } = endpoint;
  if (circuit.kind !== "half-open" || generation !== endpoint.generation) return endpoint;
  return { ...endpoint, circuit: { ...circuit, isProbing: false } };
}

function askedToWait(attempt: Attempt, endpoint: EndpointState, asked: number, now: Moment): EndpointState {
  const { circuit, generation } = endpoint;
  const isOld = attempt.generation !== generation;
  const isConfirmed = endpoint.asked.length >= CONFIRMED || outlastsPatience(endpoint, now.monotonic);
  if (isConfirmed) {
    if (!isOld || circuit.kind === "closed") return opened(endpoint, now, asked);
    // It was under way when the circuit opened: what it asks for counts, its failure does not.
    const openings = "openings" in circuit ? Math.max(1, circuit.openings) : 1;
    const until = Math.max(now.monotonic + asked, circuit.kind === "open" ? circuit.until : 0);
    return { ...endpoint, circuit: { kind: "open", openings, until } };
  }
  if (circuit.kind !== "closed" || isOld || now.monotonic - endpoint.heldAt < HOLD_EVERY) {
    return isOnce(endpoint) ? withoutProbe(attempt, endpoint) : failedAgain(attempt, endpoint, now);
  }
  return {
    ...endpoint,
    circuit: { kind: "open", openings: 0, until: now.monotonic + HOLD },
    generation: generation + 1,
    heldAt: now.monotonic,
  };
}

/** @param asked milliseconds at the least, as the answers ask; undefined: they do not */
function opened(endpoint: EndpointState, { monotonic, random }: Moment, asked?: number): EndpointState {
  const { circuit, asking } = endpoint;
  if (circuit.kind === "disabled") return endpoint;
  const before = circuit.kind === "closed" ? 0 : circuit.openings;
  // With `--once` openings are counted to give it up, and who asks to wait is not given up for that.
  const isAsking = isOnce(endpoint) && asked !== undefined;
  const openings = isAsking ? Math.max(1, before) : before + 1;
  const delay = isOnce(endpoint)
    ? asked || backoffDelay(ONCE, isAsking ? asking?.times ?? 1 : openings, 1)
    : Math.max(asked ?? 0, backoffDelay(OPEN, openings, random));
  const until = monotonic + delay;
  return { ...endpoint, circuit: { kind: "open", openings, until }, generation: endpoint.generation + 1 };
}
