/**
 * What is pending for each endpoint: the rules of order, coalescing, transitions and dead letters.
 *
 * **Order.** One line an endpoint and pod, of which the first message alone is sent, and the next when that one is
 * through; lines of one namespace/name follow one another (lines.ts).
 *
 * **Coalescing** (I3). In a line stand at most 21 transitions, then at most one message that is none, the last. A newer
 * version takes that one's place and keeps its turn, unless it is in flight; when it fails in flight, it gives way to
 * what came behind it meanwhile. What a message stands for is in its row (`coalesced`, `moreReasons`, I5).
 *
 * **Transitions.** The first and the latest 20 of a line stay; those between are thinned out, and count in the one that
 * follows them.
 *
 * **Dead letters.** One that its worker calls dead waits for its retries and blocks its pod and name only. If it is no
 * transition, a newer version takes its place at once; if it is one, after three failed retries, and then the next pod
 * of its name passes it, too.
 *
 * **Durability** (W1, W2). A line whose first message changed in a batch (it came, was replaced, or the one before it
 * went) is *touched*: it is handed out when that batch is durable, and not before.
 */
import { sortReasons } from "../change/reasons.ts";
import type { PodRef } from "../pod/pod.ts";
import { FLAGS, type Journal, type PendingRow, type VersionRow } from "./journal.ts";
import { Endpoint, Line, Namespace } from "./lines.ts";
import type { Pod } from "./pods.ts";
import type { DeadLetter, Failures, Message, Pending } from "./store.ts";
import { hasFlag, splitReasons, type Versions } from "./versions.ts";

/** Of a pod's transitions so many of the latest stay, beside the first. */
export const LATEST_TRANSITIONS = 20;

/** A dead letter that is a transition gives way once it was made one more often than this: after three retries. */
const DEAD_RETRIES = 3;

/** Messages among which a probe is chosen. */
const CANDIDATES = 50;

/** Superseded dead letters that are remembered for people. */
const SUPERSEDED = 100;

const NO_FAILURES: Failures = { tries: 0, strikes: 0, failedAt: 0, dead: 0, why: undefined };

/** What `Lines` needs of the rest of the store. */
export interface PendingDeps {
  journal: Journal;
  versions: Versions;
  /** The pod of a UID, if it is known. */
  known: (uid: string) => Pod | undefined;
  /** The pod has one endpoint more in its audience (I4). */
  onAudience: (pod: Pod, endpoint: number) => void;
  /** Of a pod that is gone, a message less is pending. */
  onSettled: (pod: Pod) => void;
  /** Something changed that a commit must write; `urgent`: a line waits for that. */
  onChange: (urgent: boolean) => void;
}

/** A line, with its endpoint. */
interface Touched {
  endpoint: Endpoint;
  line: Line;
}

/** `Pending` in memory. */
export class PendingLines implements Pending {
  readonly #deps: PendingDeps;
  readonly #journal: Journal;
  readonly #versions: Versions;
  readonly #byName = new Map<string, Endpoint>();
  readonly #byId = new Map<number, Endpoint>();
  #lastEndpoint = 0;
  #lastSeq = 0;
  /** The batch that is being made, and the last that is durable. */
  #batch = 1;
  #durable = 0;
  #touched: Touched[] = [];

  constructor(deps: PendingDeps) {
    this.#deps = deps;
    this.#journal = deps.journal;
    this.#versions = deps.versions;
  }

  // --- Recording: coalescing and transitions ---

  /** A version becomes pending for an endpoint. */
  add(name: string, pod: Pod, version: number, transition: boolean): void {
    const endpoint = this.#endpoint(name);
    const line = endpoint.find(pod, (one) => one.pod === pod);
    this.#deps.onAudience(pod, endpoint.id);
    if (line !== undefined && this.#isLastReplaceable(line)) {
      return this.#replaceLast(endpoint, line, version, transition);
    }
    const seq = ++this.#lastSeq;
    this.#journal.pending.put(seq, { ...NEW_ROW, endpoint: endpoint.id, version });
    if (line === undefined) return this.#begin(endpoint, pod, seq, version, transition);
    line.append(seq, version, transition);
    endpoint.pending++;
    if (transition) this.thin(endpoint, line, LATEST_TRANSITIONS);
  }

