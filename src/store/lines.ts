/**
 * Lines: what is pending for one endpoint about one pod.
 *
 * The lines of one namespace/name are chained (`behind`): a pod's end comes before the beginning of the next pod of its
 * name, so only the first of a chain is ever sent. Where a line is:
 *
 *     none     behind another, or its first message is not durable yet (see `Order.touch`)
 *     ready    in the FIFO of its namespace; the namespaces take turns
 *     waiting  in the heap, until it is due
 *     flight   its first message is being sent
 */
import type { Pod } from "./pods.ts";
import { type Linked, Queue } from "./queue.ts";
import type { Failures } from "./store.ts";

/** So many in memory: with 100,000 pods pending they are most of what there is, so a line is small. */
export class Line implements Linked<Line> {
  readonly pod: Pod;
  readonly namespace: Namespace;
  /**
   * Its messages, the oldest first, each as two numbers: the key of the pending row, and twice the id of the version,
   * plus 1 for a transition. Empty: the line has ended.
   */
  rows: number[];
  place: "none" | "ready" | "waiting" | "flight" = "none";
  /** The monotonic clock; only while it waits. */
  due = 0;
  /** Whether it was handed out and came back because the body of its first message has to be fetched. */
  isDeferred = false;
  /** The batch that changed its first message last. */
  batch = 0;
  /** What went wrong with its first message; undefined: nothing. */
  failures: Failures | undefined;
  next: Line | undefined;
  previous: Line | undefined;
  behind: Line | undefined;

  constructor(pod: Pod, namespace: Namespace, seq: number, version: number, isTransition: boolean) {
    this.pod = pod;
    this.namespace = namespace;
    // As a literal it has no room to grow, which most never need.
    this.rows = [seq, 2 * version + Number(isTransition)];
  }

  get count(): number {
    return this.rows.length / 2;
  }

  seqAt(index: number): number {
    return this.rows[2 * index] ?? 0;
  }

  versionAt(index: number): number {
    return Math.floor((this.rows[2 * index + 1] ?? 0) / 2);
  }

  isTransitionAt(index: number): boolean {
    return (this.rows[2 * index + 1] ?? 0) % 2 === 1;
  }

  append(seq: number, version: number, isTransition: boolean): void {
    // A copy has no room to grow; `push` would leave some for as much again, in each line of an outage.
    this.rows = [...this.rows, seq, 2 * version + Number(isTransition)];
  }

  replaceLast(version: number, isTransition: boolean): void {
    this.rows[this.rows.length - 1] = 2 * version + Number(isTransition);
  }

  removeAt(index: number): void {
    this.rows.splice(2 * index, 2);
  }

  holds(version: number): boolean {
    for (let index = 0; index < this.count; index++) if (this.versionAt(index) === version) return true;
    return false;
  }
}

/** The lines of one namespace. */
export class Namespace implements Linked<Namespace> {
  readonly name: string;
  /** The first of each name's chain. */
  readonly lines = new Map<string, Line>();
  /** Lines of pods that are stuck, which the next pod of their name has passed. */
  readonly parked = new Set<Line>();
  readonly ready = new Queue<Line>();
  next: Namespace | undefined;
  previous: Namespace | undefined;
  isQueued = false;
  /**
   * Which of its endpoint's probes was the last of this namespace; 0: none since something of it was accepted, which makes it
   * as good a probe as one that was never asked.
   */
  probedAt = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** The line of a pod. */
  find(name: string, isIt: (line: Line) => boolean): Line | undefined {
    for (let line = this.lines.get(name); line !== undefined; line = line.behind) if (isIt(line)) return line;
    for (const line of this.parked) if (isIt(line)) return line;
    return undefined;
  }

  isFirst(line: Line): boolean {
    return this.lines.get(line.pod.name) === line || this.parked.has(line);
  }

  /** Takes a line out of its chain. Returns the one that is now the first of it, if that is another one. */
  unchain(line: Line): Line | undefined {
    if (this.parked.delete(line)) return undefined;
    const { name } = line.pod;
    const first = this.lines.get(name);
    if (first === line) {
      if (line.behind === undefined) this.lines.delete(name);
      else this.lines.set(name, line.behind);
      return line.behind;
    }
    for (let before = first; before !== undefined; before = before.behind) {
      if (before.behind === line) before.behind = line.behind;
    }
    return undefined;
  }

  *all(): Generator<Line> {
    for (const first of this.lines.values()) {
      for (let line: Line | undefined = first; line !== undefined; line = line.behind) yield line;
    }
    yield* this.parked;
  }
}
