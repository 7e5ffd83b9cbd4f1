import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isTransition, sortReasons } from "../change/reasons.ts";
import type { Bodies } from "./bodies.ts";
import { contentOf, countOf, joinReasons, readMessage, splitReasons } from "./message_row.ts";
import { SQL, STUCK } from "./outbox_sql.ts";
import type { SqliteEndpoints } from "./sqlite_endpoints.ts";
import { prepareAll, type Row } from "./statements.ts";
import type { BodyId } from "./inventory.ts";
import type { Failure, Message, NewMessage, Outbox, SetAside } from "./store.ts";

/** Of a pod's transitions, these many of the latest are kept for an endpoint that is behind, and the first. */
export const LATEST_TRANSITIONS = 20;

/** `Outbox` on the tables `outbox`, `told` and `endpoint`. */
export class SqliteOutbox implements Outbox {
  /**
   * Messages that are being sent, each with its endpoint and namespace/name: of these one at a time. They keep
   * their row, but nothing may take their place.
   */
  readonly #taken = new Map<number, string>();
  /** The number that was given last: none is given twice. (AUTOINCREMENT writes a page more for each message.) */
  #seq = 0;
  /** How many messages there are for each endpoint: most of the time none, and then nothing needs to be asked. */
  readonly #count = new Map<number, number>();
  readonly #endpoints: SqliteEndpoints;
  readonly #bodies: Bodies;
  #statements: Record<keyof typeof SQL, StatementSync>;

  constructor(database: DatabaseSync, bodies: Bodies, endpoints: SqliteEndpoints) {
    this.#bodies = bodies;
    this.#endpoints = endpoints;
    this.#statements = prepareAll(database, SQL);
    // Instants of another process's clock mean nothing here.
    database.exec("UPDATE outbox SET due = 0 WHERE due > 0");
    this.reload();
  }

  /** So many messages of an endpoint's were given up, and are not in the table any more. */
  gaveUp(endpoint: string, messages: number): void {
    const id = this.#endpoints.find(endpoint);
    this.#count.set(id, this.#countOf(id) - messages);
  }

  /** Counts again, after a rollback. */
  reload(): void {
    this.#count.clear();
    this.#seq = Math.max(this.#seq, (this.#statements.highest.get()?.["seq"] as number | null) ?? 0);
    for (const row of this.#statements.counts.all()) {
      this.#count.set(row["endpoint"] as number, row["count"] as number);
    }
  }

  /** Goes on with another database that holds the same. */
  moveTo(database: DatabaseSync): void {
    this.#statements = prepareAll(database, SQL);
    this.reload();
  }

  /** Whether a message is being sent: its row must stay. */
  isTaken(seq: number): boolean {
    return this.#taken.has(seq);
  }

  owe(endpoint: string, message: NewMessage): void {
    const id = this.#endpoints.id(endpoint);
    const last = this.#statements.last.get(message.uid, id);
    if (last !== undefined && this.#isReplaceable(last)) return this.#replace(last, message);
    this.#statements.insert.run(
      ++this.#seq,
      id,
      `${message.namespace}/${message.name}`,
      message.uid,
      ...contentOf(message, message.reasons),
    );
    this.#count.set(id, this.#countOf(id) + 1);
    if (isTransition(message.reasons)) this.#limitTransitions(message.uid, id);
  }

  concerned(uid: string): string[] {
    return this.#statements.concerned.all(uid, uid).map((row) => row["name"] as string);
  }

  isConcerned(endpoint: string, uid: string): boolean {
    const id = this.#endpoints.find(endpoint);
    return this.#statements.isTold.get(uid, id) !== undefined ||
      this.#statements.last.get(uid, id) !== undefined;
  }

  isOwed(endpoint: string, uid: string): boolean {
    return this.#statements.last.get(uid, this.#endpoints.find(endpoint)) !== undefined;
  }

