/**
 * Eviction: what is given up when memory or disk reach their bound, at the cost of the endpoints that are behind, the
 * furthest first. In this order, until there is room again:
 *
 * 1. *Fetchable* bodies (a pod's current version) are trimmed: the pod is read again when its turn comes.
 * 2. *Middle transitions* are thinned out: of the latest 20 of a line 5 stay, then 1; what goes is coalesced.
 * 3. *Unheard* pods, which came and went while the endpoint was behind, go as if they had never been.
 * 4. *Older* bodies are trimmed: nothing brings those back. Then those that nobody waits for.
 * 5. The *oldest* lines go, of the namespace that has most. A pod that lives keeps its last message, unless memory is
 *    what is short.
 *
 * Bodies are trimmed (1, 4) where it is them that are too many: on the disk or, where they are in memory, there. They are
 * if there is no disk, and what is new of them while the disk fails.
 *
 * What goes for good (3, 5) is lost: counted in the endpoint's row in the same transaction, and announced with its next
 * delivery. An endpoint that is not behind pays for nobody: neither its messages go nor bodies that it waits for, too.
 *
 * Each commit does one slice of this. The bound may be passed for so long.
 */
import type { Clock } from "../runtime/clock.ts";
import type { Bodies } from "./bodies.ts";
import type { KnownPods } from "./inventory.ts";
import type { Journal } from "./journal.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Line, Namespace } from "./lines.ts";
import type { PendingLines } from "./pending.ts";
import type { Pod } from "./pods.ts";
import { hasFlag, splitReasons, type Versions } from "./versions.ts";

/** Where it begins, and how far down it goes; parts of a limit. */
const FULL = 0.9;
const RELIEVED = 0.8;

/** Rows that one commit looks at. */
const SLICE = 500;

/** Bytes of memory, measured: of a pod that is gone but pending, a line, a row of it. */
const GONE_BYTES = 520;
const LINE_BYTES = 200;
const ROW_BYTES = 16;

/** The same of a version that is on no disk, and only there for what is pending. */
const VERSION_BYTES = 650;

/**
 * An endpoint is behind if so much is pending for it: this part of what the furthest has, and of the limit. Of that all
 * those who are not behind may take up some together, however many they are.
 */
const BEHIND = 0.1;
const NOT_BEHIND = 0.01;
const ALL_NOT_BEHIND = 0.4;

/** After a look that could not free enough, so much more comes before the next one; a part of the limit. */
const PATIENCE = 0.01;

/** An endpoint's losses are reported this often, in milliseconds. */
const REPORT = 60_000;

/** What eviction needs of the rest of the store. */
export interface EvictionDeps {
  journal: Journal;
  bodies: Bodies;
  versions: Versions;
  pending: PendingLines;
  inventory: KnownPods;
  clock: Clock;
  /** Bytes of memory, and of deflated bodies on the disk. */
  memory: number;
  disk: number;
  /** Whether there is no disk. */
  isMemory: boolean;
  onEvicted: (endpoint: string, messages: number) => void;
}

/** Frees what it can of one line. Returns how many rows it looked at. */
type Step = (endpoint: Endpoint, line: Line) => number;

/** Keeps a store within its bounds. */
export class Eviction {
  readonly #deps: EvictionDeps;
  /** What is under way since an earlier commit; yields the rows that it looked at. */
  #relief: Generator<number, void, void> | undefined;
  /** The part of a limit up to which there is nothing to look for. */
  #next = FULL;
  /** Whether the disk fails, so that dirty bodies are in memory. */
  #isFaulty = false;
  #behind: Endpoint[] = [];
  readonly #reported = new WeakMap<Endpoint, number>();

  constructor(deps: EvictionDeps) {
    this.#deps = deps;
  }

  /** One slice, if there is no room. Returns whether there is more to do. */
  makeRoom(isFaulty: boolean): boolean {
    this.#isFaulty = isFaulty;
    if (this.#relief === undefined && this.#use() <= this.#next) {
      this.#next = Math.max(FULL, Math.min(this.#next, this.#use() + PATIENCE));
      return false;
    }
    this.#relief ??= this.#relieve();
    for (let rows = 0; rows < SLICE;) {
      const step = this.#relief.next();
      if (step.done === true) {
        this.#relief = undefined;
        this.#next = Math.max(FULL, this.#use() + PATIENCE);
        break;
      }
      rows += step.value;
    }
    this.report();
    return this.#relief !== undefined;
  }

