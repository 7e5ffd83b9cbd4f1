/**
 * Lines: what is pending for one endpoint about one pod, and when it may be sent.
 *
 * The lines of one namespace/name are chained (`behind`): a pod's end comes before the beginning of the next pod of its
 * name, so only the first of a chain is ever sent. Where a line is:
 *
 *     none     behind another, or its first message is not durable yet (see `Pending.#touch`)
 *     ready    in the FIFO of its namespace; the namespaces take turns
 *     waiting  in the heap, until it is due
 *     flight   its first message is being sent
 */
import type { Pod } from "./pods.ts";
import type { DeadLetter, Failures } from "./store.ts";

/** So many in memory: with 100,000 pods pending they are most of what there is, so a line is small. */
export class Line implements Linked<Line> {
  readonly pod: Pod;
  readonly namespace: Namespace;
  /**
   * Its messages, the oldest first, each as two numbers: the key of the pending row, and twice the id of the version,
   * plus 1 for a transition. Empty: the line has ended.
   */
  readonly rows: number[];
  place: "none" | "ready" | "waiting" | "flight" = "none";
  /** The monotonic clock; only while it waits. */
  due = 0;
  /** Whether it waits for the body of its first message, and not because that failed. */
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
    this.rows.push(seq, 2 * version + Number(isTransition));
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

/** What is pending for one endpoint. */
export class Endpoint {
  readonly id: number;
  readonly name: string;
  readonly namespaces = new Map<string, Namespace>();
  /** Namespaces with a line that is ready. */
  readonly turns = new Queue<Namespace>();
  readonly waiting = new Heap();
  /** Messages, those in flight and dead letters included. */
  pending = 0;
  lines = 0;
  inFlight = 0;
  readonly dead = new Set<Line>();
  readonly superseded: DeadLetter[] = [];
  lost = 0;
  lostSince: number | undefined;

  constructor(id: number, name: string) {
    this.id = id;
    this.name = name;
  }

  find(
    { namespace, name }: { namespace: string; name: string },
    isIt: (line: Line) => boolean,
  ): Line | undefined {
    return this.namespaces.get(namespace)?.find(name, isIt);
  }

  /** It may be sent, after those that may be already; `first`: before them. */
  enqueue(line: Line, first = false): void {
    const { namespace } = line;
    line.place = "ready";
    if (first) namespace.ready.unshift(line);
    else namespace.ready.push(line);
    if (!namespace.isQueued) this.turns.push(namespace);
    namespace.isQueued = true;
  }

  wait(line: Line, due: number): void {
    line.place = "waiting";
    line.isDeferred = false;
    line.due = due;
    this.waiting.push({ due, line });
  }

  /** Takes a line out of wherever it waits. */
  withdraw(line: Line): void {
    const { namespace } = line;
    if (line.place === "ready") namespace.ready.remove(line);
    if (namespace.isQueued && namespace.ready.first === undefined) {
      this.turns.remove(namespace);
      namespace.isQueued = false;
    }
    line.place = "none";
  }

  /** What is due by now becomes ready. */
  wake(now: number): void {
    for (let top = this.waiting.top; top !== undefined && top.due <= now; top = this.waiting.top) {
      this.waiting.pop();
      this.enqueue(top.line);
    }
  }
}

interface Linked<T> {
  next: T | undefined;
  previous: T | undefined;
}

/** A queue of which each item is in at most one, and from whose middle one can be taken at once. */
export class Queue<T extends Linked<T>> {
  first: T | undefined;
  #last: T | undefined;

  push(item: T): void {
    item.previous = this.#last;
    if (this.#last === undefined) this.first = item;
    else this.#last.next = item;
    this.#last = item;
  }

  unshift(item: T): void {
    item.next = this.first;
    if (this.first === undefined) this.#last = item;
    else this.first.previous = item;
    this.first = item;
  }

  remove(item: T): void {
    if (item.previous === undefined) this.first = item.next;
    else item.previous.next = item.next;
    if (item.next === undefined) this.#last = item.previous;
    else item.next.previous = item.previous;
    item.next = undefined;
    item.previous = undefined;
  }
}

interface Waiting {
  due: number;
  line: Line;
}

/** Lines by the instant at which they are due. One that was withdrawn stays until it would be the first. */
export class Heap {
  readonly #items: Waiting[] = [];

  push(item: Waiting): void {
    const items = this.#items;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent];
      if (above === undefined || above.due <= item.due) break;
      items[index] = above;
      index = parent;
    }
    items[index] = item;
  }

  get top(): Waiting | undefined {
    for (let top = this.#items[0]; top !== undefined; top = this.#items[0]) {
      if (top.line.place === "waiting" && top.line.due === top.due) return top;
      this.pop();
    }
    return undefined;
  }

  pop(): void {
    const items = this.#items;
    const item = items.pop();
    if (item === undefined || items.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const [left, right] = [items[child], items[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && right.due < left.due) child++;
      const least = items[child];
      if (least === undefined || least.due >= item.due) break;
      items[index] = least;
      index = child;
    }
    items[index] = item;
  }
}
