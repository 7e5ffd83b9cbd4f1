/**
 * An endpoint: its lines, and which of them is sent next.
 *
 * The namespaces take turns, so that one tenant's backlog is not everybody's; in each it is first come, first served. A
 * line that waits for its time holds up no other. One whose first message is not durable yet (`batch`) is passed over
 * and keeps its place. One that came back for want of its body had its turn: with the body it is the next of all.
 */
import type { PodRef } from "../pod/pod.ts";
import type { Journal } from "./journal.ts";
import type { Line, Namespace } from "./lines.ts";
import { Heap, Queue } from "./queue.ts";
import type { DeadLetter, LastEvents, ProbeChoice } from "./store.ts";

/** Messages among which a probe is chosen, if there are not more namespaces. */
const CANDIDATES = 50;

/** What is pending for one endpoint. */
export class Endpoint {
  readonly id: number;
  readonly name: string;
  readonly namespaces = new Map<string, Namespace>();
  /** Messages, those in flight and dead letters included. */
  pending = 0;
  lines = 0;
  readonly inFlight = new Set<Line>();
  readonly dead = new Set<Line>();
  /** Dead letters whose place a newer version took: some of the last. */
  readonly superseded: DeadLetter[] = [];
  /** Messages that were evicted or discarded, and not announced yet; since when. */
  lost = 0;
  lostSince: number | undefined;
  /** Messages that were evicted and not reported yet (`eviction.ts`). */
  evicted = 0;
  /** Whether nothing is sent to it for now. */
  isPaused = false;
  /** See `LastEvents`. */
  lastEvent: string | undefined;
  /** Namespaces with a line that is ready. */
  readonly #turns = new Queue<Namespace>();
  /** So many probes were chosen. */
  #probes = 0;
  /** Ready lines whose turn had come before their body had. */
  readonly #restored = new Set<Line>();
  /** Lines that wait. One that was withdrawn stays until it would be the first. */
  readonly #waiting = new Heap<{ due: number; line: Line }>();

  constructor(id: number, name: string) {
    this.id = id;
    this.name = name;
  }

  find({ namespace, name }: Omit<PodRef, "uid">, isIt: (line: Line) => boolean): Line | undefined {
    return this.namespaces.get(namespace)?.find(name, isIt);
  }

  *all(): Generator<Line> {
    for (const namespace of this.namespaces.values()) yield* namespace.all();
  }

  /** The lines of its dead letters that are not in flight, or of one, by the key of its row. */
  restingDead(seq?: number): Line[] {
    return [...this.dead].filter((line) =>
      line.place !== "flight" && (seq === undefined || line.seqAt(0) === seq)
    );
  }

  // --- Where a line is ---

  /** It may be sent, after those that may be already; `first`: before them. */
  enqueue(line: Line, first = false): void {
    const { namespace } = line;
    line.place = "ready";
    if (first) namespace.ready.unshift(line);
    else namespace.ready.push(line);
    if (!namespace.isQueued) this.#turns.push(namespace);
    namespace.isQueued = true;
  }

  /** The same for one whose body came back. It goes before all others: what waits behind them may be given up again. */
  enqueueRestored(line: Line): void {
    this.enqueue(line, true);
    this.#restored.add(line);
  }

  wait(line: Line, due: number): void {
    line.place = "waiting";
    line.isDeferred = false;
    line.due = due;
    this.#waiting.push({ due, line });
  }

  /** Takes a line out of wherever it waits. */
  withdraw(line: Line): void {
    const { namespace } = line;
    if (line.place === "ready") namespace.ready.remove(line);
    this.#restored.delete(line);
    if (namespace.isQueued && namespace.ready.first === undefined) {
      this.#turns.remove(namespace);
      namespace.isQueued = false;
    }
    line.place = "none";
  }

  /** When the next waiting line is due. */
  nextDue(): number | undefined {
    for (let top = this.#waiting.top; top !== undefined; top = this.#waiting.top) {
      if (top.line.place === "waiting" && top.line.due === top.due) return top.due;
      this.#waiting.pop();
    }
    return undefined;
  }

  /** What is due by now becomes ready. */
  wake(now: number): void {
    while ((this.nextDue() ?? Infinity) <= now) {
      const { line } = this.#waiting.top ?? {};
      this.#waiting.pop();
      if (line !== undefined) this.enqueue(line);
    }
  }

  // --- Which line is next ---

  /** The line whose turn it is, of those whose first message is durable. The next turn is another namespace's. */
  next(durable: number): Line | undefined {
    const restored = this.#firstRestored(durable);
    if (restored !== undefined) return restored;
    const line = this.firstReady(durable);
    if (line === undefined) return undefined;
    this.#turns.remove(line.namespace);
    this.#turns.push(line.namespace);
    return line;
  }

  firstReady(durable: number): Line | undefined {
    for (let namespace = this.#turns.first; namespace !== undefined; namespace = namespace.next) {
      let line = namespace.ready.first;
      while (line !== undefined && line.batch > durable) line = line.next;
      if (line !== undefined) return line;
    }
    return undefined;
  }

  #firstRestored(durable: number): Line | undefined {
    for (const line of this.#restored) if (line.batch <= durable) return line;
    return undefined;
  }

