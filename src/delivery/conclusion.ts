import { backoffDelay } from "../runtime/backoff.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { DeliveryLog, Failure, KnownEndpoints, LogEntry, Message, Outbox } from "../store/store.ts";
import type { AttemptResult } from "./attempt.ts";
import type { Pace } from "./pace.ts";
import { STRIKES, Suspicion } from "./suspicion.ts";
import type { Verdict } from "./verdict.ts";

/** How long a message that was set aside waits for its next try, in milliseconds. */
const ASIDE_BACKOFF = { base: 30_000, cap: 3_600_000 };

/** How long a message waits whose failure is nobody's fault yet. */
const UNCLEAR_BACKOFF = { base: 1_000, cap: 300_000 };

/** Failed attempts of one message after which people hear of it, though nobody knows yet whose fault it is. */
const SAID_AT = 3;

/** With patience that ends, no endpoint is waited for longer than this, in milliseconds, between two attempts. */
const LONGEST_PATIENCE = 30_000;

/** What a conclusion is drawn about, and what it may change. */
export interface ConclusionDeps {
  endpoint: string;
  outbox: Outbox;
  endpoints: KnownEndpoints;
  deliveries: DeliveryLog;
  clock: Clock;
  random: () => number;
  log: Log;
  /** Failed attempts in a row after which the endpoint is given up; undefined: never. */
  patience?: number | undefined;
  /** Called once each time that the endpoint asks for an inventory; says whether it gets one now. */
  onRequest: (endpoint: string) => boolean;
  /** Owes it the inventory. Called within a transaction, which may run twice. */
  tellInventory: (endpoint: string) => void;
}

/**
 * What follows from an attempt: for the message, for the pace of the endpoint, and for the people who read the
 * log. They hear once that an endpoint fails and once that it works again, never of each retry.
 */
export class Conclusion {
  readonly #deps: ConclusionDeps;
  readonly #pace: Pace;
  readonly #suspicion = new Suspicion();
  #ended = false;
  #lastFailed: string | undefined;
  #failedInARow = 0;
  #failingSince: number | undefined;

  constructor(deps: ConclusionDeps, pace: Pace) {
    this.#deps = deps;
    this.#pace = pace;
  }

  /** Whether nothing more is to be sent: the endpoint is gone, or given up. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Somebody asked for another try: an endpoint that was gone may be there again. */
  reopen(): void {
    this.#ended = false;
  }

  /** The pod whose message failed last, if the last attempt failed. */
  get lastFailed(): string | undefined {
    return this.#lastFailed;
  }

  /**
   * Draws the conclusion. Called once for each attempt; changes what is known of the endpoint, and not the store.
   *
   * @param generation the pace's, as it was when the attempt began
   * @returns what writes it down: called within a transaction, and once more where that runs a second time, as
   *   it does when the disk fails in the middle of it
   */
  draw(message: Message, result: AttemptResult, generation: number): () => void {
    const entry = this.#describe(message, result);
    const write = result.verdict.kind === "accepted"
      ? this.#accepted(message, result, generation, entry)
      : this.#refused(message, result, generation);
    return () => {
      this.#deps.deliveries.record(entry);
      write();
    };
  }

