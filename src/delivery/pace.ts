/**
 * So many requests a second at the most, as a bucket that holds one second's worth, and one at the least. It never says no,
 * only when: what waits stays pending, where a newer version of the pod takes the place of an older one.
 */
export class Pace {
  /** Milliseconds for each request. */
  readonly #interval: number;
  /** By how much requests may be ahead of one every interval. */
  readonly #ahead: number;
  /** When the next one would be due if they came one every interval. */
  #due = -Infinity;

  /** @param rate requests a second, above 0 */
  constructor(rate: number) {
    this.#interval = 1_000 / rate;
    this.#ahead = (Math.max(1, rate) - 1) * this.#interval;
  }

  /** The instant of the monotonic clock from which on a request may begin. */
  get readyAt(): number {
    return this.#due - this.#ahead;
  }

  /** One begins. One that cannot wait (a second request of the same attempt) is taken off what follows. */
  took(now: number): void {
    this.#due = Math.max(this.#due, now) + this.#interval;
  }
}