  take(endpoint: string, now: number, limit: number): Message[] {
    const id = this.#endpoints.find(endpoint);
    if (this.#areAllTaken(id)) return [];
    return this.#freeHeads(id, now, limit).map(({ seq, line }) => {
      this.#taken.set(seq, line);
      const row = this.#statements.message.get(seq) as Row;
      const { text, reduced } = this.#bodies.get(row["body"] as BodyId);
      return readMessage(row, endpoint, text, reduced, row["newest"] === 1);
    });
  }

  accepted(message: Message): void {
    this.#remove(message.seq);
    // A pod that is gone, or no longer looked at, is in nobody's inventory any more.
    this.#statements.tell.run(message.uid, this.#endpoints.id(message.endpoint), message.resourceVersion);
  }

  failed(message: Message, { attempts, strikes, due, aside }: Failure): void {
    const next = this.#statements.next.get(message.uid, this.#endpoints.id(message.endpoint), message.seq);
    const timesAside = aside === undefined ? 0 : message.timesAside + 1;
    if (next === undefined || (isTransition(message.reasons) && timesAside < STUCK)) {
      this.#taken.delete(message.seq);
      this.#statements.failed.run(attempts, strikes, due, aside ?? null, timesAside, message.seq);
      return;
    }
    this.#remove(message.seq);
    const coalesced = message.coalesced + countOf(message.occasion);
    this.#statements.absorb.run(coalesced, joinReasons(next, message.reasons), next["seq"] as number);
  }

  keep(text: string): BodyId {
    return this.#bodies.put(text);
  }

  aside(endpoint: string): SetAside[] {
    return this.#statements.aside.all(this.#endpoints.find(endpoint)).map((row) => ({
      pod: row["pod"] as string,
      why: row["aside"] as string,
      attempts: row["attempts"] as number,
    }));
  }

  release(message: Message): void {
    this.#taken.delete(message.seq);
  }

  defer(message: Message, due: number): void {
    this.#taken.delete(message.seq);
    this.#statements.defer.run(due, message.seq);
  }

  resume(message: Message, due: number): void {
    this.#statements.resume.run(due, message.seq);
  }

  nextDue(endpoint: string, now: number): number | undefined {
    const id = this.#endpoints.find(endpoint);
    if (this.#areAllTaken(id)) return undefined;
    return (this.#statements.nextDue.get(id, now)?.["due"] as number | null) ?? undefined;
  }

  hasDue(endpoint: string, now: number): boolean {
    return this.#freeHeads(this.#endpoints.find(endpoint), now, 1).length > 0;
  }

  isAnyOwed(endpoint: string): boolean {
    return this.#countOf(this.#endpoints.find(endpoint)) > 0;
  }

  isWaiting(endpoint: string): boolean {
    return this.#statements.isWaiting.get(this.#endpoints.find(endpoint)) !== undefined;
  }

  owed(endpoint: string): { waiting: number; aside: number } {
    const row = this.#statements.owed.get(this.#endpoints.find(endpoint));
    return { waiting: row?.["waiting"] as number, aside: row?.["aside"] as number };
  }

  retryAside(endpoint: string): void {
    this.#statements.retryAside.run(this.#endpoints.find(endpoint));
  }

  endpoints(): string[] {
    return this.#statements.owing.all().map((row) => row["name"] as string);
  }

  #isReplaceable(row: Row): boolean {
    const mayGo = row["transition"] === 0 || (row["times_aside"] as number) >= STUCK;
    return mayGo && !this.#taken.has(row["seq"] as number);
  }

  #replace(row: Row, message: NewMessage): void {
    const reasons = sortReasons([...splitReasons(row), ...message.reasons]);
    const seq = row["seq"] as number;
    this.#statements.replace.run(...contentOf(message, reasons), countOf(row["occasion"] as string), seq);
    this.#bodies.release(row["body"] as BodyId, row["uid"] as string);
    if (isTransition(reasons)) this.#limitTransitions(message.uid, row["endpoint"] as number);
  }

  /** The oldest messages that are due, one of each namespace/name of which none is being sent. */
  #freeHeads(endpoint: number, now: number, limit: number): { seq: number; line: string }[] {
    const busy = new Set(this.#taken.values());
    const free: { seq: number; line: string }[] = [];
    // Those that are being sent are still in the table, so as many more are asked for.
    for (const { seq, pod } of this.#statements.heads.all(endpoint, now, limit + busy.size)) {
      const line = `${endpoint} ${pod}`;
      // The next pod of a name is a head, too, once the messages about the one before are stuck.
      if (free.length === limit || busy.has(line)) continue;
      busy.add(line);
      free.push({ seq: seq as number, line });
    }
    return free;
  }

  /** Forgets all that an endpoint is owed; returns how many messages that was. */
  drop(endpoint: string): number {
    const rows = this.#statements.rows.all(this.#endpoints.find(endpoint));
    for (const row of rows) this.#remove(row["seq"] as number);
    return rows.length;
  }

  /** Gives up the transitions between a pod's first and its latest, as far as they are more than may be kept. */
  #limitTransitions(uid: string, endpoint: number): void {
    const rows = this.#statements.transitions.all(uid, endpoint);
    const heir = rows.at(-LATEST_TRANSITIONS);
    const spare = rows.slice(1, -LATEST_TRANSITIONS).filter((row) => !this.#taken.has(row["seq"] as number));
    if (heir === undefined || spare.length === 0) return;
    let count = 0;
    for (const row of spare) {
      this.#remove(row["seq"] as number);
      count += (row["coalesced"] as number) + 1;
    }
    const reasons = joinReasons(heir, spare.flatMap(splitReasons));
    this.#statements.absorb.run(count, reasons, heir["seq"] as number);
  }

  #remove(seq: number): void {
    this.#taken.delete(seq);
    const row = this.#statements.remove.get(seq);
    if (row === undefined) return;
    const endpoint = row["endpoint"] as number;
    this.#count.set(endpoint, this.#countOf(endpoint) - 1);
    this.#bodies.release(row["body"] as BodyId, row["uid"] as string);
  }

  #countOf(endpoint: number): number {
    return this.#count.get(endpoint) ?? 0;
  }

  /** Whether every message for an endpoint is being sent, or there is none. */
  #areAllTaken(endpoint: number): boolean {
    const count = this.#countOf(endpoint);
    if (count > this.#taken.size) return false;
    const taken = [...this.#taken.values()].filter((line) => line.startsWith(`${endpoint} `));
    return count === taken.length;
  }
}
