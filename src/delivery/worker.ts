import { type Backoff, backoffDelay } from "../runtime/backoff.ts";
import type { Message } from "../store/store.ts";
import { attempt, type AttemptDeps, type AttemptResult } from "./attempt.ts";
import { Conclusion, type ConclusionDeps } from "./conclusion.ts";
import { Pace } from "./pace.ts";

/**
 * Messages, the oldest that are due, of which one is picked at random as the probe: pods that an endpoint cannot
 * digest are often neighbours in the list, and the oldest would be one of them time after time.
 */
const PROBE_CANDIDATES = 50;

/** What one worker needs. */
export interface WorkerDeps extends AttemptDeps, ConclusionDeps {
  /** Runs several changes of the outbox as one. */
  transaction: (work: () => void) => void;
  /** Requests at a time, at the most. */
  concurrency: number;
  /** How many messages had to be given up that the endpoint was not told of yet, for `k8svent-lost`. */
  lost: () => number;
  /** What all workers together may hold in memory. */
  budget: Budget;
  /**
   * Reads the pod of a message anew, whose text was reduced to save room, and stores it as if the source had
   * brought it. Resolves to false where the pod cannot be had now: the message then waits.
   */
  reread: (message: Message) => Promise<boolean>;
}

/** An attempt that has ended. */
interface Ended {
  message: Message;
  result: AttemptResult;
  /** The pace's, as it was when the attempt began. */
  generation: number;
}

/** Bytes of what is being sent. */
export interface Budget {
  limit: number;
  used: number;
}

/** How long messages wait whose pods could not be read anew: a cluster that comes up is not to be overrun. */
const REREAD_BACKOFF: Backoff = { base: 1_000, cap: 60_000 };

/**
 * When a worker's work is done.
 *
 * - `never`: as long as the program runs.
 * - `settled`: when nothing is owed any more but what was set aside; retries are waited for (`--once`).
 * - `stopped`: as soon as nothing is in flight.
 * - `drained`: when what is due was tried once more; nothing is waited for (the program ends).
 */
export type Goal = "never" | "settled" | "drained" | "stopped";

