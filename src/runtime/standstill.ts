import { type Clock, every } from "./clock.ts";

/** How often it looks, in milliseconds. Coarse: each look wakes the processor, also where nothing else happens. */
const TICK = 10_000;

/** A look that is so many milliseconds late shows a standstill: no load delays a timer for as long. */
const LATE = 5_000;

/**
 * Notices that time went on and the program did not: it was frozen (SIGSTOP, a cgroup's freezer, a debugger), its
 * virtual machine was paused, or the machine was asleep. Nothing else tells: afterwards connections look alive, and
 * what was buffered for them comes at once.
 *
 * A timer that sees its own lateness, by both clocks: the monotonic one may rest while a machine sleeps (CLOCK_MONOTONIC
 * on Linux), and the wall clock may be set, which looks the same. A standstill of `TICK + LATE` is always seen, one
 * below `LATE` never.
 */
export class Standstill {
  readonly #clock: Clock;
  #seen: { monotonic: number; wall: number };
  #endedAt = -Infinity;
  #tickedAt: number;
  #late = 0;

  /** Looks until the signal aborts. */
  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#seen = { monotonic: clock.monotonic(), wall: clock.now() };
    this.#tickedAt = clock.monotonic();
    void every(clock, TICK, signal, () => this.#tick());
  }

  /** When the last one was seen to be over, on the monotonic clock; -Infinity: there was none. */
  get endedAt(): number {
    // The timer may be later still than whoever asks.
    this.#look();
    return this.#endedAt;
  }

  /** Milliseconds that the last look came late: what a timer waits for beyond its time while others have the processor. */
  get late(): number {
    return this.#late;
  }

  #tick(): void {
    const now = this.#clock.monotonic();
    this.#late = Math.max(0, now - this.#tickedAt - TICK);
    this.#tickedAt = now;
    this.#look();
  }

  #look(): void {
    const now = { monotonic: this.#clock.monotonic(), wall: this.#clock.now() };
    const passed = Math.max(now.monotonic - this.#seen.monotonic, now.wall - this.#seen.wall);
    if (passed >= TICK + LATE) this.#endedAt = now.monotonic;
    this.#seen = now;
  }
}
