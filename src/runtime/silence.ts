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
  #rests = false;
  #isArmed = true;

  constructor(clock: Clock, milliseconds: number, run: () => void) {
    this.#clock = clock;
    this.#milliseconds = milliseconds;
    this.#run = run;
    this.#heardAt = clock.monotonic();
    this.#cancel = clock.after(milliseconds, () => this.#look());
  }

  /** Something came, or something is waited for again. Cheap. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic();
    this.#rests = false;
    if (!this.#isArmed) this.#arm(this.#milliseconds);
  }

  /** Nothing is waited for, until `heard` is called. Cheap: the timer goes on. */
  rest(): void {
    this.#rests = true;
  }

  /** Nothing more is waited for. Called once, last. */
  end(): void {
    this.#cancel();
  }

  #arm(milliseconds: number): void {
    this.#isArmed = true;
    this.#cancel = this.#clock.after(milliseconds, () => this.#look());
  }

  #look(): void {
    this.#isArmed = false;
    if (this.#rests) return;
    const left = this.#heardAt + this.#milliseconds - this.#clock.monotonic();
    if (left <= 0) return this.#run();
    this.#arm(left);
  }
}
