import type { Outcome } from "../http/outcome.ts";
import type { Message } from "../store/store.ts";
import { send } from "./attempt.ts";
import { decide, type Decision, isAccepted } from "./decision.ts";
import {
  begin,
  type EndpointState,
  type GivenUp,
  invited,
  isFailing,
  isSearching,
  newEndpoint,
  PATIENCE,
  RETRIES_ONCE,
  room,
  tryNow,
  whyGivenUp,
} from "./endpoint_state.ts";
import { EndpointLog } from "./endpoint_log.ts";
import { Pace } from "./pace.ts";
import { Rereading } from "./rereading.ts";
import type { SnapshotLog } from "./snapshot.ts";
import { Stall } from "./stall.ts";
import { Standing } from "./standing.ts";
import { count } from "./tally.ts";
import type { Goal, WorkerDeps } from "./worker_deps.ts";

/**
 * Delivers what is pending for one endpoint. Endpoints do not know of one another, so one that hangs changes nothing
 * for the rest.
 *
 * Nothing here looks for work: it is woken when the store has something ready, when an attempt has ended, and when the
 * one timer says that a retry is due or an open circuit's time is up. Each time it takes as many messages as there is
 * room for, and gives each its attempt:
 *
 * ```
 * take ─▶ (its body was given up: read it again) ─▶ credentials ─▶ render, sign ─▶ send ─▶ decide ─▶ carry out
 * ```
 *
 * The store sees to the order (one message a namespace/name at a time) and `decision.ts` to what an outcome means. A
 * message that is under way when the signal aborts goes back to the store as if it had never been taken.
 */

/** How many messages are put off in one go while none of their pods can be read again. */
const PUT_OFF = 100;

/** How long the store may need until what follows an acknowledgement is ready: a slow disk's sync; milliseconds. */
const DURABLE_WITHIN = 500;