  /**
   * Reports losses, each endpoint's once a minute at most. What was not reported yet is in its row, and what comes of the
   * report is of the batch in which it no longer is: a crash makes nobody miss it, nor hear it twice.
   */
  report(): void {
    const { pending, clock, onEvicted } = this.#deps;
    const now = clock.monotonic();
    for (const endpoint of pending.all.list()) {
      const { name, evicted } = endpoint;
      if (evicted === 0 || now - (this.#reported.get(endpoint) ?? -Infinity) < REPORT) continue;
      this.#reported.set(endpoint, now);
      endpoint.evicted = 0;
      pending.all.write(endpoint);
      onEvicted(name, evicted);
    }
  }

  // --- How much there is ---

  /** The part of its limit that is used, of the one that is nearer to it. */
  #use(): number {
    return Math.max(this.#memoryUse(), this.#diskUse());
  }

  #memoryUse(): number {
    const { pending, inventory, memory } = this.#deps;
    let bytes = GONE_BYTES * inventory.gone + (this.#isInMemory ? this.#bytesInMemory() : 0);
    for (const endpoint of pending.all.list()) {
      bytes += LINE_BYTES * endpoint.lines + ROW_BYTES * endpoint.pending;
    }
    return bytes / memory;
  }

  /** Whether bodies and rows are in memory, or what is new of them. */
  get #isInMemory(): boolean {
    return this.#isFaulty || this.#deps.isMemory;
  }

  /** What nothing here can free is not in it: the version that each pod has. */
  #bytesInMemory(): number {
    const { journal: { blocks, pending, versions }, bodies, inventory, isMemory } = this.#deps;
    const others = Math.max(0, (isMemory ? bodies.count : versions.dirty.size) - inventory.count());
    return (isMemory ? bodies.liveBytes : blocks.dirtyBytes) + pending.dirtyBytes + VERSION_BYTES * others;
  }

