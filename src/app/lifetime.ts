import type { Workers } from "../delivery/workers.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";

/*
 * How the program ends. First the sources, by `stop`: somebody asked for it, a part has failed, or a newer version is to be
 * pulled. Then the workers, in an orderly way (`drain`): what is pending is tried once more. What is under way after
 * `--shutdown-timeout`, or when a part has failed, is ended by `kill`.
 */

/** What ending needs. */
export interface LifetimeDeps {
  clock: Clock;
  log: Log;
  /** Somebody asked the program to end. */
  asked: AbortSignal;
  /** Milliseconds that the drain may take. */
  shutdownTimeout: number;
  /** With `--once`, retries are not waited for. */
  once: boolean;
}

/** The signals that end the parts of one run. */
export class Lifetime {
  readonly #deps: LifetimeDeps;
  readonly #kill = new AbortController();
  readonly #failed = new AbortController();
  readonly #leaving = new AbortController();
  /** Ends the sources. */
  readonly stop: AbortSignal;
  /** Ends the workers, and the requests under way. */
  readonly kill: AbortSignal = this.#kill.signal;
  /** When the drain began, by the monotonic clock. */
  #drainedFrom: number | undefined;

  constructor(deps: LifetimeDeps) {
    this.#deps = deps;
    this.stop = AbortSignal.any([deps.asked, this.#failed.signal, this.#leaving.signal]);
  }

  /** A part cannot go on. */
  fail(error: unknown): void {
    this.#failed.abort(error);
  }

  /** A newer version is to be pulled. */
  leave(): void {
    this.#leaving.abort();
  }

  /** Ends the workers in an orderly way. @throws the error of the part that failed, if one did */
  async drain(workers: Pick<Workers, "finish">): Promise<void> {
    const { clock, log, asked, shutdownTimeout, once } = this.#deps;
    this.#failed.signal.throwIfAborted();
    const how = once
      ? "what can be sent now is sent; retries are not waited for"
      : "pending messages are tried once more";
    log.info(`Stopping: ${how}.${asked.aborted ? " A second signal stops it at once." : ""}`);
    this.#drainedFrom = clock.monotonic();
    const cancel = clock.after(shutdownTimeout, () => this.#kill.abort());
    await workers.finish("drained");
    cancel();
    this.#failed.signal.throwIfAborted();
  }

  /** Milliseconds that are left of the time-out; all of it where nothing was drained. */
  get left(): number {
    const { clock, shutdownTimeout } = this.#deps;
    return Math.max(0, (this.#drainedFrom ?? clock.monotonic()) + shutdownTimeout - clock.monotonic());
  }

  /** Ends whatever is left, at once. */
  async end(workers: Pick<Workers, "finish">): Promise<void> {
    this.#failed.abort();
    this.#kill.abort();
    await workers.finish("drained");
  }
}
