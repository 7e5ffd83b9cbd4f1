import type { Clock } from "../../src/runtime/clock.ts";

/** Milliseconds of one leap: too few to be taken for a standstill of the program. */
const STRIDE = 10_000;

/** Milliseconds of real time after each, for what really happens meanwhile: connections, answers. */
const BREATH = 4;

/**
 * The machine's clock, and a test may let hours pass: timers that fall due on the way run in their order. For a program
 * in the test's own process that talks to a real cluster.
 */
export class LeapingClock implements Clock {
  #ahead = 0;
  readonly #timers = new Set<{ at: number; run: () => void; cancel: () => void }>();

  now(): number {
    return Date.now() + this.#ahead;
  }

  monotonic(): number {
    return performance.now() + this.#ahead;
  }

  after(milliseconds: number, run: () => void): () => void {
    const ring = (): void => {
      timer.cancel();
      run();
    };
    const real = setTimeout(ring, milliseconds);
    const timer = {
      at: this.monotonic() + milliseconds,
      run: ring,
      cancel: (): void => {
        clearTimeout(real);
        this.#timers.delete(timer);
      },
    };
    this.#timers.add(timer);
    return timer.cancel;
  }

  /** Lets time pass. @param meanwhile called after each stride */
  async leap(milliseconds: number, meanwhile: () => void | Promise<void> = () => {}): Promise<void> {
    for (let left = milliseconds; left > 0; left -= STRIDE) {
      this.#ahead += Math.min(STRIDE, left);
      for (let due = this.#due(); due !== undefined; due = this.#due()) due.run();
      await new Promise((resolve) => setTimeout(resolve, BREATH));
      await meanwhile();
    }
  }

  #due(): { run: () => void } | undefined {
    const now = this.monotonic();
    return [...this.#timers].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)[0];
  }
}
