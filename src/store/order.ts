/**
 * Order: one message of a line at a time, one pod of a name after the other, and nothing before it is durable.
 *
 * Here lines begin, lose messages, end, and let the next one of their name go on. Whatever changes the first message of
 * a line *touches* the line: it is handed out when the batch in which that happened is durable (W1: the message was
 * recorded; W2: the one before it is known to be gone), and not before.
 */
import type { Endpoint, Endpoints } from "./endpoint.ts";
import type { Journal, PendingRow } from "./journal.ts";
import { isPassed } from "./dead_letters.ts";
import { Line, Namespace } from "./lines.ts";
import type { Pod } from "./pods.ts";
import type { Versions } from "./versions.ts";

/** What a batch touched. */
export interface Batch {
  batch: number;
  touched: { endpoint: Endpoint; line: Line }[];
}

/** The lines of all endpoints. */
export class Order {
  readonly #journal: Journal;
  readonly #endpoints: Endpoints;
  readonly #versions: Versions;
  /** Of a pod that is gone, a message less is pending. */
  readonly #onSettled: (pod: Pod) => void;
  /** The batch that is being made, and the last that is durable. */
  #batch = 1;
  #durable = 0;
  #touched: Batch["touched"] = [];

  constructor(journal: Journal, endpoints: Endpoints, versions: Versions, onSettled: (pod: Pod) => void) {
    this.#journal = journal;
    this.#endpoints = endpoints;
    this.#versions = versions;
    this.#onSettled = onSettled;
  }

  /** The last batch that is durable. */
  get lastDurable(): number {
    return this.#durable;
  }

  // --- Lines ---

  /** A line begins, behind that of another pod of its name if there is one. */
  begin(endpoint: Endpoint, pod: Pod, seq: number, version: number, transition: boolean): Line {
    let namespace = endpoint.namespaces.get(pod.namespace);
    if (namespace === undefined) {
      endpoint.namespaces.set(pod.namespace, namespace = new Namespace(pod.namespace));
    }
    const line = new Line(pod, namespace, seq, version, transition);
    let last = namespace.lines.get(pod.name);
    while (last?.behind !== undefined) last = last.behind;
    if (last === undefined) namespace.lines.set(pod.name, line);
    else last.behind = line;
    endpoint.lines++;
    endpoint.pending++;
    this.touch(endpoint, line);
    if (last !== undefined) this.park(endpoint, last);
    return line;
  }

  /** What was known of a line's first message is void: it went, or another took its place. */
  headChanged(endpoint: Endpoint, line: Line): void {
    endpoint.dead.delete(line);
    line.failures = undefined;
    // One that is ready keeps its turn: a pod that changes often would else starve.
    if (line.place === "waiting") endpoint.withdraw(line);
    this.touch(endpoint, line);
  }

  /** Takes a line that has ended away. Returns whether another one follows it. */
  end(endpoint: Endpoint, line: Line): boolean {
    endpoint.withdraw(line);
    endpoint.lines--;
    const { namespace } = line;
    const next = namespace.unchain(line);
    if (next !== undefined) this.touch(endpoint, next);
    if (namespace.lines.size === 0 && namespace.parked.size === 0) endpoint.namespaces.delete(namespace.name);
    return next !== undefined;
  }

  /** A pod that is stuck lets the next pod of its name pass. */
  park(endpoint: Endpoint, line: Line): void {
    if (!isPassed(line)) return;
    const { namespace } = line;
    const next = namespace.unchain(line);
    line.behind = undefined;
    namespace.parked.add(line);
    if (next !== undefined) this.touch(endpoint, next);
  }

  removeRow(endpoint: Endpoint, line: Line, index: number): void {
    this.#journal.pending.delete(line.seqAt(index));
    line.removeAt(index);
    endpoint.pending--;
  }

  row(seq: number): PendingRow {
    const row = this.#journal.pending.get(seq);
    if (row === undefined) throw new TypeError(`The store has no pending row ${seq}`);
    return row;
  }

  // --- Durability ---

  /** The first message of a line changed: it is handed out when this batch is durable. */
  touch(endpoint: Endpoint, line: Line): void {
    line.batch = this.#batch;
    this.#touched.push({ endpoint, line });
  }

  /** Ends a batch. Returns its number, and what it touched. */
  endBatch(): Batch {
    const touched = this.#touched;
    this.#touched = [];
    return { batch: this.#batch++, touched };
  }

  /** A batch is durable: what it touched can be sent. Adds the endpoints that have something to send. */
  durable({ batch, touched }: Batch, ready: Set<string>): void {
    this.#durable = batch;
    for (const { endpoint, line } of touched) {
      // A later batch touched it again, it has ended, or it is behind another.
      if (line.batch > batch || line.count === 0 || !line.namespace.isFirst(line)) continue;
      if (line.place === "none" && line.isDeferred) endpoint.enqueueRestored(line);
      else if (line.place === "none") endpoint.enqueue(line);
      if (line.place === "ready") ready.add(endpoint.name);
    }
  }

  // --- What lives ---

  /** A version is pending once less, or current no more: it goes when nothing holds it (I2). */
  unused(pod: Pod, version: number): void {
    const holds = (line: Line): boolean => line.pod === pod && line.holds(version);
    if (version !== pod.current && !this.#someEndpoint(pod, holds)) this.#versions.drop(version);
    if (pod.isGone) this.#onSettled(pod);
  }

  isPending(pod: Pod): boolean {
    return this.#someEndpoint(pod, (line) => line.pod === pod);
  }

  #someEndpoint(pod: Pod, isIt: (line: Line) => boolean): boolean {
    return pod.audience.ids.some((id) => this.#endpoints.byId(id)?.find(pod, isIt) !== undefined);
  }

  /** The body of a pod's version came back: what was deferred for it is next. */
  wake(pod: Pod): void {
    for (const id of pod.audience.ids) {
      const endpoint = this.#endpoints.byId(id);
      const line = endpoint?.find(pod, (one) => one.pod === pod);
      if (endpoint === undefined || line === undefined || !line.isDeferred) continue;
      endpoint.withdraw(line);
      this.touch(endpoint, line);
    }
  }

  /** Endpoints for which a version is pending. */
  holders(pod: Pod, version: number): Endpoint[] {
    return pod.audience.ids.flatMap((id) => this.#endpoints.byId(id) ?? [])
      .filter((endpoint) => endpoint.find(pod, (line) => line.pod === pod)?.holds(version));
  }
}
