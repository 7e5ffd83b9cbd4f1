import type { Client } from "../http/client.ts";
import { compileSecretMask } from "../pod/own_secrets.ts";
import { isUnreadable, type Redaction } from "../pod/redaction.ts";
import type { Endpoint } from "../route/endpoint.ts";
import { areSame } from "../runtime/secret.ts";
import { type Credentials, type CredentialsDeps, EndpointCredentials } from "./credentials.ts";
import type { DeliveryHistory } from "./delivery_history.ts";
import { Renderer, type Rendering } from "./render.ts";
import type { EndpointSettings, Scheme } from "../route/endpoint_settings.ts";
import { Signer } from "./sign.ts";
import type { Message } from "../store/store.ts";
import type { Turn } from "./standing.ts";
import { newTally, type Tally } from "./tally.ts";
import type { EndpointState } from "./endpoint_state.ts";
import { Worker } from "./worker.ts";
import type { Goal, WorkerDeps } from "./worker_deps.ts";

/**
 * The workers, one for each endpoint, each by itself. The operator's endpoints are opened at the start and stay. Those
 * that pods' annotations name come and go: one that nothing is pending for is closed after a while, and opened again
 * when something comes for it (the deletion of a pod that it was sent, most often). An endpoint whose settings changed gets
 * another worker; the one before ends its attempts beside it, and the store sees to the order.
 */

/** What all workers share. */
type Shared = "pending" | "ages" | "budget" | "isAnnounced" | "snapshot" | "spans" | "reread" | "onRequest";

/** The same, and how each gets its own way to its endpoint. */
export interface WorkersDeps
  extends
    Pick<WorkerDeps, Shared | "clock" | "random" | "log">,
    Pick<CredentialsDeps, "files" | "parseUrl" | "secrets"> {
  /**
   * Makes the way to an endpoint, once for each opening, or to the server that gives tokens for it. One that is not trusted
   * is dialled through the guard.
   */
  openClient: (endpoint: Endpoint, peer: Peer) => Client;
  rendering: Rendering;
  /** What an endpoint must not see of a pod; undefined, or left out: it sees all. Asked once for each opening. */
  redactionOf?: (endpoint: Endpoint) => Redaction | undefined;
  /** What came of the last deliveries; undefined: nobody can look. */
  histories?: DeliveryHistory | undefined;
  /** Called when a worker cannot go on: the store failed, or the program is wrong. */
  fail: (error: unknown) => void;
}

/** Whom an endpoint's client is to reach. */
export type Peer = "receiver" | "token server";

/** Annotation endpoints that were closed and are remembered: annotations can name new ones without end. */
const REMEMBERED = 1_000;

/** Requests at a time to an annotation's endpoint: as many as its client may have connections (`http/client.ts`). */
const OF_ANNOTATION = 2;

/** How one endpoint does. */
export interface WorkerFigures {
  name: string;
  /** Whether a pod's annotation named it: all of those share one tally. */
  isOfAnnotation: boolean;
  state: EndpointState;
  turn: Readonly<Turn>;
}

interface Running {
  worker: Worker;
  credentials: Credentials;
  endpoint: Endpoint;
  /** Resolves when the worker has returned and its connections are closed. */
  ended: Promise<void>;
}

/** For an endpoint that an annotation named: whatever proves who the operator is, is for the operator's alone. */
function withoutCredentials(
  { timeout, concurrency, signatures, ...rest }: EndpointSettings,
): EndpointSettings {
  const { selection, filter, notices } = rest;
  return { selection, filter, notices, timeout, concurrency, signatures, headers: [] };
}

/** All workers. */
export class Workers {
  readonly #deps: WorkersDeps;
  readonly #signal: AbortSignal;
  /** Shared, so that what is the same at several endpoints is made once. */
  readonly #renderer: Renderer;
  /** By the schemes, for the same reason. */
  readonly #signers = new Map<string, Signer>();
  readonly #running = new Map<string, Running>();
  /** Annotation endpoints that were closed: the end of a pod that they were sent may still come for them. */
  readonly #closed = new Map<string, Endpoint>();
  readonly #ofAnnotations = new Set<string>();
  /** Workers that were stopped and have not returned yet. */
  readonly #ending = new Set<Promise<void>>();
  /** Of the operator's endpoints, by name. */
  readonly #tallies = new Map<string, Tally>();
  /** Of all that annotations named: they come and go without end. */
  readonly tallyOfAnnotations: Tally = newTally();
  #goal: Goal = "never";
  #own: readonly string[] = [];

