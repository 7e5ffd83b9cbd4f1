import type { Clock } from "./clock.ts";

const MINUTE = 60_000;
const MINUTES = 60;

/** What happened in each of the last 60 minutes, of the wall clock; it takes as much memory after a year as after an hour. */
export class LastHour<T> {
  readonly #clock: Pick<Clock, "now">;
  readonly #empty: () => T;
  /** By the minute's number since the epoch, modulo 60. */
  readonly #minutes: ({ number: number; value: T } | undefined)[] = [];

  /** @param empty what a minute has in which nothing happened */
  constructor(clock: Pick<Clock, "now">, empty: () => T) {
    this.#clock = clock;
    this.#empty = empty;
  }

  /** Of the current minute, to be changed in place. */
  get current(): T {
    const number = this.#number();
    const known = this.#minutes[number % MINUTES];
    if (known?.number === number) return known.value;
    const value = this.#empty();
    this.#minutes[number % MINUTES] = { number, value };
    return value;
  }

  /** 60 minutes, the oldest first, the current one last. `at`: when it began, in milliseconds since the Unix epoch. */
  read(): { at: number; value: T }[] {
    const last = this.#number();
    return Array.from({ length: MINUTES }, (_, index) => {
      const number = last - (MINUTES - 1) + index;
      const known = this.#minutes[number % MINUTES];
      return { at: number * MINUTE, value: known?.number === number ? known.value : this.#empty() };
    });
  }

  #number(): number {
    return Math.floor(this.#clock.now() / MINUTE);
  }
}
