import { backoffDelay, ENDPOINT_BACKOFF } from "../runtime/backoff.ts";

/** Requests at a time to an endpoint that nothing is known of yet. */
const START = 2;

/**
 * How much may be sent to one endpoint now: its backoff, its breaker and its concurrency in one. All instants
 * are of the monotonic clock, in milliseconds.
 *
 * - While it works, the number of requests at a time grows by one after as many successes in a row as there
 *   may be at a time, and is halved when the endpoint is overloaded (AIMD).
 * - When it fails, nothing is sent for a while; then one request, the probe, whose outcome decides.
 */
export class Pace {
  #limit: number;
  #successes = 0;
  #failures = 0;
  #closedUntil = 0;
  #generation = 0;

  /** @param most requests at a time, at the very most */
  constructor(readonly most: number) {
    this.#limit = Math.min(START, most);
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** When the endpoint may be tried again; an instant in the past while it works. */
  get opensAt(): number {
    return this.#closedUntil;
  }

  /**
   * Grows with each failure of the endpoint. An attempt remembers the number of its start: of several that were
   * under way when the endpoint failed, only the first counts.
   */
  get generation(): number {
    return this.#generation;
  }

  /** How many more requests may be started now. */
  room(now: number, inFlight: number): number {
    if (now < this.#closedUntil) return 0;
    return Math.max(0, (this.#failures > 0 ? 1 : this.#limit) - inFlight);
  }

  /** An attempt was accepted. One that began before the endpoint failed does not end the wait. */
  succeeded(generation: number): void {
    if (generation !== this.#generation) return;
    if (this.#failures > 0) this.#limit = Math.min(START, this.most);
    this.#failures = 0;
    this.#closedUntil = 0;
    if (++this.#successes < this.#limit) return;
    this.#successes = 0;
    this.#limit = Math.min(this.most, this.#limit + 1);
  }

  /** The endpoint cannot take so much at a time. */
  overloaded(): void {
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#successes = 0;
  }

  /** The endpoint failed: nothing more is sent for a while, at least as long as it asked for. */
  failed(generation: number, now: number, random: number, retryAfter = 0): void {
    this.#closedUntil = Math.max(this.#closedUntil, now + retryAfter);
    if (generation !== this.#generation) return;
    this.#generation++;
    this.#failures++;
    this.#closedUntil = Math.max(
      this.#closedUntil,
      now + backoffDelay(ENDPOINT_BACKOFF, this.#failures, random),
    );
  }

  /** Ends the backoff: the next request is the probe, now. */
  open(): void {
    this.#closedUntil = 0;
  }
}