  #describe(message: Message, { verdict, duration, requests }: AttemptResult): LogEntry {
    return {
      at: this.#deps.clock.now(),
      endpoint: this.#deps.endpoint,
      pod: `${message.namespace}/${message.name}`,
      event: message.event,
      version: message.resourceVersion,
      attempt: message.attempts + requests,
      outcome: verdict.why,
      milliseconds: Math.round(duration),
    };
  }

  #accepted(message: Message, result: AttemptResult, generation: number, entry: LogEntry): () => void {
    const { outbox, endpoint, endpoints, onRequest, tellInventory } = this.#deps;
    const getsInventory = result.wantsInventory && onRequest(endpoint);
    // Mended: what it rejected without looking need not wait out its time.
    const isMended = this.#suspicion.isRejectingAll();
    this.#pace.succeeded(generation);
    this.#suspicion.succeeded(message);
    this.#failedInARow = 0;
    this.#lastFailed = undefined;
    this.#sayDelivered(entry, result.correlationId);
    const failedSince = this.#pace.failures === 0 ? this.#failingSince : undefined;
    if (failedSince !== undefined) this.#failingSince = undefined;
    return () => {
      outbox.accepted(message);
      if (result.toldLost > 0) endpoints.toldLost(endpoint, result.toldLost);
      if (getsInventory) tellInventory(endpoint);
      if (isMended) outbox.retryAside(endpoint);
      if (failedSince !== undefined) this.#sayRecovered(failedSince);
    };
  }

  #sayDelivered(
    { endpoint, pod, version, attempt, milliseconds }: LogEntry,
    correlationId: string | undefined,
  ): void {
    const { log } = this.#deps;
    const fields = { endpoint, pod, version, attempt, milliseconds };
    if (correlationId === undefined) log.debug("Delivered", fields);
    else log.info("Delivered", { ...fields, "correlation_id": correlationId });
  }

  #refused(message: Message, result: AttemptResult, generation: number): () => void {
    const { verdict } = result;
    this.#failedInARow++;
    this.#lastFailed = message.uid;
    if (verdict.overloaded) this.#pace.overloaded();
    const failure = this.#judge(message, result, generation);
    this.#losePatience(verdict);
    return () => this.#deps.outbox.failed(message, failure);
  }

  #judge(message: Message, result: AttemptResult, generation: number): Failure {
    const { verdict, requests } = result;
    const attempts = message.attempts + requests;
    const strikes = verdict.kind === "unclear" ? this.#suspicion.failed(message) : message.strikes;
    if (verdict.kind === "message" || strikes >= STRIKES) {
      return this.#setAside(message, { attempts, strikes }, result, generation);
    }
    if (verdict.kind === "unclear") return this.#wait(message, { attempts, strikes }, result, generation);
    if (verdict.kind === "gone") {
      this.#end("answered 410 Gone: nothing more is sent to it until a restart, or SIGUSR1.");
    } else this.#endpointFailed(verdict.why, generation, verdict.retryAfter);
    return { attempts, strikes, due: 0 };
  }

  /** This message alone waits, and a newer version of its pod may take its place. */
  #setAside(
    message: Message,
    failure: { attempts: number; strikes: number },
    { verdict: { why, retryAfter } }: AttemptResult,
    generation: number,
  ): Failure {
    const { endpoint, clock, random, log } = this.#deps;
    const times = this.#suspicion.setAside(message);
    const due = clock.monotonic() + backoffDelay(ASIDE_BACKOFF, times, random());
    const text =
      `Endpoint ${endpoint} does not take ${message.namespace}/${message.name}: ${why}. The message is set ` +
      "aside and tried again later; the others go on.";
    // The retries that follow say nothing new.
    if (times === 1) log.warn(text, { endpoint });
    else log.debug(text, { endpoint, times });
    // They stay aside meanwhile: of twenty that are due first and rejected again, no other would get its turn.
    if (this.#suspicion.isRejectingAll()) {
      this.#endpointFailed(`${why}, for one message after another`, generation, retryAfter);
    }
    return { ...failure, due, aside: why };
  }

  /** Nobody knows yet whose fault it is: the message waits, and the endpoint too once another pod failed. */
  #wait(
    message: Message,
    failure: { attempts: number; strikes: number },
    { verdict: { why, retryAfter = 0 } }: AttemptResult,
    generation: number,
  ): Failure {
    const { clock, random } = this.#deps;
    const delay = Math.max(backoffDelay(UNCLEAR_BACKOFF, failure.attempts, random()), retryAfter);
    if (this.#suspicion.isEndpointAtFault()) this.#endpointFailed(why, generation, retryAfter);
    // Where it is the only one that is owed, no other message ever shows whose fault it is.
    else if (message.attempts < SAID_AT && failure.attempts >= SAID_AT) {
      this.#sayWaits(message, failure.attempts, why);
    }
    return { ...failure, due: clock.monotonic() + delay };
  }

  #sayWaits({ namespace, name }: Message, attempts: number, why: string): void {
    const { endpoint, log } = this.#deps;
    log.warn(
      `Endpoint ${endpoint} did not take ${namespace}/${name} in ${attempts} attempts: ${why}. The message waits ` +
        "and is tried again.",
      { endpoint },
    );
  }

  #endpointFailed(why: string, generation: number, retryAfter: number | undefined): void {
    const { endpoint, clock, log, random } = this.#deps;
    this.#pace.failed(generation, clock.monotonic(), random(), retryAfter);
    if (this.#failingSince !== undefined) {
      return log.debug(`Endpoint ${endpoint} still fails: ${why}`, { endpoint });
    }
    this.#failingSince = clock.monotonic();
    log.warn(`Endpoint ${endpoint} fails: ${why}. What it is owed waits and is tried again.`, { endpoint });
  }

  #sayRecovered(failedSince: number): void {
    const { endpoint, outbox, clock, log } = this.#deps;
    const seconds = Math.round((clock.monotonic() - failedSince) / 1000);
    const { waiting } = outbox.owed(endpoint);
    log.info(`Endpoint ${endpoint} works again after ${seconds} s; ${waiting} messages wait for it.`, {
      endpoint,
    });
  }

  /** Whoever waits for the end of a snapshot does not wait for an hour. */
  #losePatience({ why, retryAfter = 0 }: Verdict): void {
    const { patience = Infinity } = this.#deps;
    if (this.#failedInARow >= patience) {
      this.#end(`is given up after ${this.#failedInARow} failed attempts in a row: ${why}.`);
    } else if (patience < Infinity && retryAfter > LONGEST_PATIENCE) {
      this.#end(`is given up: it asks to wait for ${Math.round(retryAfter / 1000)} s (${why}).`);
    }
  }

  #end(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#deps.log.error(`Endpoint ${this.#deps.endpoint} ${why}`, { endpoint: this.#deps.endpoint });
  }
}