  /** Of what bodies take up. */
  #bodyUse(): number {
    return this.#isInMemory ? this.#use() : this.#diskUse();
  }

  #diskUse(): number {
    return this.#deps.bodies.liveBytes / this.#deps.disk;
  }

  // --- The order in which it goes ---

  *#relieve(): Generator<number, void, void> {
    this.#behind = this.#findBehind();
    if (this.#isFaulty) yield* this.#compactUnwritten();
    if (this.#bodyUse() > RELIEVED) {
      yield* this.#each((endpoint, line) => this.#trimFetchable(endpoint, line));
    }
    const { coalescing } = this.#deps.pending;
    for (const latest of [5, 1]) {
      yield* this.#each((endpoint, line) => coalescing.thin(endpoint, line, latest));
    }
    yield* this.#each((endpoint, line) => this.#evictUnheard(endpoint, line));
    if (this.#bodyUse() > RELIEVED) yield* this.#each((endpoint, line) => this.#trimAll(endpoint, line));
    yield* this.#trimResting();
    yield* this.#each((endpoint, line) => this.#evict(endpoint, line));
  }

  #findBehind(): Endpoint[] {
    const endpoints = [...this.#deps.pending.all.list()];
    const most = Math.max(0, ...endpoints.map(({ pending }) => pending));
    const { memory, disk, bodies } = this.#deps;
    const unit = Math.max(ROW_BYTES / memory, bodies.meanBytes / (this.#isInMemory ? memory : disk));
    const least = Math.min(NOT_BEHIND, ALL_NOT_BEHIND / endpoints.length);
    return endpoints.filter(({ pending }) => pending >= BEHIND * most && pending * unit >= least);
  }

  /** Goes through the lines of whoever is furthest behind at the moment, until there is room or nothing is left. */
  *#each(step: Step): Generator<number, void, void> {
    const walks = new Map(this.#behind.map((endpoint) => [endpoint, walk(endpoint)]));
    while (this.#use() > RELIEVED && walks.size > 0) {
      const [furthest] = [...walks.keys()].sort((a, b) => b.pending - a.pending);
      const next = furthest && walks.get(furthest)?.next();
      if (furthest === undefined || next === undefined || next.done === true) {
        if (furthest !== undefined) walks.delete(furthest);
        continue;
      }
      // A line in flight, or of a notice, is left alone.
      const line = next.value;
      yield 1 + (line.place === "flight" || line.pod.isNotice ? 0 : step(furthest, line));
    }
  }

  // --- The steps ---

  /** Bodies that are dead, in blocks that others keep in memory. */
  *#compactUnwritten(): Generator<number, void, void> {
    const { journal, versions } = this.#deps;
    for (const block of [...journal.blocks.dirty.keys()]) yield 1 + versions.compactBlock(block);
  }

  #trimFetchable(endpoint: Endpoint, line: Line): number {
    const last = line.count - 1;
    const { pod } = line;
    // A transition is a state that no later version shows: once one came, this one cannot be fetched again.
    if (pod.current === line.versionAt(last) && !line.isTransitionAt(last)) {
      this.#trim(endpoint, pod, pod.current);
    }
    return 1;
  }

  #evictUnheard(endpoint: Endpoint, line: Line): number {
    const { versions, journal } = this.#deps;
    if (!line.pod.isGone || line.failures !== undefined) return 0;
    const first = versions.row(line.versionAt(0));
    const reasons = splitReasons(`${first.reasons},${journal.pending.get(line.seqAt(0))?.moreReasons ?? ""}`);
    if (reasons.includes("created")) this.#lose(endpoint, line, 0);
    return 1;
  }

  #trimAll(endpoint: Endpoint, line: Line): number {
    for (let index = 0; index < line.count; index++) this.#trim(endpoint, line.pod, line.versionAt(index));
    return line.count;
  }

  *#trimResting(): Generator<number, void, void> {
    const { inventory, pending } = this.#deps;
    for (const pod of inventory.pods()) {
      if (this.#bodyUse() <= RELIEVED) return;
      if (pod.current !== 0 && !pending.order.isPending(pod)) this.#trimVersion(pod.current);
      yield 1;
    }
  }

  #evict(endpoint: Endpoint, line: Line): number {
    const keepsLast = !line.pod.isGone && this.#memoryUse() <= RELIEVED;
    this.#lose(endpoint, line, keepsLast ? 1 : 0);
    return 1;
  }

  /** Unless an endpoint that is not behind waits for it, too. */
  #trim(endpoint: Endpoint, pod: Pod, version: number): void {
    const { pending, versions } = this.#deps;
    if (hasFlag(versions.row(version), "trimmed")) return;
    const others = pending.order.holders(pod, version).filter((other) => other !== endpoint);
    if (others.every((other) => this.#behind.includes(other))) this.#trimVersion(version);
  }

  /** What is on the disk takes no memory; to trim it would, while the disk cannot be written. */
  #trimVersion(version: number): void {
    const { journal, versions, isMemory } = this.#deps;
    const { block } = versions.row(version);
    if (isMemory || this.#diskUse() > RELIEVED || journal.blocks.dirty.has(block)) versions.trim(version);
  }

  #lose(endpoint: Endpoint, line: Line, keep: number): void {
    const { pending } = this.#deps;
    const messages = pending.evict(endpoint, line, keep);
    if (messages === 0) return;
    endpoint.evicted += messages;
    pending.all.write(endpoint);
  }
}

/** The lines of an endpoint: always the oldest that is left of the namespace that has most. */
function* walk(endpoint: Endpoint): Generator<Line, void, void> {
  const namespaces = new Map<Namespace, Iterator<Line>>();
  for (const namespace of endpoint.namespaces.values()) namespaces.set(namespace, namespace.all());
  const sizes = [...namespaces.keys()].sort((a, b) => b.lines.size - a.lines.size);
  while (sizes.length > 0) {
    const [first, second] = sizes;
    if (first === undefined) return;
    const next = namespaces.get(first)?.next();
    if (next === undefined || next.done === true) {
      sizes.shift();
      continue;
    }
    yield next.value;
    if (second !== undefined && first.lines.size < second.lines.size) {
      sizes.sort((a, b) => b.lines.size - a.lines.size);
    }
  }
}
