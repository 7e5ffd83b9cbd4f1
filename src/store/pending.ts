/**
 * What is pending for each endpoint: what is recorded, handed out, and what became of it. The rules have files of their own:
 *
 * - **Order** (order.ts). One line an endpoint and pod, of which the first message alone is sent, and the next when that one
 *   is through, for good; lines of one namespace/name follow one another (lines.ts).
 * - **Coalescing** and **transitions** (coalescing.ts): what a newer version takes the place of.
 * - **Dead letters** (dead_letters.ts): what does not wait for a message that is not accepted.
 * - **Eviction** (eviction.ts): what is given up when there is no room.
 */
import { Coalescing, LATEST_TRANSITIONS, NEW_ROW } from "./coalescing.ts";
import { isStuck, listDeadLetters } from "./dead_letters.ts";
import { type Endpoint, Endpoints } from "./endpoint.ts";
import type { Journal } from "./journal.ts";
import type { Line } from "./lines.ts";
import { listPending, readPending } from "./pending_list.ts";
import { messageOf, NO_FAILURES } from "./message.ts";
import { Order } from "./order.ts";
import type { PodRef } from "../pod/pod.ts";
import type { Pod } from "./pods.ts";
import type {
  DeadLetter,
  Failures,
  KnownPod,
  Message,
  Pending,
  PendingMessage,
  PodFilter,
  ProbeChoice,
} from "./store.ts";
import type { Versions } from "./versions.ts";

/** What `Lines` needs of the rest of the store. */
export interface PendingDeps {
  journal: Journal;
  versions: Versions;
  /** The pod has one endpoint more in its audience (I4). */
  onAudience: (pod: Pod, endpoint: number) => void;
  onForgotten: (endpoint: number) => void;
  /** Of a pod that is gone, a message less is pending. */
  onSettled: (pod: Pod) => void;
  /** Something changed that a commit must write; `urgent`: a line waits for that. */
  onChange: (urgent: boolean) => void;
  /** The wall clock. */
  now: () => number;
}

/** `Pending` in memory. */
export class PendingLines implements Pending {
  /** All endpoints, for the start and for eviction. */
  readonly all: Endpoints;
  readonly order: Order;
  readonly coalescing: Coalescing;
  readonly #deps: PendingDeps;
  readonly #journal: Journal;
  readonly #versions: Versions;
  /** The greatest key of a row so far. */
  lastSeq = 0;

  constructor(deps: PendingDeps) {
    this.#deps = deps;
    this.#journal = deps.journal;
    this.#versions = deps.versions;
    this.all = new Endpoints(deps.journal);
    this.order = new Order(deps.journal, this.all, deps.versions, deps.onSettled);
    this.coalescing = new Coalescing(deps.journal, deps.versions, this.order);
  }

  // --- Recording ---

  /** A version becomes pending for an endpoint. */
  add(name: string, pod: Pod, version: number, transition: boolean): void {
    const endpoint = this.all.open(name);
    const line = endpoint.find(pod, (one) => one.pod === pod);
    this.#deps.onAudience(pod, endpoint.id);
    if (line !== undefined && this.coalescing.isLastReplaceable(line)) {
      return this.coalescing.replaceLast(endpoint, line, version, transition);
    }
    const seq = ++this.lastSeq;
    this.#journal.pending.put(seq, { ...NEW_ROW, endpoint: endpoint.id, version });
    if (line === undefined) {
      const former = endpoint.find(pod, ({ pod: { uid } }) => uid === pod.uid);
      this.order.begin(endpoint, pod, seq, version, transition);
      return former && this.#giveWay(endpoint, former);
    }
    line.append(seq, version, transition);
    endpoint.pending++;
    if (transition) this.coalescing.thin(endpoint, line, LATEST_TRANSITIONS);
  }

  // --- Taking ---

  take(name: string, now: number): Message | undefined {
    const endpoint = this.#awake(name, now);
    return this.#handOut(endpoint, endpoint?.next(this.order.lastDurable));
  }

  probe(name: string, now: number, choice: ProbeChoice): Message | undefined {
    const endpoint = this.#awake(name, now);
    return this.#handOut(endpoint, endpoint?.probe(this.order.lastDurable, choice));
  }

  hasReady(name: string, now: number): boolean {
    return this.#awake(name, now)?.firstReady(this.order.lastDurable) !== undefined;
  }

  hasUntried(name: string, now: number, otherThan: string): boolean {
    return this.#awake(name, now)?.hasUntried(this.order.lastDurable, otherThan) ?? false;
  }

