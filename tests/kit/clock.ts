import type { Clock } from "../../src/runtime/clock.ts";

/** Timers that run at one instant until something is wrong: a loop that waits for nothing takes a whole core in the field. */
const MOST_AT_ONCE = 20_000;

/** A clock that stands still until a test moves it. */
export class TestClock implements Clock {
  #elapsed = 0;
  #start: number;
  #timers = new Set<{ at: number; run: () => void }>();

  readonly #settle: () => Promise<void>;

  /** @param settling lets promises that can go on do so; a test of many small steps gives a faster one */
  constructor(start = Date.parse("2026-01-01T00:00:00Z"), settling = settle) {
    this.#start = start;
    this.#settle = settling;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.#elapsed + milliseconds, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers wait: a test uses it to see that nothing was left behind. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Sets the wall clock forward or back without time passing, as an operator or NTP does. */
  jump(milliseconds: number): void {
    this.#start += milliseconds;
  }

  /** Time passes and nothing happens, as while a process is frozen: timers that fell due are late. */
  freeze(milliseconds: number): void {
    this.#elapsed += milliseconds;
  }

  /** Lets time pass: runs each timer that falls due, in order, and the promises that follow from it. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#elapsed + milliseconds;
    let atOnce = 0;
    await this.#settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next);
      atOnce = next.at > this.#elapsed ? 0 : atOnce + 1;
      if (atOnce > MOST_AT_ONCE) {
        throw new Error(`Timers of no time are set over and over at ${this.#elapsed} ms.`);
      }
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.run();
      await this.#settle();
    }
    this.#elapsed = end;
  }

  #next(end: number): { at: number; run: () => void } | undefined {
    return [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** Lets promises that can go on do so: a macrotask comes after all microtasks. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}
