import type { PodRef } from "../../src/pod/pod.ts";
import type {
  DeadLetter,
  Failures,
  Message,
  Pending,
  PendingMessage,
  ProbeChoice,
} from "../../src/store/store.ts";

/** What a test says of a message; the rest is that of a plain change. */
export type MessageParts = Partial<Omit<Message, "body">> & { body?: string };

const UNTRIED: Failures = { tries: 0, strikes: 0, failedAt: 0, dead: 0, why: undefined };

let serial = 0;

/** A message as the store gives it out. */
export function makeMessage(parts: MessageParts = {}): Message {
  const { name = "web-0", namespace = "shop", resourceVersion = "1" } = parts;
  const text = parts.body ?? `{"pod":${JSON.stringify({ name, version: resourceVersion })}}`;
  serial++;
  return {
    seq: serial,
    version: serial,
    endpoint: "a",
    uid: `uid-${name}`,
    namespace,
    name,
    event: "pod.changed",
    resourceVersion,
    epoch: 0,
    generation: 0,
    occasion: "",
    reasons: ["metadata"],
    phase: undefined,
    observed: undefined,
    environment: undefined,
    coalesced: 0,
    completeness: "whole",
    failures: UNTRIED,
    ...parts,
    body: new TextEncoder().encode(text),
  };
}

interface Line {
  namespace: string;
  messages: Message[];
  isInFlight: boolean;
  due: number;
}

/** What is pending for one endpoint. */
class Queue {
  readonly lines = new Map<string, Line>();
  /** Of each namespace the lines that can be sent now, the oldest first; the namespace whose turn is next is first. */
  readonly ready = new Map<string, Line[]>();
  readonly waiting = new Set<Line>();
  inFlight = 0;
  lost = 0;
}

/**
 * A store's `Pending` in memory, as simple as its promises allow: a rotation over namespaces, in each the line that has
 * been ready longest, of each namespace/name one message at a time. It neither coalesces nor keeps anything.
 */
export class MemoryPending implements Pending {
  readonly #queues = new Map<string, Queue>();
  readonly #paused = new Set<string>();

