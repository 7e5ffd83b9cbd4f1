/** Time, as a parameter: tests move it by hand. All durations and instants are in milliseconds. */
export interface Clock {
  /** Milliseconds since the Unix epoch. May jump either way when a machine's clock is set. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. For durations and deadlines. */
  monotonic(): number;
  /** Calls `run` once after `milliseconds`. The returned function cancels it and may be called at any time. */
  after(milliseconds: number, run: () => void): () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(milliseconds, run): () => void {
    // A longer delay overflows the timer's 32 bits and would fire at once.
    const timer = setTimeout(run, Math.min(milliseconds, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `milliseconds`, or as soon as the signal aborts: the caller looks at the signal. */
export function sleep(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(milliseconds, done);
    signal.addEventListener("abort", done);
  });
}

/** Runs something again and again, `milliseconds` apart, until the signal aborts; not at all for 0. */
export async function every(
  clock: Clock,
  milliseconds: number,
  signal: AbortSignal,
  run: () => void,
): Promise<void> {
  while (milliseconds > 0 && !signal.aborted) {
    await sleep(clock, milliseconds, signal);
    if (!signal.aborted) run();
  }
}

/** Resolves when the signal aborts, at once if it has. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