  /** @param signal ends all workers, and the requests that are under way */
  constructor(deps: WorkersDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
    this.#renderer = new Renderer(deps.rendering, () => this.#ownSecrets());
  }

  /** Starts the worker of an endpoint unless it runs. */
  open(endpoint: Endpoint): void {
    const { name, url, trusted } = endpoint;
    if (this.#running.has(name)) return;
    const settings = trusted ? endpoint.settings : withoutCredentials(endpoint.settings);
    const { timeout, concurrency, rate, signatures } = settings;
    const client = this.#deps.openClient(endpoint, "receiver");
    const unsigned = (): string[] => [];
    const credentials = new EndpointCredentials(settings, {
      ...this.#deps,
      endpoint: name,
      url,
      // The operator's signature on what an annotation's endpoint receives could be replayed to the operator's.
      secrets: trusted ? this.#deps.secrets : unsigned,
      openTokenClient: () => this.#deps.openClient(endpoint, "token server"),
      signal: this.#signal,
    });
    const worker = new Worker({
      ...this.#deps,
      endpoint: name,
      credentials,
      send: client.send,
      renderer: this.#renderer,
      redaction: this.#deps.redactionOf?.(endpoint),
      signer: this.#signerFor(signatures),
      tally: trusted ? this.tallyOf(name) : this.tallyOfAnnotations,
      history: this.#deps.histories?.open(name, !trusted),
      isAnnounced: trusted && this.#deps.isAnnounced,
      timeout,
      concurrency: trusted ? concurrency : Math.min(OF_ANNOTATION, concurrency),
      rate,
      handOver: () => this.#running.get(name)?.worker.wake(),
    });
    worker.aim(this.#goal);
    const ended = worker.run(this.#signal).catch(this.#deps.fail).finally(() => {
      credentials.close();
      client.close();
    });
    this.#closed.delete(name);
    if (!trusted) this.#ofAnnotations.add(name);
    this.#running.set(name, { worker, credentials, endpoint, ended });
  }

  /** What the deliveries to an endpoint of the operator's came to. It stays when its worker is replaced. */
  tallyOf(name: string): Tally {
    const tally = this.#tallies.get(name) ?? newTally();
    this.#tallies.set(name, tally);
    return tally;
  }

  /** An endpoint of the operator's is removed for good. */
  forget(name: string): void {
    if (this.#running.has(name)) return;
    this.#tallies.delete(name);
    this.#deps.histories?.forget(name);
  }

  /** How each endpoint does that has a worker. */
  get figures(): WorkerFigures[] {
    return [...this.#running].map(([name, { worker, endpoint }]) => {
      return { name, isOfAnnotation: !endpoint.trusted, state: worker.state, turn: worker.standing.turn };
    });
  }

  /** Scheme, host and port of an endpoint's URL; undefined: it is not known, or there is no such endpoint. */
  originOf(name: string): string | undefined {
    const { endpoint, credentials } = this.#running.get(name) ?? {};
    return (endpoint?.url ?? credentials?.confidential.url)?.origin;
  }

  /**
   * The body of a message as its endpoint is sent it, but without the program's own secrets, for people. Undefined: the
   * endpoint has no worker, or they cannot be taken out.
   */
  bodyOf(message: Message): Uint8Array | undefined {
    const running = this.#running.get(message.endpoint);
    if (running === undefined) return undefined;
    const { body } = this.#renderer.render(message, this.#deps.redactionOf?.(running.endpoint));
    try {
      return compileSecretMask(this.#ownSecrets())(body);
    } catch (error) {
      if (isUnreadable(error)) return undefined;
      throw error;
    }
  }

  /** All that proves to anybody who the program is. The same list for as long as it is the same. */
  #ownSecrets(): readonly string[] {
    const all = new Set(this.#deps.secrets());
    for (const { credentials } of this.#running.values()) {
      for (const secret of credentials.confidential.secrets) all.add(secret);
    }
    const now = [...all];
    if (!areSame(now, this.#own)) this.#own = now;
    return this.#own;
  }

  #signerFor(schemes: readonly Scheme[]): Signer {
    const key = schemes.join();
    const signer = this.#signers.get(key) ?? new Signer(new Set(schemes));
    this.#signers.set(key, signer);
    return signer;
  }

  /** These endpoints have something new that is ready. */
  wake(endpoints: Iterable<string>): void {
    for (const name of endpoints) {
      const known = this.#closed.get(name);
      if (known !== undefined) this.open(known);
      this.#running.get(name)?.worker.wake();
    }
  }

  /** Has every endpoint tried at once, with its dead letters. */
  retry(): void {
    for (const { worker } of this.#running.values()) worker.retry();
  }

  /** Has one endpoint tried at once, also one that answered 410; its dead letters wait for their own time. */
  tryNow(name: string): void {
    this.#running.get(name)?.worker.tryNow();
  }

  /** Says what endpoints do not take, as far as it is time to. Called about once a minute. */
  report(): void {
    for (const [name, { worker }] of this.#running) {
      if (!this.#deps.pending.isPaused(name)) worker.report();
    }
  }

  /**
   * Milliseconds for which each worker has done nothing that should have; see `stall.ts`.
   *
   * @param stoodStillUntil when the program last stood still as a whole, by the monotonic clock
   */
  stalled(stoodStillUntil: number): number[] {
    return [...this.#running.values()].flatMap(({ worker }) => worker.stalled(stoodStillUntil) ?? []);
  }

  /** Names of the endpoints that pods' annotations named and that have a worker now. */
  get ofAnnotations(): ReadonlySet<string> {
    return this.#ofAnnotations;
  }

  /** Whether an endpoint has a worker, or gets one when something is pending for it. */
  reaches(name: string): boolean {
    return this.#running.has(name) || this.#closed.has(name);
  }

  /** Names of the endpoints that do not take what is pending for them: they fail, have dead letters, or are paused. */
  get behind(): string[] {
    const { pending } = this.#deps;
    return [...this.#running].filter(([name, { worker }]) => {
      const { pending: count, deadLetters } = pending.counts(name);
      return count > 0 && (worker.isFailing || deadLetters > 0 || pending.isPaused(name));
    }).map(([name]) => name);
  }

  /** Messages that are pending for the quickest endpoint that takes what it is sent; 0: none does. */
  get backlog(): number {
    const { pending } = this.#deps;
    let least = Infinity;
    for (const [name, { worker }] of this.#running) {
      if (worker.isFailing || pending.isPaused(name)) continue;
      least = Math.min(least, pending.counts(name).pending);
    }
    return least === Infinity ? 0 : least;
  }

  /** Ends the worker of an endpoint as soon as nothing is in flight. What is pending for it stays. */
  close(name: string): void {
    const running = this.#running.get(name);
    if (running === undefined) return;
    const { worker, ended } = running;
    worker.aim("stopped");
    this.#running.delete(name);
    this.#ofAnnotations.delete(name);
    this.#ending.add(ended);
    ended.finally(() => this.#ending.delete(ended));
  }

  /** Closes annotation endpoints that nothing is pending for. Called once a minute. */
  letIdleGo(): void {
    for (const name of this.#ofAnnotations) {
      const running = this.#running.get(name);
      if (running === undefined || this.#deps.pending.counts(name).pending > 0) continue;
      const { endpoint } = running;
      this.close(name);
      this.#deps.histories?.forget(name);
      if (this.#closed.size >= REMEMBERED) this.#closed.delete(this.#closed.keys().next().value ?? name);
      this.#closed.set(name, endpoint);
    }
  }

  /** Sets when the workers return, and waits until all have. */
  async finish(goal: Goal): Promise<void> {
    this.#goal = goal;
    for (const { worker } of this.#running.values()) worker.aim(goal);
    await Promise.all([...[...this.#running.values()].map(({ ended }) => ended), ...this.#ending]);
  }
}