/** The worker of one endpoint. */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #log: EndpointLog;
  /** The same, with `--once`. */
  readonly #snapshot: SnapshotLog | undefined;
  /** How the endpoint stands, for people. */
  readonly standing: Standing;
  readonly #stall: Stall;
  /** When a message was last taken, or an attempt ended. */
  #movedAt: number;
  readonly #pace: Pace | undefined;
  readonly #rereading: Rereading;
  #state: EndpointState;
  #goal: Goal = "never";
  #inFlight = 0;
  #isGivenUp = false;
  /** Whether a request that tells of lost messages is under way: another one would make them count twice. */
  #isAnnouncing = false;
  /** Until then, something may become ready that waits for the disk. */
  #durableBy = -Infinity;
  /** Whether the last look was cut short. */
  #hasMore = false;
  #isPumping = false;
  #timer: { at: number; cancel: () => void } | undefined;
  #signal: AbortSignal = new AbortController().signal;
  /** Why it cannot go on: the store failed, or the program is wrong. */
  #fault: { error: unknown } | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #hasEnded = false;

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
    this.#snapshot = deps.snapshot?.of(deps);
    this.#state = newEndpoint(deps.concurrency, this.#snapshot === undefined ? undefined : RETRIES_ONCE);
    this.#log = this.#snapshot ?? new EndpointLog(deps);
    this.standing = new Standing(deps);
    this.#stall = new Stall(deps.timeout);
    this.#movedAt = deps.clock.monotonic();
    this.#pace = deps.rate === undefined ? undefined : new Pace(deps.rate);
    this.#rereading = new Rereading(deps, (fault) => {
      this.#fault ??= fault;
      this.wake();
    });
  }

  /** Something new is ready. Called at any time; cheap. */
  wake(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    // What comes together is looked at once, and never from within a call of the store.
    queueMicrotask(() => {
      this.#isPumping = false;
      this.#pump();
    });
  }

  /** What is known of the endpoint now. */
  get state(): EndpointState {
    return this.#state;
  }

  /** Whether the endpoint does not take what it is sent, or gets nothing more. */
  get isFailing(): boolean {
    return this.#isGivenUp || isFailing(this.#state);
  }

  /** Says what the endpoint does not take, if it is time to. Called about once a minute. */
  report(): void {
    this.standing.report(this.#state);
  }

  /**
   * For how many milliseconds it has done nothing though it should; undefined: it does what it should. Asked now and then.
   *
   * @param stoodStillUntil when the program last stood still as a whole
   */
  stalled(stoodStillUntil: number): number | undefined {
    const { pending, endpoint, clock } = this.#deps;
    const now = clock.monotonic();
    const isOver = this.#hasEnded || this.#isGivenUp || this.#signal.aborted || this.#goal === "stopped";
    const mayBegin = !isOver && this.#hasRoom(now) && pending.hasReady(endpoint, now);
    return this.#stall.look({
      mayBegin,
      inFlight: this.#inFlight,
      movedAt: this.#movedAt,
      now,
      stoodStillUntil,
    });
  }

  /** Tries at once what waits, dead letters too, whatever the endpoint answered before. */
  retry(): void {
    this.#deps.pending.retryDeadLetters(this.#deps.endpoint);
    this.tryNow();
  }

  /** The same without dead letters that wait for their own time. */
  tryNow(): void {
    this.#deps.pending.retryWaiting(this.#deps.endpoint);
    this.#state = tryNow(this.#state, true);
    this.wake();
  }

  /** Sets when `run` returns. To drain, an endpoint that backs off is tried once more, at once. */
  aim(goal: Goal): void {
    this.#goal = goal;
    if (goal === "drained") {
      this.#state = tryNow(this.#state, false);
      this.#durableBy = this.#deps.clock.monotonic() + DURABLE_WITHIN;
    }
    this.wake();
  }

  /**
   * Delivers until the goal is reached or the signal aborts, which also ends requests that are under way. Called once.
   *
   * @throws what the store threw, after the requests that were under way have ended.
   */
  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.wake();
    this.#signal = signal;
    signal.addEventListener("abort", wake);
    this.wake();
    await this.#ended.promise;
    signal.removeEventListener("abort", wake);
    if (this.#fault !== undefined) throw this.#fault.error;
  }

  #pump(): void {
    if (this.#hasEnded) return;
    if (this.#goal === "stopped") this.#deps.handOver();
    // One instant for all: what became due between two looks at the clock would be neither sent nor waited for.
    const now = this.#deps.clock.monotonic();
    const ends = this.#signal.aborted || this.#fault !== undefined;
    try {
      if (!ends && this.#goal !== "stopped" && !this.#isGivenUp) this.#start(now);
      const isIdle = this.#inFlight === 0 && this.#rereading.isIdle;
      if (isIdle && (ends || this.#isDone(now))) {
        this.#hasEnded = true;
        this.#arm(undefined, now);
        return this.#ended.resolve();
      }
      this.#arm(ends ? undefined : this.#nextAt(now), now);
    } catch (error) {
      this.#fail(error);
    }
  }

  #start(now: number): void {
    const { pending, endpoint, random } = this.#deps;
    this.#hasMore = false;
    for (let putOff = 0; this.#hasRoom(now);) {
      const { circuit, suspects } = this.#state;
      const message = circuit.kind === "closed" ? pending.take(endpoint, now) : pending.probe(endpoint, now, {
        random: random(),
        last: suspects,
        first: invited(this.#state),
        isAnywhere: isSearching(this.#state),
      });
      if (message === undefined) return;
      this.#movedAt = now;
      if (message.completeness !== "fetchable" || this.#rereading.wasRead(message)) {
        this.#pace?.took(now);
        this.#attempt(message).catch((error: unknown) => this.#fail(error));
        continue;
      }
      this.#rereading.start(message, now);
      this.#hasMore = ++putOff >= PUT_OFF;
      if (this.#hasMore) return;
    }
  }

  /** Whether an operator wants nothing more to begin. */
  get #isPaused(): boolean {
    return this.#deps.pending.isPaused(this.#deps.endpoint);
  }

  #hasRoom(now: number): boolean {
    return !this.#isPaused && (this.#pace?.readyAt ?? now) <= now && !this.#isFull(now);
  }

  /** Whether nothing more may begin before something that is under way has ended, which wakes the worker. */
  #isFull(now: number): boolean {
    const { budget } = this.#deps;
    if (!this.#rereading.hasRoom) return true;
    // One at a time is always let through: an endpoint must not starve because others use up the memory.
    if (budget.used >= budget.limit && this.#inFlight > 0) return true;
    return room(this.#state, now, this.#inFlight) === 0;
  }

  /** All requests of one attempt: two where the first met a connection that had ended. */
  async #attempt(message: Message): Promise<void> {
    const { pending, ages, endpoint, credentials, clock, budget, random, tally, spans, history } = this.#deps;
    this.#state = begin(this.#state);
    const { starts: start, generation } = this.#state;
    const lost = this.#isAnnouncing ? 0 : pending.lost(endpoint).messages;
    if (lost > 0) this.#isAnnouncing = true;
    this.#inFlight++;
    budget.used += message.body.length;
    try {
      const began = clock.monotonic();
      const recordedAt = ages.recordedAt(message);
      const traceparent = spans?.begin(message, recordedAt);
      for (let requests = 1;; requests++) {
        const tries = message.failures.tries + requests;
        const again = (): void => this.#pace?.took(clock.monotonic());
        const outcome = await send(
          { message, attempt: tries, lost, traceparent },
          this.#deps,
          again,
          this.#signal,
        );
        if (outcome === undefined) return pending.release(message);
        const now = { monotonic: clock.monotonic(), wall: clock.now(), random: random() };
        const othersUntried = !isAccepted(outcome) &&
          pending.hasUntried(endpoint, now.monotonic, message.namespace);
        const attempt = { message, start, generation, requests, othersUntried };
        const before = this.#state;
        const { decision, endpoint: after } = decide(attempt, before, outcome, now);
        this.#state = after;
        if (decision.kind === "again") {
          this.#pace?.took(now.monotonic);
          continue;
        }
        const took = now.monotonic - began;
        const attempted = { number: tries, outcome, decision, ended: now.monotonic, took };
        count(tally, message, attempted, recordedAt);
        spans?.attempted(message, attempted);
        history?.attempted(message, attempted, recordedAt, credentials.confidential);
        this.#log.attempt(message, tries, outcome, took);
        this.#carryOut(decision, message, lost, now.monotonic);
        this.#log.decision(decision, message, before, after);
        this.standing.decided(decision, after);
        this.#giveUp(whyGivenUp(after));
        if (decision.kind === "delivered") this.#heed(outcome);
        return;
      }
    } finally {
      budget.used -= message.body.length;
      this.#inFlight--;
      this.#movedAt = this.#deps.clock.monotonic();
      if (lost > 0) this.#isAnnouncing = false;
      this.wake();
    }
  }

  #carryOut(
    decision: Exclude<Decision, { kind: "again" }>,
    message: Message,
    lost: number,
    now: number,
  ): void {
    const { pending, endpoint } = this.#deps;
    if (decision.kind === "delivered") {
      pending.acknowledged(message, lost);
      this.#rereading.forget(message);
      this.#durableBy = now + DURABLE_WITHIN;
      if (decision.release > 0) pending.retryDeadLetters(endpoint, decision.release);
      return;
    }
    pending.failed(message, decision.failures, decision.due);
  }

  /** What an answer says beside its status. */
  #heed(outcome: Outcome): void {
    if (outcome.kind !== "answer" || outcome.headers.get("k8svent-request") !== "inventory") return;
    this.#deps.onRequest(this.#deps.endpoint);
  }

  #isDone(now: number): boolean {
    if (this.#goal === "never") return false;
    if (this.#goal === "stopped" || this.#isGivenUp || this.#isPaused) return true;
    if (this.#state.circuit.kind === "disabled") return true;
    const { pending, endpoint } = this.#deps;
    const counts = pending.counts(endpoint);
    if (this.#goal === "settled") {
      if (counts.pending === counts.deadLetters) return true;
      const until = this.#nextAt(now) ?? now;
      const since = Math.max(this.#state.asking?.since ?? now, this.#pace?.readyAt ?? -Infinity);
      const isOver = this.#snapshot !== undefined && until - since > PATIENCE;
      if (isOver) this.#giveUp({ kind: "asks to wait", until });
      return isOver;
    }
    // Nothing is in flight, so a circuit without room is open: the endpoint had its last try.
    if (room(this.#state, now, 0) === 0) return true;
    return !pending.hasReady(endpoint, now) && (counts.pending === 0 || now >= this.#durableBy);
  }

  /** When there is something to do that nobody wakes it for; undefined: never, or not before an attempt has ended. */
  #nextAt(now: number): number | undefined {
    const { pending, endpoint } = this.#deps;
    const { circuit } = this.#state;
    if (circuit.kind === "disabled" || this.#isGivenUp || this.#isPaused) return undefined;
    if (this.#goal === "stopped") return undefined;
    // Others get their turn in between.
    if (this.#hasMore) return now + 1;
    const due = pending.nextDue(endpoint);
    if (circuit.kind === "open" && circuit.until > now) {
      if (pending.hasReady(endpoint, now)) return circuit.until;
      return due === undefined ? undefined : Math.max(due, circuit.until);
    }
    if (this.#goal === "drained" && this.#inFlight === 0 && now < this.#durableBy) return this.#durableBy;
    // A message may have been due for long by then.
    if (this.#isFull(now)) return undefined;
    const readyAt = this.#pace?.readyAt ?? now;
    const isPaced = readyAt > now && pending.hasReady(endpoint, now);
    return isPaced ? Math.min(readyAt, due ?? Infinity) : due;
  }

  #arm(at: number | undefined, now: number): void {
    if (this.#timer?.at === at) return;
    this.#timer?.cancel();
    this.#timer = at === undefined ? undefined : {
      at,
      cancel: this.#deps.clock.after(Math.max(0, at - now), () => {
        this.#timer = undefined;
        this.#pump();
      }),
    };
  }

  #giveUp(why: GivenUp | undefined): void {
    if (why === undefined || this.#isGivenUp) return;
    this.#isGivenUp = true;
    this.#snapshot?.givenUp(why);
  }

  #fail(error: unknown): void {
    this.#fault ??= { error };
    this.wake();
  }
}