  /** A line for a probe; see `Pending.probe`. Whose turn it is without a probe stays as it is. */
  probe(durable: number, { random, last, first = [], isAnywhere = false }: ProbeChoice): Line | undefined {
    const invited = first
      .map((pod) => this.find(pod, (line) => line.pod.uid === pod.uid))
      .find((line) => line?.place === "ready" && line.batch <= durable);
    const chosen = invited ?? this.#firstRestored(durable);
    if (chosen !== undefined) return chosen;
    const candidates = isAnywhere ? this.#anywhere(durable, random) : this.#candidates(durable);
    const others = candidates.filter(({ pod }) => last.every(({ uid }) => uid !== pod.uid));
    const elsewhere = others.filter(({ pod }) => last.every(({ namespace }) => namespace !== pod.namespace));
    const pool = [elsewhere, others, candidates].find((lines) => lines.length > 0) ?? [];
    const untried = leastOf(pool, triesOf);
    // Where most namespaces are poison, chance alone comes to the others late.
    const drawn = leastOf(untried, ({ namespace }) => namespace.probedAt);
    const line = drawn[Math.floor(random * drawn.length)];
    if (line !== undefined) line.namespace.probedAt = ++this.#probes;
    return line;
  }

  hasUntried(durable: number, otherThan: string): boolean {
    return this.#candidates(durable).some((line) => line.pod.namespace !== otherThan && triesOf(line) === 0);
  }

  /** Some lines that could be sent now: the first of each namespace, and more where there are few namespaces. */
  #candidates(durable: number): Line[] {
    const found: Line[] = [];
    let row: Line[] = [];
    for (let one = this.#turns.first; one !== undefined; one = one.next) {
      row.push(...one.ready.first ? [one.ready.first] : []);
    }
    while (row.length > 0 && found.length < CANDIDATES) {
      found.push(...row.filter(({ batch }) => batch <= durable));
      row = row.flatMap(({ next }) => next ?? []);
    }
    return found;
  }

  /** The same from all that is ready: of each namespace some that are equally far apart. */
  #anywhere(durable: number, random: number): Line[] {
    const rows: Line[][] = [];
    for (let one = this.#turns.first; one !== undefined; one = one.next) {
      const row: Line[] = [];
      for (let line = one.ready.first; line !== undefined; line = line.next) {
        if (line.batch <= durable) row.push(line);
      }
      rows.push(row);
    }
    const most = Math.ceil(CANDIDATES / rows.length);
    // Its last digits: the first ones choose among the candidates.
    const shift = random * 1_000 % 1;
    return rows.flatMap((row) => {
      const count = Math.min(most, row.length);
      return Array.from(
        { length: count },
        (_, at) => row[Math.floor((at + shift) * row.length / count)] ?? [],
      ).flat();
    });
  }
}

function leastOf(lines: Line[], of: (line: Line) => number): Line[] {
  const least = lines.reduce((so, line) => Math.min(so, of(line)), Infinity);
  return lines.filter((line) => of(line) === least);
}

function triesOf({ failures }: Line): number {
  return failures?.tries ?? 0;
}

/** All endpoints that the store knows, by name and by the id that stands in rows. */
export class Endpoints implements LastEvents {
  readonly #journal: Journal;
  readonly #byName = new Map<string, Endpoint>();
  readonly #byId = new Map<number, Endpoint>();
  #last = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  load(): void {
    type Tuple = [number, string, number, number | null, number | null, string | null, number | null];
    const rows = this.#journal.scan<Tuple>("endpoint", "name, lost, lostSince, paused, lastEvent, evicted");
    for (const [id, name, lost, lostSince, paused, lastEvent, evicted] of rows) {
      Object.assign(this.#add(id, name), {
        lost,
        lostSince: lostSince ?? undefined,
        isPaused: paused === 1,
        lastEvent: lastEvent ?? undefined,
        evicted: evicted ?? 0,
      });
    }
  }

  list(): Iterable<Endpoint> {
    return this.#byName.values();
  }

  get(name: string): Endpoint | undefined {
    return this.#byName.get(name);
  }

  byId(id: number): Endpoint | undefined {
    return this.#byId.get(id);
  }

  /** Made where there is none. */
  open(name: string): Endpoint {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const endpoint = this.#add(this.#last + 1, name);
    this.write(endpoint);
    return endpoint;
  }

  forget(endpoint: Endpoint): void {
    this.#byName.delete(endpoint.name);
    this.#byId.delete(endpoint.id);
    this.#journal.endpoints.delete(endpoint.id);
  }

  /** So many messages are lost and not announced yet. */
  setLost(endpoint: Endpoint, messages: number, now: number): void {
    endpoint.lost = messages;
    endpoint.lostSince = messages === 0 ? undefined : endpoint.lostSince ?? now;
    this.write(endpoint);
  }

  lastEvent(name: string): string | undefined {
    return this.#byName.get(name)?.lastEvent;
  }

  setLastEvent(name: string, event: string): void {
    const endpoint = this.open(name);
    endpoint.lastEvent = event;
    this.write(endpoint);
  }

  /** Its losses changed, whether it is paused, or what was said of it. */
  write({ id, name, lost, lostSince, evicted, isPaused, lastEvent }: Endpoint): void {
    this.#journal.endpoints.put(id, {
      name,
      lost,
      lostSince: lostSince ?? null,
      paused: Number(isPaused),
      lastEvent: lastEvent ?? null,
      evicted,
    });
  }

  /** All versions of pods that are pending, each once. */
  versionsOfPods(): Set<number> {
    const versions = new Set<number>();
    for (const endpoint of this.list()) {
      for (const line of endpoint.all()) {
        if (line.pod.isNotice) continue;
        for (let index = 0; index < line.count; index++) versions.add(line.versionAt(index));
      }
    }
    return versions;
  }

  #add(id: number, name: string): Endpoint {
    const endpoint = new Endpoint(id, name);
    this.#byName.set(name, endpoint);
    this.#byId.set(id, endpoint);
    this.#last = Math.max(this.#last, id);
    return endpoint;
  }
}