  /** A line begins, behind that of another pod of its name if there is one. */
  #begin(endpoint: Endpoint, pod: Pod, seq: number, version: number, transition: boolean): void {
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
    this.#touch(endpoint, line);
    if (last !== undefined) this.#park(endpoint, last);
  }

  #isLastReplaceable(line: Line): boolean {
    const last = line.count - 1;
    if (last < 0 || (last === 0 && line.place === "flight")) return false;
    return !line.isTransitionAt(last) || (last === 0 && isStuck(line));
  }

  #replaceLast(endpoint: Endpoint, line: Line, version: number, transition: boolean): void {
    const last = line.count - 1;
    const [seq, before] = [line.seqAt(last), line.versionAt(last)];
    const row = this.#row(seq);
    line.replaceLast(version, transition);
    this.#journal.pending.put(
      seq,
      absorb({ ...NEW_ROW, endpoint: endpoint.id, version }, row, this.#versions.row(before)),
    );
    if (last === 0) {
      this.#remember(endpoint, line, before);
      this.#headChanged(endpoint, line);
    }
    this.unused(line.pod, before);
    if (transition) this.thin(endpoint, line, LATEST_TRANSITIONS);
  }

  /** Thins a line's transitions out, to the first and so many of the latest. Returns how many messages went. */
  thin(endpoint: Endpoint, line: Line, latest: number): number {
    const transitions: number[] = [];
    for (let index = 0; index < line.count; index++) if (line.isTransitionAt(index)) transitions.push(index);
    const spare = transitions.slice(1, -latest);
    const follower = transitions.at(-latest);
    if (follower === undefined || spare.length === 0) return 0;
    const seq = line.seqAt(follower);
    let row = this.#row(seq);
    const versions = spare.map((index) => line.versionAt(index));
    for (const index of spare) {
      row = absorb(row, this.#row(line.seqAt(index)), this.#versions.row(line.versionAt(index)));
    }
    for (const index of spare.toReversed()) this.#removeRow(endpoint, line, index);
    this.#journal.pending.put(seq, row);
    for (const version of versions) this.unused(line.pod, version);
    return spare.length;
  }

  // --- Durability ---

  /** The first message of a line changed: it is handed out when this batch is durable. */
  #touch(endpoint: Endpoint, line: Line): void {
    line.batch = this.#batch;
    this.#touched.push({ endpoint, line });
  }

  /** Ends a batch. Returns its number, and what it touched. */
  endBatch(): { batch: number; touched: Touched[] } {
    const touched = this.#touched;
    this.#touched = [];
    return { batch: this.#batch++, touched };
  }

  /** A batch is durable: what it touched can be sent. Adds the endpoints that have something to send. */
  durable(batch: number, touched: Touched[], ready: Set<string>): void {
    this.#durable = batch;
    for (const { endpoint, line } of touched) {
      // A later batch touched it again, it has ended, or it is behind another.
      if (line.batch > batch || line.count === 0 || !line.namespace.isFirst(line)) continue;
      if (line.place === "none") endpoint.enqueue(line);
      if (line.place === "ready") ready.add(endpoint.name);
    }
  }

  #isHeld(line: Line): boolean {
    return line.batch > this.#durable;
  }

  // --- Taking ---

  take(name: string, now: number): Message | undefined {
    const endpoint = this.#byName.get(name);
    endpoint?.wake(now);
    let namespace = endpoint?.turns.first;
    for (; endpoint !== undefined && namespace !== undefined; namespace = namespace.next) {
      const line = this.#firstReady(namespace);
      if (line === undefined) continue;
      endpoint.turns.remove(namespace);
      endpoint.turns.push(namespace);
      return this.#handOut(endpoint, line);
    }
    return undefined;
  }

  probe(name: string, now: number, random: number, last: readonly PodRef[]): Message | undefined {
    const endpoint = this.#byName.get(name);
    if (endpoint === undefined) return undefined;
    endpoint.wake(now);
    const candidates = this.#candidates(endpoint);
    const others = candidates.filter(({ pod }) => last.every(({ uid }) => uid !== pod.uid));
    const elsewhere = others.filter(({ pod }) => last.every(({ namespace }) => namespace !== pod.namespace));
    const pool = [elsewhere, others, candidates].find((lines) => lines.length > 0) ?? [];
    const least = Math.min(...pool.map(triesOf));
    const untried = pool.filter((line) => triesOf(line) === least);
    const line = untried[Math.floor(random * untried.length)];
    return line && this.#handOut(endpoint, line);
  }

  /** Some lines that could be sent now, of as many namespaces as there are. */
  #candidates(endpoint: Endpoint): Line[] {
    const found: Line[] = [];
    let cursors: Line[] = [];
    for (let one = endpoint.turns.first; one !== undefined; one = one.next) {
      if (one.ready.first) cursors.push(one.ready.first);
    }
    while (cursors.length > 0 && found.length < CANDIDATES) {
      for (const line of cursors) if (!this.#isHeld(line) && found.length < CANDIDATES) found.push(line);
      cursors = cursors.flatMap(({ next }) => next ?? []);
    }
    return found;
  }

  #firstReady(namespace: Namespace): Line | undefined {
    let line = namespace.ready.first;
    while (line !== undefined && this.#isHeld(line)) line = line.next;
    return line;
  }

  #handOut(endpoint: Endpoint, line: Line): Message {
    endpoint.withdraw(line);
    line.place = "flight";
    endpoint.inFlight++;
    const { pod } = line;
    const [seq, version] = [line.seqAt(0), line.versionAt(0)];
    const pending = this.#row(seq);
    const own = this.#versions.row(version);
    const { body, row, isFetchable } = this.#bodyOf(pod, own);
    return {
      uid: pod.uid,
      namespace: pod.namespace,
      name: pod.name,
      seq,
      version,
      endpoint: endpoint.name,
      event: own.event as Message["event"],
      resourceVersion: own.resourceVersion,
      epoch: own.epoch,
      generation: pod.generation,
      occasion: own.occasion,
      reasons: sortReasons([...splitReasons(own.reasons), ...splitReasons(pending.moreReasons)]),
      phase: own.phase ?? undefined,
      observed: (own.flags & (FLAGS.observed | FLAGS.unobserved)) === 0
        ? undefined
        : hasFlag(own, "observed"),
      environment: own.environment ?? undefined,
      coalesced: pending.coalesced,
      body,
      completeness: !hasFlag(row, "reduced") ? "whole" : isFetchable ? "fetchable" : "reduced",
      failures: line.failures ?? NO_FAILURES,
    };
  }

  /** A reminder and what it reminds of have one body: where one of them was given up, the other's may be whole. */
  #bodyOf(
    pod: Pod,
    own: VersionRow,
  ): { body: Uint8Array<ArrayBuffer>; row: VersionRow; isFetchable: boolean } {
    const current = pod.current === 0 ? undefined : this.#versions.row(pod.current);
    const isFetchable = current !== undefined && own.event === "pod.changed" && own.epoch === current.epoch &&
      own.resourceVersion === current.resourceVersion;
    const row = isFetchable && hasFlag(own, "reduced") ? current : own;
    return { body: this.#versions.bodyOf(row) ?? identityOf(pod, own), row, isFetchable };
  }

  // --- What became of a message ---

  acknowledged(message: Message, announced: number): void {
    const endpoint = this.#byName.get(message.endpoint);
    if (endpoint === undefined) return;
    if (announced > 0) this.#announced(endpoint, announced);
    const line = this.#landed(endpoint, message);
    if (line !== undefined) this.#removeHead(endpoint, line);
    else if (announced > 0) this.#deps.onChange(false);
  }

  failed(message: Message, failures: Failures, due: number): void {
    const endpoint = this.#byName.get(message.endpoint);
    const line = endpoint && this.#landed(endpoint, message);
    if (endpoint === undefined || line === undefined) return;
    line.failures = failures;
    if (line.count > 1 && (!line.isTransitionAt(0) || isStuck(line))) {
      const [next, version] = [line.seqAt(1), this.#versions.row(line.versionAt(0))];
      this.#journal.pending.put(next, absorb(this.#row(next), this.#row(message.seq), version));
      this.#remember(endpoint, line, line.versionAt(0));
      return this.#removeHead(endpoint, line);
    }
    if (failures.dead > 0) endpoint.dead.add(line);
    else endpoint.dead.delete(line);
    const { tries, dead, why = null } = failures;
    this.#journal.pending.put(message.seq, { ...this.#row(message.seq), tries, dead, why });
    endpoint.wait(line, due);
    if (line.behind !== undefined) this.#park(endpoint, line);
    this.#deps.onChange(false);
  }

  release(message: Message): void {
    const endpoint = this.#byName.get(message.endpoint);
    const line = endpoint && this.#landed(endpoint, message);
    if (line !== undefined) endpoint?.enqueue(line, true);
  }

  defer(message: Message, due: number): void {
    const endpoint = this.#byName.get(message.endpoint);
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
    endpoint.inFlight--;
    return line;
  }

  /** The first message of a line goes. The next one is handed out when that is durable. */
  #removeHead(endpoint: Endpoint, line: Line): void {
    const version = line.versionAt(0);
    this.#headChanged(endpoint, line);
    this.#removeRow(endpoint, line, 0);
    const goesOn = line.count > 0 || this.#end(endpoint, line);
    this.unused(line.pod, version);
    this.#deps.onChange(goesOn);
  }

  /** What was known of a line's first message is void: it went, or another took its place. */
  #headChanged(endpoint: Endpoint, line: Line): void {
    endpoint.dead.delete(line);
    line.failures = undefined;
    // One that is ready keeps its turn: a pod that changes often would else starve.
    if (line.place === "waiting") endpoint.withdraw(line);
    this.#touch(endpoint, line);
  }

  /** For people: a dead letter whose place a newer version takes. */
  #remember(endpoint: Endpoint, line: Line, version: number): void {
    if (line.failures === undefined || line.failures.dead === 0) return;
    if (endpoint.superseded.length === SUPERSEDED) endpoint.superseded.shift();
    endpoint.superseded.push(this.#deadLetterOf(line, version, true));
  }

  /** Takes a line that has ended away. Returns whether another one follows it. */
  #end(endpoint: Endpoint, line: Line): boolean {
    endpoint.withdraw(line);
    endpoint.lines--;
    const { namespace } = line;
    const next = namespace.unchain(line);
    if (next !== undefined) this.#touch(endpoint, next);
    if (namespace.lines.size === 0 && namespace.parked.size === 0) endpoint.namespaces.delete(namespace.name);
    return next !== undefined;
  }

  /** A pod that is stuck lets the next pod of its name pass. */
  #park(endpoint: Endpoint, line: Line): void {
    if (!isStuck(line) || line.place === "flight" || line.behind === undefined) return;
    const { namespace } = line;
    const next = namespace.unchain(line);
    line.behind = undefined;
    namespace.parked.add(line);
    if (next !== undefined) this.#touch(endpoint, next);
  }

  #removeRow(endpoint: Endpoint, line: Line, index: number): void {
    this.#journal.pending.delete(line.seqAt(index));
    line.removeAt(index);
    endpoint.pending--;
  }

  /** A version is pending once less, or current no more: it goes when nothing holds it (I2). */
  unused(pod: Pod, version: number): void {
    const holds = (line: Line): boolean => line.pod === pod && line.holds(version);
    if (version !== pod.current && !this.#someEndpoint(pod, holds)) this.#versions.drop(version);
    if (pod.isGone) this.#deps.onSettled(pod);
  }

  isPending(pod: Pod): boolean {
    return this.#someEndpoint(pod, (line) => line.pod === pod);
  }

  #someEndpoint(pod: Pod, isIt: (line: Line) => boolean): boolean {
    return pod.audience.ids.some((id) => this.#byId.get(id)?.find(pod, isIt) !== undefined);
  }

  /** The body of a pod's version came back: what was deferred for it is due. */
  wake(pod: Pod): void {
    for (const id of pod.audience.ids) {
      const endpoint = this.#byId.get(id);
      const line = endpoint?.find(pod, (one) => one.pod === pod);
      if (endpoint === undefined || line?.place !== "waiting" || !line.isDeferred) continue;
      endpoint.withdraw(line);
      this.#touch(endpoint, line);
    }
  }

  // --- Questions ---

  has(name: string, uid: string): boolean {
    const endpoint = this.#byName.get(name);
    if (endpoint === undefined) return false;
    const pod = this.#deps.known(uid);
    if (pod !== undefined) return endpoint.find(pod, (line) => line.pod.uid === uid) !== undefined;
    for (const namespace of endpoint.namespaces.values()) {
      for (const line of namespace.all()) if (line.pod.uid === uid) return true;
    }
    return false;
  }

  nextDue(name: string): number | undefined {
    return this.#byName.get(name)?.waiting.top?.due;
  }

  hasReady(name: string, now: number): boolean {
    const endpoint = this.#byName.get(name);
    endpoint?.wake(now);
    for (let one = endpoint?.turns.first; one !== undefined; one = one.next) {
      if (this.#firstReady(one) !== undefined) return true;
    }
    return false;
  }

  hasUntried(name: string, now: number, otherThan: string): boolean {
    const endpoint = this.#byName.get(name);
    if (endpoint === undefined) return false;
    endpoint.wake(now);
    return this.#candidates(endpoint).some((line) => line.pod.namespace !== otherThan && triesOf(line) === 0);
  }

  counts(name: string): { pending: number; deadLetters: number; inFlight: number } {
    const endpoint = this.#byName.get(name);
    if (endpoint === undefined) return { pending: 0, deadLetters: 0, inFlight: 0 };
    return { pending: endpoint.pending, deadLetters: endpoint.dead.size, inFlight: endpoint.inFlight };
  }

  deadLetters(name: string, limit: number): DeadLetter[] {
    const endpoint = this.#byName.get(name);
    if (endpoint === undefined) return [];
    const dead = [...endpoint.dead].slice(0, limit).map((line) =>
      this.#deadLetterOf(line, line.versionAt(0), false)
    );
    return [...dead, ...endpoint.superseded].slice(0, limit);
  }

  #deadLetterOf({ pod, failures = NO_FAILURES }: Line, version: number, superseded: boolean): DeadLetter {
    const { resourceVersion } = this.#versions.row(version);
    const { why = "", tries } = failures;
    return { pod: `${pod.namespace}/${pod.name}`, uid: pod.uid, resourceVersion, why, tries, superseded };
  }

  retryDeadLetters(name: string, count = Infinity): void {
    const endpoint = this.#byName.get(name);
    let rest = count;
    for (const line of endpoint?.dead ?? []) {
      if (line.place !== "waiting") continue;
      if (rest-- <= 0) break;
      endpoint?.withdraw(line);
      endpoint?.enqueue(line);
    }
  }

  /** All versions of pods that are pending, each once. */
  versionsOfPods(): Set<number> {
    const versions = new Set<number>();
    for (const { namespaces } of this.#byName.values()) {
      for (const namespace of namespaces.values()) {
        for (const line of namespace.all()) {
          if (line.pod.isNotice) continue;
          for (let index = 0; index < line.count; index++) versions.add(line.versionAt(index));
        }
      }
    }
    return versions;
  }

  // --- For eviction (eviction.ts) ---

  all(): Iterable<Endpoint> {
    return this.#byName.values();
  }

  /** Endpoints for which a version is pending. */
  holders(pod: Pod, version: number): Endpoint[] {
    return pod.audience.ids.flatMap((id) => this.#byId.get(id) ?? [])
      .filter((endpoint) => endpoint.find(pod, (line) => line.pod === pod)?.holds(version));
  }

  /** Gives the messages of a line that is not in flight up, but for the last `keep`. Returns how many those were. */
  evict(endpoint: Endpoint, line: Line, keep: number, now: number): number {
    const count = line.count - keep;
    if (count <= 0) return 0;
    const versions = Array.from({ length: count }, (_, index) => line.versionAt(index));
    this.#headChanged(endpoint, line);
    for (let index = 0; index < count; index++) this.#removeRow(endpoint, line, 0);
    if (line.count === 0) this.#end(endpoint, line);
    for (const version of versions) this.unused(line.pod, version);
    // In the transaction that removes the rows (I6).
    endpoint.lost += count;
    endpoint.lostSince ??= now;
    this.#writeEndpoint(endpoint);
    return count;
  }

  // --- Endpoints ---

  endpoints(): string[] {
    return [...this.#byName.keys()];
  }

  nameOf(id: number): string | undefined {
    return this.#byId.get(id)?.name;
  }

  #endpoint(name: string): Endpoint {
    let endpoint = this.#byName.get(name);
    if (endpoint === undefined) {
      endpoint = this.#addEndpoint(this.#lastEndpoint + 1, name);
      this.#writeEndpoint(endpoint);
    }
    return endpoint;
  }

  #addEndpoint(id: number, name: string): Endpoint {
    const endpoint = new Endpoint(id, name);
    this.#byName.set(name, endpoint);
    this.#byId.set(id, endpoint);
    this.#lastEndpoint = Math.max(this.#lastEndpoint, id);
    return endpoint;
  }

  #writeEndpoint({ id, name, lost, lostSince }: Endpoint): void {
    this.#journal.endpoints.put(id, { name, lost, lostSince: lostSince ?? null });
  }

  forget(name: string): number {
    const endpoint = this.#byName.get(name);
    if (endpoint === undefined) return 0;
    // Out of sight first, so that no version is held by it.
    this.#byName.delete(name);
    this.#byId.delete(endpoint.id);
    this.#journal.endpoints.delete(endpoint.id);
    for (const namespace of endpoint.namespaces.values()) {
      for (const line of namespace.all()) this.#forgetLine(line);
    }
    return endpoint.pending;
  }

  #forgetLine(line: Line): void {
    const versions = new Set<number>();
    for (let index = 0; index < line.count; index++) {
      this.#journal.pending.delete(line.seqAt(index));
      versions.add(line.versionAt(index));
    }
    line.rows.length = 0;
    for (const version of versions) this.unused(line.pod, version);
  }

  lost(name: string): { messages: number; since: number | undefined } {
    const endpoint = this.#byName.get(name);
    return { messages: endpoint?.lost ?? 0, since: endpoint?.lostSince };
  }

  /** In the batch of the acknowledgement that announced it (W3). */
  #announced(endpoint: Endpoint, messages: number): void {
    endpoint.lost = Math.max(0, endpoint.lost - messages);
    if (endpoint.lost === 0) endpoint.lostSince = undefined;
    this.#writeEndpoint(endpoint);
  }

  #row(seq: number): PendingRow {
    const row = this.#journal.pending.get(seq);
    if (row === undefined) throw new TypeError(`The store has no pending row ${seq}`);
    return row;
  }

  // --- The start ---

  /** Endpoints of the last process; `loadRow` follows for each pending row, the oldest first. */
  loadEndpoints(): void {
    const rows = this.#journal.scan<[number, string, number, number | null]>(
      "key, name, lost, lostSince FROM endpoint",
    );
    for (const [key, name, lost, lostSince] of rows) {
      const endpoint = this.#addEndpoint(key, name);
      endpoint.lost = lost;
      endpoint.lostSince = lostSince ?? undefined;
    }
  }

  /** Everything is due: instants of another process's clock mean nothing. What is dead, and why, stays known. */
  loadRow(
    seq: number,
    row: Omit<PendingRow, "coalesced" | "moreReasons">,
    pod: Pod,
    transition: boolean,
  ): void {
    this.#lastSeq = Math.max(this.#lastSeq, seq);
    const endpoint = this.#byId.get(row.endpoint);
    if (endpoint === undefined) return this.#journal.pending.delete(seq);
    const line = endpoint.find(pod, (one) => one.pod === pod);
    if (line !== undefined) {
      line.append(seq, row.version, transition);
      endpoint.pending++;
      return;
    }
    this.#begin(endpoint, pod, seq, row.version, transition);
    const { tries, dead, why } = row;
    const begun = endpoint.find(pod, (one) => one.pod === pod);
    if (begun === undefined || tries + dead === 0) return;
    begun.failures = { ...NO_FAILURES, tries, dead, why: why ?? undefined };
    if (dead > 0) endpoint.dead.add(begun);
  }
}

const NEW_ROW = { tries: 0, dead: 0, why: null, coalesced: 0, moreReasons: "" };

/** A row that stands for another one, and for what that one stood for. */
function absorb(row: PendingRow, other: PendingRow, version: VersionRow): PendingRow {
  const reasons = [row.moreReasons, other.moreReasons, version.reasons].flatMap(splitReasons);
  // A reminder repeats a version that was sent already, so it is none that another stands for.
  const own = version.occasion === "" ? 1 : 0;
  return {
    ...row,
    coalesced: row.coalesced + other.coalesced + own,
    moreReasons: sortReasons(reasons).join(),
  };
}

function isStuck({ failures }: Line): boolean {
  return failures !== undefined && failures.dead > DEAD_RETRIES;
}

function triesOf({ failures }: Line): number {
  return failures?.tries ?? 0;
}

/** All that is left of a body that was given up altogether. */
function identityOf(
  { uid, namespace, name }: Pod,
  { resourceVersion, phase }: VersionRow,
): Uint8Array<ArrayBuffer> {
  const status = phase === null ? {} : { status: { phase: "Deleted" } };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, uid, resourceVersion },
    ...status,
  };
  return new TextEncoder().encode(JSON.stringify({ pod }));
}
