import type { Fault, Outcome } from "../http/outcome.ts";
import { Histogram } from "../runtime/histogram.ts";
import type { Message } from "../store/store.ts";
import type { Decision } from "./decision.ts";

/*
 * What an endpoint's deliveries come to, as plain numbers that only ever grow: to count is one addition, whether anybody
 * looks or not. It outlives a worker, which a change of the configuration replaces.
 */

/** Kinds of outcomes of an attempt: few enough to have a series each for every endpoint. */
export const OUTCOME_CLASSES = [
  "accepted",
  "http_3xx",
  "http_4xx",
  "http_5xx",
  "rate_limited",
  "gone",
  "dns",
  "connect",
  "tls",
  "proxy",
  "timeout",
  "closed",
  "malformed",
  "blocked",
  "credentials",
] as const;

/** One of them. */
export type OutcomeClass = typeof OUTCOME_CLASSES[number];

/** Seconds: a good receiver answers in a tenth; an outage lasts minutes or hours. */
const DURATIONS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const LAGS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600];

/** See above. */
export interface Tally {
  readonly attempts: Record<OutcomeClass, number>;
  /** Seconds that attempts took. */
  readonly durations: Histogram;
  /** Seconds from when a change was recorded until its message was accepted. */
  readonly lags: Histogram;
  /** Messages that were accepted; that became dead letters. */
  delivered: number;
  deadLetters: number;
  /** Older versions that accepted messages stood for, too. */
  coalesced: number;
  /** Accepted messages whose bodies were trimmed for want of room. */
  trimmed: number;
  /** Bytes of bodies that were sent, repeated ones included. */
  bytes: number;
}

/** One that has counted nothing. */
export function newTally(): Tally {
  return {
    attempts: Object.fromEntries(OUTCOME_CLASSES.map((one) => [one, 0])) as Record<OutcomeClass, number>,
    durations: new Histogram(DURATIONS),
    lags: new Histogram(LAGS),
    delivered: 0,
    deadLetters: 0,
    coalesced: 0,
    trimmed: 0,
    bytes: 0,
  };
}

/** An attempt that has ended. */
export interface EndedAttempt {
  /** From 1. */
  number: number;
  outcome: Outcome;
  decision: Exclude<Decision, { kind: "again" }>;
  /** By the monotonic clock. */
  ended: number;
  /** Milliseconds that its requests took together. */
  took: number;
}

/** Counts an attempt at a message. @param recordedAt when that was recorded, by the monotonic clock */
export function count(
  tally: Tally,
  { coalesced, completeness }: Pick<Message, "coalesced" | "completeness">,
  { outcome, decision, ended, took }: EndedAttempt,
  recordedAt: number,
): void {
  tally.attempts[classOf(outcome)]++;
  tally.durations.observe(took / 1_000);
  if (decision.kind === "dead letter" && decision.failures.dead === 1) tally.deadLetters++;
  if (decision.kind !== "delivered") return;
  tally.delivered++;
  tally.coalesced += coalesced;
  if (completeness === "trimmed") tally.trimmed++;
  tally.lags.observe((ended - recordedAt) / 1_000);
}

const OF_FAULT: Readonly<Record<Fault, OutcomeClass>> = {
  credentials: "credentials",
  name: "dns",
  refused: "connect",
  unreachable: "connect",
  blocked: "blocked",
  proxy: "proxy",
  certificate: "tls",
  tls: "tls",
  timeout: "timeout",
  closed: "closed",
  malformed: "malformed",
};

/** The kind that an outcome is of. An answer with a status that HTTP does not have is malformed. */
export function classOf(outcome: Outcome): OutcomeClass {
  if (outcome.kind === "failure") return OF_FAULT[outcome.fault];
  const { status } = outcome;
  if (status === 410) return "gone";
  if (status === 429) return "rate_limited";
  if (status >= 200 && status < 300) return "accepted";
  if (status >= 300 && status < 400) return "http_3xx";
  if (status >= 400 && status < 500) return "http_4xx";
  return status >= 500 && status < 600 ? "http_5xx" : "malformed";
}