  nextDue(name: string): number | undefined {
    return this.all.get(name)?.nextDue();
  }

  #awake(name: string, now: number): Endpoint | undefined {
    const endpoint = this.all.get(name);
    endpoint?.wake(now);
    return endpoint;
  }

  #handOut(endpoint: Endpoint | undefined, line: Line | undefined): Message | undefined {
    if (endpoint === undefined || line === undefined) return undefined;
    endpoint.withdraw(line);
    line.place = "flight";
    line.isDeferred = false;
    endpoint.inFlight.add(line);
    const seq = line.seqAt(0);
    const given = {
      seq,
      endpoint: endpoint.name,
      row: this.order.row(seq),
      failures: line.failures ?? NO_FAILURES,
    };
    return messageOf(line.pod, given, this.#versions);
  }

  // --- What became of a message ---

  acknowledged(message: Message, announced: number): void {
    const endpoint = this.all.get(message.endpoint);
    if (endpoint === undefined) return;
    // In the batch of the acknowledgement that announced it (W3).
    if (announced > 0) this.all.setLost(endpoint, Math.max(0, endpoint.lost - announced), this.#deps.now());
    const line = this.#landed(endpoint, message);
    if (line !== undefined) {
      line.namespace.probedAt = 0;
      this.#removeHead(endpoint, line);
    } else if (announced > 0) this.#deps.onChange(false);
  }

  failed(message: Message, failures: Failures, due: number): void {
    const endpoint = this.all.get(message.endpoint);
    const line = endpoint && this.#landed(endpoint, message);
    if (endpoint === undefined || line === undefined) return;
    line.failures = failures;
    if (this.coalescing.givesWay(line)) {
      this.coalescing.standFor(line.seqAt(1), endpoint, line);
      return this.#removeHead(endpoint, line);
    }
    if (failures.dead > 0) endpoint.dead.add(line);
    else endpoint.dead.delete(line);
    const { tries, dead, why = null } = failures;
    this.#journal.pending.put(message.seq, { ...this.order.row(message.seq), tries, dead, why });
    endpoint.wait(line, due);
    this.#giveWay(endpoint, line);
    if (line.behind !== undefined) this.order.park(endpoint, line);
    this.#deps.onChange(false);
  }

  /** The end of a pod that came back since (history was rewritten): stuck, it gives way to that, which never passes it. */
  #giveWay(endpoint: Endpoint, line: Line): void {
    const { uid, id } = line.pod;
    const back = endpoint.find(line.pod, ({ pod }) => pod.uid === uid && pod.id > id);
    if (back === undefined || line.count !== 1 || !isStuck(line) || line.place === "flight") return;
    this.coalescing.standFor(back.seqAt(0), endpoint, line);
    this.#removeHead(endpoint, line);
  }

  release(message: Message): void {
    const endpoint = this.all.get(message.endpoint);
    const line = endpoint && this.#landed(endpoint, message);
    if (line !== undefined) endpoint?.enqueue(line, true);
  }

  defer(message: Message, due: number): void {
    const endpoint = this.all.get(message.endpoint);
    const line = endpoint && this.#landed(endpoint, message);
    if (endpoint === undefined || line === undefined) return;
    endpoint.wait(line, due);
    line.isDeferred = true;
  }

  /** The line of a message that was in flight; undefined: it was forgotten meanwhile. */
  #landed(endpoint: Endpoint, message: Message): Line | undefined {
    const line = endpoint.find(message, (one) => one.place === "flight" && one.seqAt(0) === message.seq);
    if (line === undefined) return undefined;
    line.place = "none";
    endpoint.inFlight.delete(line);
    return line;
  }

  /** The first message of a line goes. The next one is handed out when that is durable. */
  #removeHead(endpoint: Endpoint, line: Line): void {
    const version = line.versionAt(0);
    this.order.headChanged(endpoint, line);
    this.order.removeRow(endpoint, line, 0);
    const goesOn = line.count > 0 || this.order.end(endpoint, line);
    this.order.unused(line.pod, version);
    this.#deps.onChange(goesOn);
  }

  // --- Questions ---

  has(name: string, pod: PodRef): boolean {
    return this.all.get(name)?.find(pod, (line) => line.pod.uid === pod.uid) !== undefined;
  }

  hasCurrent(name: string, pod: KnownPod): boolean {
    const line = this.all.get(name)?.find(pod, (one) => one.pod === pod);
    if (line === undefined || (line.count === 1 && (line.failures?.dead ?? 0) > 0)) return false;
    return line.versionAt(line.count - 1) === line.pod.current;
  }

  counts(name: string): { pending: number; deadLetters: number; inFlight: number } {
    const endpoint = this.all.get(name);
    if (endpoint === undefined) return { pending: 0, deadLetters: 0, inFlight: 0 };
    return { pending: endpoint.pending, deadLetters: endpoint.dead.size, inFlight: endpoint.inFlight.size };
  }

  deadLetters(name: string, limit: number): DeadLetter[] {
    const endpoint = this.all.get(name);
    return endpoint === undefined ? [] : listDeadLetters(endpoint, limit, this.#versions);
  }

  list(name: string, limit: number, of: PodFilter = {}): PendingMessage[] {
    const endpoint = this.all.get(name);
    return endpoint === undefined ? [] : listPending(endpoint, limit, of, this.order, this.#versions);
  }

  read(message: PendingMessage): Message | undefined {
    return readPending(this.all.get(message.endpoint), message, this.order, this.#versions);
  }

  retryDeadLetters(name: string, count = Infinity): number {
    const endpoint = this.all.get(name);
    const waiting = [...endpoint?.dead ?? []].filter(({ place }) => place === "waiting").slice(0, count);
    for (const line of waiting) endpoint?.enqueue(line);
    return waiting.length;
  }

  retryDeadLetter(name: string, seq: number): boolean {
    const endpoint = this.all.get(name);
    const [line] = endpoint?.restingDead(seq) ?? [];
    if (endpoint === undefined || line === undefined) return false;
    // What is not durable yet is sent as soon as it is.
    if (line.place === "none") return true;
    endpoint.withdraw(line);
    endpoint.enqueue(line, true);
    return true;
  }

  retryWaiting(name: string): void {
    const endpoint = this.all.get(name);
    for (const line of endpoint?.all() ?? []) {
      if (line.place === "waiting" && !endpoint?.dead.has(line)) endpoint?.enqueue(line);
    }
  }

  // --- What is given up ---

  /** Gives the messages of a line that is not in flight up, but for the last `keep`. Returns how many those were. */
  evict(endpoint: Endpoint, line: Line, keep: number): number {
    const count = line.count - keep;
    if (count <= 0) return 0;
    const versions = Array.from({ length: count }, (_, index) => line.versionAt(index));
    this.order.headChanged(endpoint, line);
    for (let index = 0; index < count; index++) this.order.removeRow(endpoint, line, 0);
    if (line.count === 0) this.order.end(endpoint, line);
    for (const version of versions) this.order.unused(line.pod, version);
    // In the transaction that removes the rows (I6).
    this.all.setLost(endpoint, endpoint.lost + count, this.#deps.now());
    return count;
  }

  discard(name: string, seq?: number): number {
    const endpoint = this.all.get(name);
    if (endpoint === undefined) return 0;
    const lines = endpoint.restingDead(seq);
    for (const line of lines) this.evict(endpoint, line, line.count - 1);
    if (lines.length > 0) this.#deps.onChange(true);
    return lines.length;
  }

  // --- Endpoints ---

  isPaused(name: string): boolean {
    return this.all.get(name)?.isPaused ?? false;
  }

  setPaused(name: string, isPaused: boolean): void {
    if (this.isPaused(name) === isPaused) return;
    const endpoint = this.all.open(name);
    endpoint.isPaused = isPaused;
    this.all.write(endpoint);
    this.#deps.onChange(false);
  }

  endpoints(): string[] {
    return Array.from(this.all.list(), ({ name }) => name);
  }

  forget(name: string): number {
    const endpoint = this.all.get(name);
    if (endpoint === undefined) return 0;
    // Out of sight first, so that no version is held by it.
    this.all.forget(endpoint);
    this.#deps.onForgotten(endpoint.id);
    for (const line of endpoint.all()) this.#forgetLine(line);
    return endpoint.pending;
  }

  #forgetLine(line: Line): void {
    const versions = new Set<number>();
    for (let index = 0; index < line.count; index++) {
      this.#journal.pending.delete(line.seqAt(index));
      versions.add(line.versionAt(index));
    }
    line.rows.length = 0;
    for (const version of versions) this.order.unused(line.pod, version);
  }

  lost(name: string): { messages: number; since: number | undefined } {
    const endpoint = this.all.get(name);
    return { messages: endpoint?.lost ?? 0, since: endpoint?.lostSince };
  }
}