  #queue(endpoint: string): Queue {
    const found = this.#queues.get(endpoint) ?? new Queue();
    this.#queues.set(endpoint, found);
    return found;
  }

  /** Records a message for its endpoint. */
  add(parts: MessageParts = {}): Message {
    const message = makeMessage(parts);
    const queue = this.#queue(message.endpoint);
    const key = `${message.namespace}/${message.name}`;
    const line = queue.lines.get(key);
    if (line !== undefined) line.messages.push(message);
    else {
      const made = { namespace: message.namespace, messages: [message], isInFlight: false, due: 0 };
      queue.lines.set(key, made);
      this.#makeReady(queue, made);
    }
    return message;
  }

  /** Counts messages as evicted. */
  lose(endpoint: string, messages: number): void {
    this.#queue(endpoint).lost += messages;
  }

  /** Of all messages of an endpoint, the oldest of each line first. */
  messages(endpoint: string): Message[] {
    return [...this.#queue(endpoint).lines.values()].flatMap((line) => line.messages);
  }

  endpoints(): string[] {
    return [...this.#queues.keys()];
  }

  forget(endpoint: string): number {
    const messages = this.messages(endpoint).length;
    this.#queues.delete(endpoint);
    return messages;
  }

  has(endpoint: string, uid: string): boolean {
    return this.messages(endpoint).some((message) => message.uid === uid);
  }

  take(endpoint: string, now: number): Message | undefined {
    const queue = this.#queue(endpoint);
    this.#wakeLines(queue, now);
    const next = queue.ready.entries().next().value;
    return next === undefined ? undefined : this.#take(queue, next[1][0]);
  }

  probe(endpoint: string, now: number, { random, last, first = [] }: ProbeChoice): Message | undefined {
    const queue = this.#queue(endpoint);
    this.#wakeLines(queue, now);
    const all = [...queue.ready.values()].flat();
    const invited = first
      .map(({ uid }) => all.find(({ messages: [first] }) => first?.uid === uid))
      .find((line) => line !== undefined);
    if (invited !== undefined) return this.#take(queue, invited);
    const others = all.filter(({ messages: [first] }) => last.every(({ uid }) => uid !== first?.uid));
    const elsewhere = others.filter((line) => last.every(({ namespace }) => namespace !== line.namespace));
    const pool = [elsewhere, others, all].find((lines) => lines.length > 0) ?? [];
    const least = pool.reduce((least, line) => Math.min(least, triesOf(line)), Infinity);
    const candidates = pool.filter((line) => triesOf(line) === least).slice(0, 50);
    return this.#take(queue, candidates[Math.floor(random * candidates.length)]);
  }

  #take(queue: Queue, line: Line | undefined): Message | undefined {
    if (line === undefined) return undefined;
    const ready = queue.ready.get(line.namespace) ?? [];
    ready.splice(ready.indexOf(line), 1);
    queue.ready.delete(line.namespace);
    if (ready.length > 0) queue.ready.set(line.namespace, ready);
    line.isInFlight = true;
    queue.inFlight++;
    return line.messages[0];
  }

  acknowledged(message: Message, announced: number): void {
    const [queue, line] = this.#landed(message);
    queue.lost -= announced;
    line.messages.shift();
    if (line.messages.length > 0) this.#makeReady(queue, line);
    else queue.lines.delete(`${message.namespace}/${message.name}`);
  }

  failed(message: Message, failures: Failures, due: number): void {
    const [queue, line] = this.#landed(message);
    line.messages[0] = { ...message, failures };
    // As the store does it: a newer version takes the place of a dead letter that is no transition.
    if (failures.dead > 0 && line.messages[1]?.uid === message.uid) {
      line.messages.shift();
      return this.#makeReady(queue, line);
    }
    line.due = due;
    queue.waiting.add(line);
  }

  release(message: Message): void {
    this.#makeReady(...this.#landed(message));
  }

  defer(message: Message, due: number): void {
    const [queue, line] = this.#landed(message);
    line.due = due;
    queue.waiting.add(line);
  }

  /** Its body was read again: it is whole now. */
  restore(name: string): void {
    for (const { lines } of this.#queues.values()) {
      const line = lines.get(`shop/${name}`);
      const [first] = line?.messages ?? [];
      if (line !== undefined && first !== undefined) line.messages[0] = { ...first, completeness: "whole" };
    }
  }

  #landed(message: Message): [Queue, Line] {
    const queue = this.#queue(message.endpoint);
    const line = queue.lines.get(`${message.namespace}/${message.name}`);
    if (line?.messages[0]?.seq !== message.seq || !line.isInFlight) {
      throw new Error(`${message.name} is not in flight.`);
    }
    line.isInFlight = false;
    queue.inFlight--;
    return [queue, line];
  }

  nextDue(endpoint: string): number | undefined {
    const dues = [...this.#queue(endpoint).waiting].map(({ due }) => due);
    return dues.length === 0 ? undefined : dues.reduce((least, due) => Math.min(least, due));
  }

  hasUntried(endpoint: string, now: number, otherThan: string): boolean {
    const queue = this.#queue(endpoint);
    this.#wakeLines(queue, now);
    return [...queue.ready].some(([namespace, lines]) =>
      namespace !== otherThan && lines.some((line) => triesOf(line) === 0)
    );
  }

  hasReady(endpoint: string, now: number): boolean {
    const queue = this.#queue(endpoint);
    this.#wakeLines(queue, now);
    return queue.ready.size > 0;
  }

  counts(endpoint: string): { pending: number; deadLetters: number; inFlight: number } {
    const messages = this.messages(endpoint);
    const deadLetters = messages.filter(({ failures }) => failures.dead > 0).length;
    return { pending: messages.length, deadLetters, inFlight: this.#queue(endpoint).inFlight };
  }

  deadLetters(endpoint: string, limit: number): DeadLetter[] {
    return this.messages(endpoint).filter(({ failures }) => failures.dead > 0).slice(0, limit).map((
      message,
    ) => ({
      pod: `${message.namespace}/${message.name}`,
      uid: message.uid,
      resourceVersion: message.resourceVersion,
      why: message.failures.why ?? "",
      tries: message.failures.tries,
      superseded: false,
    }));
  }

  read(): Message | undefined {
    throw new Error("No body is read here.");
  }

  list(endpoint: string, limit: number): PendingMessage[] {
    const { lines } = this.#queue(endpoint);
    const listed = [...lines.values()].flatMap(({ messages, isInFlight, due }) =>
      messages.map(({ body: _body, completeness: _completeness, ...message }, index) => {
        const isDeadLetter = message.failures.dead > 0;
        return { ...message, isInFlight: isInFlight && index === 0, isDeadLetter, due: due || undefined };
      })
    );
    return listed.sort((a, b) => Number(b.isDeadLetter) - Number(a.isDeadLetter)).slice(0, limit);
  }

  retryDeadLetter(endpoint: string, seq: number): boolean {
    const queue = this.#queue(endpoint);
    const line = [...queue.waiting].find(({ messages: [first] }) =>
      first?.seq === seq && first.failures.dead > 0
    );
    if (line === undefined) return false;
    queue.waiting.delete(line);
    this.#makeReady(queue, line);
    return true;
  }

  discard(): number {
    throw new Error("Nothing is discarded here.");
  }

  isPaused(endpoint: string): boolean {
    return this.#paused.has(endpoint);
  }

  setPaused(endpoint: string, isPaused: boolean): void {
    if (isPaused) this.#paused.add(endpoint);
    else this.#paused.delete(endpoint);
  }

  hasCurrent(endpoint: string, { uid }: PodRef): boolean {
    return this.has(endpoint, uid);
  }

  retryDeadLetters(endpoint: string, count = Infinity): number {
    const queue = this.#queue(endpoint);
    let retried = 0;
    for (const line of queue.waiting) {
      if (retried >= count) break;
      if ((line.messages[0]?.failures.dead ?? 0) === 0) continue;
      retried++;
      queue.waiting.delete(line);
      this.#makeReady(queue, line);
    }
    return retried;
  }

  lost(endpoint: string): { messages: number; since: number | undefined } {
    return { messages: this.#queue(endpoint).lost, since: undefined };
  }

  #wakeLines(queue: Queue, now: number): void {
    for (const line of queue.waiting) {
      if (line.due > now) continue;
      queue.waiting.delete(line);
      this.#makeReady(queue, line);
    }
  }

  #makeReady(queue: Queue, line: Line): void {
    const ready = queue.ready.get(line.namespace);
    if (ready === undefined) queue.ready.set(line.namespace, [line]);
    else ready.push(line);
  }
}

function triesOf({ messages: [first] }: Line): number {
  return first?.failures.tries ?? 0;
}
