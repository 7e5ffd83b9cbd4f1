import type { PodRef } from "../pod/pod.ts";
import { type Concurrency, newConcurrency } from "./concurrency.ts";

/**
 * What is known of an endpoint while the program runs: its circuit, and the evidence so far. Plain data; `decision.ts`
 * makes the next one from an outcome, and says what each means.
 */

/** Of this process only. Instants are of the monotonic clock, in milliseconds. */
export interface EndpointState {
  readonly circuit: Circuit;
  /** Grows when the circuit opens. An attempt remembers that of its start. */
  readonly generation: number;
  /** Attempts begun so far: the start counter, from which each attempt has its number. */
  readonly starts: number;
  /** The greatest start of an attempt that was accepted; 0: none was. */
  readonly lastAccepted: number;
  /** When something was accepted last; undefined: nothing was. */
  readonly acceptedAt: number | undefined;
  /** Share of first attempts that fail, a moving average. Retries do not count: poison fails each time. */
  readonly failing: number;
  /** The same at the last acceptance: what follows may be an outage, which is no measure of chance. */
  readonly usuallyFailing: number;
  /** Who failed, was answered 410, was asked to wait, since something was accepted. */
  readonly failed: readonly Witness[];
  readonly gone: readonly Witness[];
  readonly asked: readonly Witness[];
  /** Since when, and how often, it asked to wait and accepted nothing; undefined: it did not. */
  readonly asking: { readonly since: number; readonly times: number } | undefined;
  /** Pods that failed last, at most three: a probe is about another one, if there is one. */
  readonly suspects: readonly PodRef[];
  /** After so many retries in a row a message, or the endpoint, is given up (`--once`); Infinity: never. */
  readonly retries: number;
  /** Whether a message was accepted that had been refused before. */
  readonly isFlaky: boolean;
  readonly concurrency: Concurrency;
  /** When everything was last held for a second because one pod was asked to wait. */
  readonly heldAt: number;
}

/** `openings`: how often it opened in a row; 0 where it is only held until another pod is asked. */
export type Circuit =
  | { kind: "closed" }
  | { kind: "open"; openings: number; until: number }
  | { kind: "half-open"; openings: number; failedProbes: number; isProbing: boolean }
  | { kind: "disabled" };

/** A pod that failed, and what it stands for: its namespace, if others could show the contrary, else itself. */
export interface Witness {
  readonly uid: string;
  readonly standsFor: string;
}

/** With `--once`, for `retries`: after 1, 2 and 4 s. */
export const RETRIES_ONCE = 3;

/** With `--once`, an endpoint that asks to wait and accepts nothing is waited for so long, in milliseconds. */
export const PATIENCE = 300_000;

/** Pods that must say so before an endpoint is disabled (410) or held for as long as it asks (429, Retry-After). */
export const CONFIRMED = 2;

/** No evidence. */
export const NONE: readonly never[] = [];

/**
 * An endpoint that nothing is known of.
 *
 * @param most requests at a time, at the very most
 * @param retries in a row, after which it or a message is given up
 */
export function newEndpoint(most: number, retries = Infinity): EndpointState {
  return {
    circuit: { kind: "closed" },
    generation: 0,
    starts: 0,
    lastAccepted: 0,
    acceptedAt: undefined,
    failing: 0,
    usuallyFailing: 0,
    failed: NONE,
    gone: NONE,
    asked: NONE,
    asking: undefined,
    suspects: NONE,
    retries,
    isFlaky: false,
    concurrency: newConcurrency(most),
    heldAt: -Infinity,
  };
}

/** How many more requests may begin now. */
export function room({ circuit, concurrency }: EndpointState, now: number, inFlight: number): number {
  if (circuit.kind === "closed") return Math.max(0, concurrency.limit - inFlight);
  if (circuit.kind === "open") return now >= circuit.until ? 1 : 0;
  return circuit.kind === "half-open" && !circuit.isProbing ? 1 : 0;
}

/** An attempt begins, for which there was room. The first one after an open circuit's time is up is a probe. */
export function begin(endpoint: EndpointState): EndpointState {
  const { circuit } = endpoint;
  const starts = endpoint.starts + 1;
  if (circuit.kind === "closed" || circuit.kind === "disabled") return { ...endpoint, starts };
  const failedProbes = circuit.kind === "open" ? 0 : circuit.failedProbes;
  return {
    ...endpoint,
    starts,
    circuit: { kind: "half-open", openings: circuit.openings, failedProbes, isProbing: true },
  };
}

/** Ends the wait of an open circuit. @param byOperator whether that also brings a disabled endpoint back */
export function tryNow(endpoint: EndpointState, byOperator: boolean): EndpointState {
  const { circuit } = endpoint;
  if (circuit.kind === "open") return { ...endpoint, circuit: { ...circuit, until: -Infinity } };
  if (circuit.kind !== "disabled" || !byOperator) return endpoint;
  return { ...endpoint, circuit: { kind: "open", openings: 1, until: -Infinity }, gone: NONE };
}

/** Whether the endpoint does not take what it is sent, as far as is known. */
export function isFailing({ circuit }: EndpointState): boolean {
  return circuit.kind === "disabled" || (circuit.kind !== "closed" && circuit.openings > 0);
}

/** Whether probes about what is next have failed, so that the next ones are about anything that is ready. */
export function isSearching({ circuit }: EndpointState): boolean {
  return "openings" in circuit && circuit.openings > 1;
}

/** Whether somebody waits for the end of it. */
export function isOnce({ retries }: EndpointState): boolean {
  return retries < Infinity;
}

/** Why an endpoint is given up (`--once`): nothing was accepted after each of its retries, or it asks to wait too long. */
export type GivenUp = { kind: "fails" } | { kind: "asks to wait"; until: number };

/** Undefined: it is not given up. */
export function whyGivenUp(endpoint: EndpointState): GivenUp | undefined {
  const { circuit, retries } = endpoint;
  if (circuit.kind !== "open") return undefined;
  if (circuit.openings > retries) return { kind: "fails" };
  const { until } = circuit;
  return outlastsPatience(endpoint, until) ? { kind: "asks to wait", until } : undefined;
}

/** Whether an endpoint that asked to wait has asked for longer than that, if nothing happens before `until`. */
export function outlastsPatience(endpoint: EndpointState, until: number): boolean {
  return isOnce(endpoint) && endpoint.asking !== undefined && until - endpoint.asking.since > PATIENCE;
}

/** Pods that were asked to come back, the first one first: a probe is about them (`--once`). */
export function invited(endpoint: EndpointState): readonly PodRef[] {
  const isAsking = isOnce(endpoint) && endpoint.asked.length >= CONFIRMED;
  return isAsking ? endpoint.suspects.toReversed() : NONE;
}
