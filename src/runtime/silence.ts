import type { Clock } from "./clock.ts";

/**
 * A deadline that each sign of life moves: `run` is called once nothing was heard for so many milliseconds. A
 * connection that died in silence would be waited for without end: `fetch` has no TCP keepalive. One timer for
 * all signs of life, because a list comes in some hundred pieces a page.
 */
export class Silence {
  readonly #clock: Clock;
  readonly #milliseconds: number;
  readonly #run: () => void;
  #heardAt: number;
  #cancel: () => void;

  constructor(clock: Clock, milliseconds: number, run: () => void) {
    this.#clock = clock;
    this.#milliseconds = milliseconds;
    this.#run = run;
    this.#heardAt = clock.monotonic();
    this.#cancel = clock.after(milliseconds, () => this.#look());
  }

  /** Something came. Cheap. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic();
  }

  /** Nothing more is waited for. Called once, last. */
  end(): void {
    this.#cancel();
  }

  #look(): void {
    const left = this.#heardAt + this.#milliseconds - this.#clock.monotonic();
    if (left <= 0) return this.#run();
    this.#cancel = this.#clock.after(left, () => this.#look());
  }
}
