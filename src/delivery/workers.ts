import type { Client } from "../http/client.ts";
import type { Endpoint } from "../route/endpoint.ts";
import { type Goal, Worker, type WorkerDeps } from "./worker.ts";

/** What all workers share, and how each gets its own way to its endpoint. */
export interface WorkersDeps extends Omit<WorkerDeps, "endpoint" | "url" | "send" | "lost"> {
  /** Makes the way to an endpoint, once for each. */
  openClient: (endpoint: Endpoint) => Client;
  /** Called when a worker cannot go on: the store failed, or the program is wrong. */
  fail: (error: unknown) => void;
}

/** Strangers that were let go and are remembered: annotations can name new ones without end. */
const REMEMBERED = 1_000;

/** Requests at a time to an endpoint that an annotation named (`MOST_GUARDED` of `http/client.ts`). */
const STRANGERS_CONCURRENCY = 2;

interface Running {
  worker: Worker;
  endpoint: Endpoint;
  /** Resolves when the worker has returned and its connections are closed. */
  ended: Promise<void>;
}

/** The workers, one for each endpoint, each by itself. */
export class Workers {
  readonly #deps: WorkersDeps;
  readonly #signal: AbortSignal;
  readonly #running = new Map<string, Running>();
  /** Strangers that were let go: the end of a pod that they were told of may still come for them. */
  readonly #letGo = new Map<string, Endpoint>();
  readonly #strangers = new Set<string>();
  /** Workers that were let go and have not returned yet. */
  readonly #ending = new Set<Promise<void>>();
  #goal: Goal = "never";

  /** @param signal ends all workers, and the requests that are under way */
  constructor(deps: WorkersDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  /** Starts the worker of an endpoint unless it runs. */
  open(endpoint: Endpoint): void {
    if (this.#running.has(endpoint.name)) return;
    const { send, close } = this.#deps.openClient(endpoint);
    const unsigned = (): string[] => [];
    const worker = new Worker({
      ...this.#deps,
      send,
      endpoint: endpoint.name,
      url: endpoint.url,
      lost: () => this.#deps.endpoints.lost(endpoint.name).messages,
      // The operator's signature on what a stranger receives could be replayed to the operator's receiver.
      // As many as its client may have connections: what waits for one there would time out.
      concurrency: endpoint.trusted
        ? this.#deps.concurrency
        : Math.min(STRANGERS_CONCURRENCY, this.#deps.concurrency),
      secrets: endpoint.trusted ? this.#deps.secrets : unsigned,
    });
    worker.aim(this.#goal);
    const ended = worker.run(this.#signal).catch(this.#deps.fail).finally(close);
    this.#letGo.delete(endpoint.name);
    if (!endpoint.trusted) this.#strangers.add(endpoint.name);
    this.#running.set(endpoint.name, { worker, endpoint, ended });
  }

  /** These endpoints are owed something new. */
  wake(endpoints: Iterable<string>): void {
    for (const name of endpoints) {
      const known = this.#letGo.get(name);
      if (known !== undefined) this.open(known);
      this.#running.get(name)?.worker.wake();
    }
  }

  /** Has every endpoint tried at once. */
  retry(): void {
    for (const { worker } of this.#running.values()) worker.retry();
  }

  /** Names of the endpoints that pods' annotations named and that have a worker now. */
  get strangers(): ReadonlySet<string> {
    return this.#strangers;
  }

  /** Whether an endpoint has a worker, or gets one when something is owed to it. */
  reaches(name: string): boolean {
    return this.#running.has(name) || this.#letGo.has(name);
  }

  /** Names of the endpoints that do not take what they are owed: they fail, or something is set aside. */
  get behind(): string[] {
    const { outbox } = this.#deps;
    return [...this.#running].filter(([name, { worker }]) =>
      outbox.isAnyOwed(name) && (worker.isFailing || outbox.owed(name).aside > 0)
    ).map(([name]) => name);
  }

  /** Ends the workers of strangers to which nothing is owed. Called once a minute. */
  letIdleGo(): void {
    for (const name of this.#strangers) {
      const running = this.#running.get(name);
      if (running === undefined || this.#deps.outbox.isAnyOwed(name)) continue;
      const { worker, endpoint, ended } = running;
      worker.aim("stopped");
      this.#running.delete(name);
      this.#strangers.delete(name);
      this.#ending.add(ended);
      ended.finally(() => this.#ending.delete(ended));
      if (this.#letGo.size >= REMEMBERED) this.#letGo.delete(this.#letGo.keys().next().value ?? name);
      this.#letGo.set(name, endpoint);
    }
  }

  /** Sets when the workers return, and waits until all have. */
  async finish(goal: Goal): Promise<void> {
    this.#goal = goal;
    for (const { worker } of this.#running.values()) worker.aim(goal);
    await Promise.all([...[...this.#running.values()].map(({ ended }) => ended), ...this.#ending]);
  }
}