/**
 * Delivers what is owed to one endpoint: of each namespace/name one message at a time and in order, of all
 * together as many at a time as the endpoint bears. Endpoints do not know of one another, so one that hangs
 * changes nothing for the rest.
 */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #pace: Pace;
  readonly #conclusion: Conclusion;
  readonly #inFlight = new Set<Promise<void>>();
  /** Attempts that have ended and from which no conclusion was drawn yet. */
  #ended: Ended[] = [];
  /** Whether a request that tells of losses is under way: another one that told of them would count them twice. */
  #isTellingLost = false;
  /** Messages whose pods were read anew and that are to be sent next. */
  readonly #reread = new Set<number>();
  /** Not before this instant is a pod read anew, after so many failures in a row. */
  #rereadAt = 0;
  #rereadFailures = 0;
  #goal: Goal = "never";
  /** Why it cannot go on: the store failed, or the program is wrong. */
  #fault: { error: unknown } | undefined;
  /** Ends the wait in `#rest`, if one is on. */
  #rouse: () => void = () => {};
  #roused = false;

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
    this.#pace = new Pace(deps.concurrency);
    this.#conclusion = new Conclusion(deps, this.#pace);
  }

  /** Something new is owed. Called at any time; cheap. */
  wake(): void {
    this.#roused = true;
    this.#rouse();
  }

  /** Whether the endpoint did not answer as it should the last time, or wants nothing more. */
  get isFailing(): boolean {
    return this.#pace.failures > 0 || this.#conclusion.ended;
  }

  /** Tries at once what waits, whatever the endpoint answered before. */
  retry(): void {
    this.#conclusion.reopen();
    this.#pace.open();
    this.wake();
  }

  /** Sets when `run` returns. To drain, an endpoint that backs off is tried once more, at once. */
  aim(goal: Goal): void {
    this.#goal = goal;
    if (goal === "drained") this.#pace.open();
    this.wake();
  }

  /**
   * Delivers until the goal is reached or the signal aborts, which also ends requests that are under way.
   *
   * @throws what the store threw, after the requests that were under way have ended.
   */
  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.wake();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted && this.#fault === undefined) {
        this.#roused = false;
        // One instant for all three: what became due between two looks at the clock would be neither sent nor
        // waited for.
        const now = this.#deps.clock.monotonic();
        this.#conclude();
        if (this.#goal !== "stopped") this.#start(now, signal);
        if (this.#inFlight.size === 0 && this.#isDone(now)) break;
        await this.#rest(now);
      }
    } finally {
      await Promise.all(this.#inFlight);
      signal.removeEventListener("abort", wake);
      if (this.#fault === undefined) this.#conclude();
    }
    if (this.#fault !== undefined) throw this.#fault.error;
  }

  #start(now: number, signal: AbortSignal): void {
    if (this.#conclusion.ended) return;
    const room = this.#pace.room(now, this.#inFlight.size);
    const { budget } = this.#deps;
    // One at a time is always let through: an endpoint must not starve because others use up the memory.
    if (room === 0 || (budget.used >= budget.limit && this.#inFlight.size > 0)) return;
    /** Asked for once a round, by the first message that is sent and not only read anew. */
    let lost: number | undefined;
    const toTell = (): number => this.#isTellingLost ? 0 : lost ??= this.#deps.lost();
    for (const message of this.#take(room, now)) {
      const task = this.#deliver(message, toTell, signal).catch((error: unknown) => {
        this.#fault ??= { error };
      }).finally(() => {
        this.#inFlight.delete(task);
        this.wake();
      });
      this.#inFlight.add(task);
    }
  }

  #take(room: number, now: number): Message[] {
    const { outbox, endpoint, random } = this.#deps;
    if (this.#pace.failures === 0) return outbox.take(endpoint, now, room);
    const candidates = outbox.take(endpoint, now, PROBE_CANDIDATES);
    // A probe about the pod that failed last would not tell whether the endpoint or that pod is at fault.
    const others = candidates.filter((message) => message.uid !== this.#conclusion.lastFailed);
    // Nor would one that failed before: what was tried least tells most.
    const least = Math.min(...others.map((message) => message.attempts));
    const fresh = others.filter((message) => message.attempts === least);
    const pool = fresh.length > 0 ? fresh : candidates;
    const probe = pool[Math.floor(random() * pool.length)];
    for (const other of candidates) if (other !== probe) outbox.release(other);
    return probe === undefined ? [] : [probe];
  }

  /** All that have ended since the last round, in one transaction: each costs a write to the disk. */
  #conclude(): void {
    const ended = this.#ended;
    if (ended.length === 0) return;
    this.#ended = [];
    const writes = ended.map(({ message, result, generation }) =>
      this.#conclusion.draw(message, result, generation)
    );
    this.#deps.transaction(() => writes.forEach((write) => write()));
    for (const { result } of ended) if (result.toldLost > 0) this.#isTellingLost = false;
  }

  /** @param toTell says how many lost messages the request is to tell of */
  async #deliver(message: Message, toTell: () => number, signal: AbortSignal): Promise<void> {
    // Once: what is reduced again at once, because it is so large, goes out reduced.
    if (message.completeness === "fetchable" && !this.#reread.delete(message.seq)) {
      return await this.#readAnew(message);
    }
    const { budget, outbox } = this.#deps;
    const generation = this.#pace.generation;
    const tells = toTell();
    if (tells > 0) this.#isTellingLost = true;
    budget.used += message.body.length;
    try {
      const result = await attempt(message, tells, this.#deps, signal);
      if (result === undefined) return outbox.release(message);
      this.#ended.push({ message, result, generation });
    } finally {
      budget.used -= message.body.length;
    }
  }

  /** Gives the message back first: what is read may be newer and then takes its place. */
  async #readAnew(message: Message): Promise<void> {
    const { outbox, clock, random, reread, transaction } = this.#deps;
    transaction(() => outbox.defer(message, Infinity));
    const found = clock.monotonic() >= this.#rereadAt && await reread(message);
    if (found) {
      this.#rereadFailures = 0;
      this.#reread.add(message.seq);
    } else if (clock.monotonic() >= this.#rereadAt) {
      this.#rereadAt = clock.monotonic() + backoffDelay(REREAD_BACKOFF, ++this.#rereadFailures, random());
    }
    // A newer version may be under way in its place by now: that one is not to be sent a second time.
    transaction(() => outbox.resume(message, found ? 0 : this.#rereadAt));
  }

  #isDone(now: number): boolean {
    if (this.#goal === "never") return false;
    if (this.#goal === "stopped") return true;
    const { outbox, endpoint } = this.#deps;
    if (this.#conclusion.ended) return true;
    if (this.#goal === "settled") return !outbox.isWaiting(endpoint);
    // Nothing is in flight, so a pace without room means that the endpoint backs off: it had its last try.
    return this.#pace.room(now, 0) === 0 || !outbox.hasDue(endpoint, now);
  }

  /** Waits until a request ends, something is owed, the backoff is over, or a message's time has come. */
  #rest(now: number): Promise<void> {
    if (this.#roused) return Promise.resolve();
    const { outbox, endpoint, clock } = this.#deps;
    const opens = this.#pace.opensAt;
    const next = this.#conclusion.ended ? undefined : now < opens ? opens : outbox.nextDue(endpoint, now);
    return new Promise((resolve) => {
      const cancel = next === undefined ? (): void => {} : clock.after(next - now, () => this.#rouse());
      this.#rouse = () => {
        cancel();
        this.#rouse = (): void => {};
        resolve();
      };
    });
  }
}
