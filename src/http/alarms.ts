import type { Clock } from "../runtime/clock.ts";

/**
 * Many deadlines on one timer. Setting and clearing a timer for each request costs 3 µs, a tenth of the request; nearly
 * all deadlines are never reached, so here setting one is adding it to a set, and the timer runs on.
 */
export class Alarms {
  readonly #clock: Clock;
  readonly #set = new Set<Alarm>();
  #armedFor = Infinity;
  #isGranted = false;
  #disarm = (): void => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `ring` once at a monotonic instant. The returned function cancels it and may be called at any time. */
  at(due: number, ring: () => void): () => void {
    const alarm = { due, ring };
    this.#set.add(alarm);
    if (due < this.#armedFor) this.#arm(due);
    return () => this.#set.delete(alarm);
  }

  /** Forgets all. */
  close(): void {
    this.#set.clear();
    this.#armedFor = Infinity;
    this.#disarm();
  }

  #arm(due: number): void {
    this.#disarm();
    this.#armedFor = due;
    this.#disarm = this.#clock.after(Math.max(0, due - this.#clock.monotonic()), () => this.#fire());
  }

  #fire(): void {
    const now = this.#clock.monotonic();
    // The process stood still, and what came meanwhile waits to be read. What it lost is given back, once: else whoever
    // answered in time is blamed for it.
    const late = now - this.#armedFor;
    if (late > STALL && !this.#isGranted) {
      this.#isGranted = true;
      this.#disarm = this.#clock.after(Math.min(late, LONGEST_GRACE), () => this.#fire());
      return;
    }
    this.#isGranted = false;
    this.#armedFor = Infinity;
    let next = Infinity;
    for (const alarm of this.#set) {
      if (alarm.due > now) next = Math.min(next, alarm.due);
      else if (this.#set.delete(alarm)) alarm.ring();
    }
    if (next < this.#armedFor) this.#arm(next);
  }
}

/** Milliseconds by which a timer is late only where the whole process was. */
const STALL = 100;
const LONGEST_GRACE = 5_000;

interface Alarm {
  due: number;
  ring: () => void;
}
