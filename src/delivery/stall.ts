/*
 * Whether a worker does nothing though it should: an attempt may begin and none does, or one that began does not end. Both
 * are faults of the program, which a restart mends. Whatever else keeps a worker (an open circuit, a pace, a pause, memory
 * that others use, a pod that is being read again) is a reason to wait, and no stall.
 *
 * It is asked now and then: what is ready and not taken at one look is taken by the next one, or something is wrong.
 */

/**
 * The longest that an attempt may take, in timeouts: two requests over connections that had ended, each once more with
 * another token, and the two tokens.
 */
const LONGEST_ATTEMPT = 6;

/** Deadlines that pass before it is a stall, and milliseconds that do, at the least: a busy machine is no stall. */
const DEADLINES = 2;
const LEAST = 30_000;

/** What is seen of a worker at one look. */
export interface Look {
  /** Whether an attempt may begin now. */
  mayBegin: boolean;
  inFlight: number;
  /** When something was last begun or ended; both instants by the monotonic clock. */
  movedAt: number;
  now: number;
  /** When the program last stood still as a whole: timers are late after that. */
  stoodStillUntil: number;
}

/** Of one worker. */
export class Stall {
  readonly #timeout: number;
  /** Since when each look found that an attempt might begin. */
  #mayBeginSince: number | undefined;

  /** @param timeout milliseconds that a request may take */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** For how many milliseconds it has done nothing that should have; undefined: it does what it should. */
  look({ mayBegin, inFlight, movedAt, now, stoodStillUntil }: Look): number | undefined {
    this.#mayBeginSince = mayBegin ? this.#mayBeginSince ?? now : undefined;
    const still = now - Math.max(movedAt, stoodStillUntil);
    if (inFlight > 0 && still > this.#after(LONGEST_ATTEMPT)) return still;
    const idle = now - Math.max(movedAt, stoodStillUntil, this.#mayBeginSince ?? Infinity);
    return idle > this.#after(1) ? idle : undefined;
  }

  #after(timeouts: number): number {
    return Math.max(DEADLINES * timeouts * this.#timeout, LEAST);
  }
}
