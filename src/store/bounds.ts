import type { DatabaseSync, StatementSync } from "node:sqlite";
import { parseExact, printPod } from "../pod/json.ts";
import type { Pod } from "../pod/pod.ts";
import { reducePod } from "../pod/reduced.ts";
import type { Bodies } from "./bodies.ts";
import { prepareAll, type Row } from "./statements.ts";
import type { BodyId } from "./inventory.ts";

/** Parts of the limit: where whole texts are given up, where messages are, and how far down that goes. */
const SOFT = 0.8;
const HARD = 1;
const RELIEF = 0.1;

/** After a look that could not free enough, so much more comes before the next one; a part of the limit, too. */
const PATIENCE = 0.01;

/** Rows looked at in one step. */
const STEP = 100;

/** What one transaction spends on relief, in texts taken: more than a page brings. A look and a question count, too. */
const EFFORT = 300;
const LOOK = 5;
const ASKING = 0.2;

/** An endpoint is as far behind as the furthest if it is owed this part of what that one is owed. */
const BEHIND = 0.1;

/** Who is owed no more than this part of the limit is not behind: what is too much is then not theirs. */
const NOT_BEHIND = 0.01;

/** What had to be given up to stay within the limit. */
export interface Sacrifice {
  endpoint: string;
  messages: number;
}

/** Who pays for room. */
interface Payer {
  endpoint: number;
  /** The endpoints that may wait for a text that is taken; nobody else does. */
  sharers: Set<number>;
}

/** A step on the way to room: what it cost, in texts taken. */
type Relief = Generator<number, void, void>;

/**
 * Keeps the texts in the store within a limit, at the cost of the endpoints that are behind, the furthest first:
 *
 * 1. Texts that can be read again from the cluster (the newest version of a pod) are reduced; the whole is
 *    asked for when the message's turn comes.
 * 2. Past the limit itself, their older transitions and deletions are reduced: nothing can bring the whole back.
 * 3. Then the texts that nobody waits for.
 * 4. When all is reduced, the oldest messages are given up, counted (`lost`) and told with the next delivery.
 * 5. Only when nothing else is left, what endpoints wait for that are not behind is reduced.
 *
 * A text that another endpoint waits for too is taken only when there is no other left, and only where that
 * endpoint is as far behind: what a healthy one waits for is left alone.
 */
export class Bounds {
  readonly #bodies: Bodies;
  readonly #limit: number;
  readonly #isTaken: (seq: number) => boolean;
  readonly #now: () => number;
  readonly #statements: Record<keyof typeof SQL, StatementSync>;
  /** Up to this many bytes there is nothing to look for: there is room, or the last look found no more. */
  #next: number;
  /** What was begun in an earlier transaction. */
  #relief: Relief | undefined;
  readonly #sacrificed = new Map<number, number>();

  /**
   * @param limit bytes, deflated
   * @param now the wall clock
   */
  constructor(
    database: DatabaseSync,
    bodies: Bodies,
    limit: number,
    isTaken: (seq: number) => boolean,
    now: () => number,
  ) {
    this.#bodies = bodies;
    this.#limit = limit;
    this.#isTaken = isTaken;
    this.#now = now;
    this.#statements = prepareAll(database, SQL);
    this.#next = limit * SOFT;
  }

  /** Begins anew: after a rollback, what was taken is there again. */
  reload(): void {
    this.#relief = undefined;
    this.#sacrificed.clear();
  }

  /**
   * Called within each transaction, after its work. Cheap while there is room. What takes longer than a moment
   * goes on in the next transaction: the limit may be passed for so long.
   */
  relieve(): Sacrifice[] {
    if (this.#relief === undefined) {
      const { bytes } = this.#bodies;
      this.#next = Math.max(this.#limit * SOFT, Math.min(this.#next, bytes + this.#limit * PATIENCE));
      if (bytes <= this.#next) return [];
      this.#relief = this.#makeRoom();
    }
    for (let effort = 0; effort < EFFORT;) {
      const step = this.#relief.next();
      if (step.done === true) {
        this.#relief = undefined;
        this.#next = Math.max(this.#limit * SOFT, this.#bodies.bytes + this.#limit * PATIENCE);
        break;
      }
      effort += step.value;
    }
    return this.#countSacrificed();
  }

  *#makeRoom(): Relief {
    const soft = this.#limit * (SOFT - RELIEF);
    const behind = this.#payers();
    for (const payer of behind) yield* this.#reduceOwed(soft, payer, isFetchable);
    if (this.#bodies.bytes <= this.#limit * HARD) return;
    const hard = this.#limit * (HARD - RELIEF);
    for (const payer of behind) yield* this.#reduceOwed(hard, payer, isPod);
    yield* this.#reduceUnowed(hard);
    for (const payer of this.#payers()) yield* this.#giveUp(hard, payer);
    for (const payer of this.#payers(0, 0)) yield* this.#reduceOwed(hard, payer, isPod);
  }

  /**
   * Each endpoint that is behind, the furthest first, for what it alone waits for; then again for what only
   * endpoints that are as far behind wait for.
   */
  #payers(least = this.#limit * NOT_BEHIND, part = BEHIND): Payer[] {
    const rows = this.#statements.furthestBehind.all(least);
    const most = rows[0]?.["bytes"] as number | undefined ?? 0;
    const ids = rows.filter((row) => row["bytes"] as number >= part * most)
      .map((row) => row["endpoint"] as number);
    const alone = ids.map((endpoint) => ({ endpoint, sharers: new Set([endpoint]) }));
    if (ids.length === 1) return alone;
    return [...alone, ...ids.map((endpoint) => ({ endpoint, sharers: new Set(ids) }))];
  }

  *#reduceOwed(target: number, payer: Payer, isWanted: (row: Row) => boolean): Relief {
    const isWhole = (row: Row): boolean => row["reduced"] === 0 && isWanted(row);
    yield* this.#takeOwed(target, payer, isWhole, (rows) => this.#reduceSome(target, rows));
  }

  /** Goes through what a payer is owed, the oldest first, until there is room. `take` says how many texts it took. */
  *#takeOwed(
    target: number,
    { endpoint, sharers }: Payer,
    isWanted: (row: Row) => boolean,
    take: (rows: Row[]) => number,
  ): Relief {
    for (let after = 0; this.#bodies.bytes > target;) {
      const rows = this.#statements.owed.all(endpoint, after);
      if (rows.length === 0) return;
      after = rows.at(-1)?.["seq"] as number;
      const wanted = rows.filter(isWanted);
      yield LOOK + wanted.length * ASKING + take(wanted.filter((row) => this.#isAmong(row, sharers)));
    }
  }

  /** Whether nobody else waits for this text. */
  #isAmong(row: Row, sharers: Set<number>): boolean {
    const waiting = this.#statements.waiting.all(row["uid"] as string, row["body"] as BodyId);
    return waiting.every((other) => sharers.has(other["endpoint"] as number));
  }

  *#reduceUnowed(target: number): Relief {
    for (let after = ""; this.#bodies.bytes > target;) {
      const rows = this.#statements.resting.all(after);
      if (rows.length === 0) return;
      after = rows.at(-1)?.["uid"] as string;
      yield LOOK + this.#reduceSome(target, rows.filter((row) => row["reduced"] === 0 && row["owed"] === 0));
    }
  }

  /** Returns how many texts were reduced. */
  #reduceSome(target: number, rows: Row[]): number {
    let count = 0;
    for (const row of rows) {
      const body = row["body"] as BodyId;
      if (this.#bodies.bytes <= target) break;
      // One text may wait twice.
      if (this.#bodies.isReduced(body)) continue;
      const { text } = this.#bodies.get(body);
      this.#bodies.replace(body, printPod(reducePod(parseExact(text) as Pod)), true);
      count++;
    }
    return count;
  }

  *#giveUp(target: number, payer: Payer): Relief {
    // A pod's newest version shares its text with the inventory, and gives nothing back.
    const isOld = (row: Row): boolean => row["newest"] === 0 && isPod(row);
    const giveUp = (row: Row): number => this.#bodies.bytes > target ? this.#giveUpText(row) : 0;
    yield* this.#takeOwed(target, payer, isOld, (rows) => rows.reduce((sum, row) => sum + giveUp(row), 0));
  }

  /** A text goes when the last who waits for it gives it up, so all do at once. Returns how many messages that were. */
  #giveUpText(owed: Row): number {
    const [uid, body] = [owed["uid"] as string, owed["body"] as BodyId];
    const rows = this.#statements.waiting.all(uid, body);
    if (rows.some((row) => this.#isTaken(row["seq"] as number))) return 0;
    for (const row of rows) {
      const endpoint = row["endpoint"] as number;
      this.#statements.remove.run(row["seq"] as number);
      this.#statements.lose.run(this.#now(), endpoint);
      this.#sacrificed.set(endpoint, (this.#sacrificed.get(endpoint) ?? 0) + 1);
    }
    this.#bodies.release(body, uid);
    return rows.length;
  }

  #countSacrificed(): Sacrifice[] {
    const name = (endpoint: number): string => this.#statements.name.get(endpoint)?.["name"] as string;
    const sacrifices = [...this.#sacrificed];
    this.#sacrificed.clear();
    return sacrifices.map(([endpoint, messages]) => ({ endpoint: name(endpoint), messages }));
  }
}

/** Notices are no pods, and nothing to reduce. */
function isPod(row: Row): boolean {
  return (row["event"] as string).startsWith("pod.");
}

/** The newest version of a pod can be read again; which states it went through cannot. */
function isFetchable(row: Row): boolean {
  return row["newest"] === 1 && row["transition"] === 0 && isPod(row);
}

const SQL = {
  furthestBehind: `SELECT endpoint, sum(length(deflated)) AS bytes FROM outbox
    JOIN body ON body.id = outbox.body GROUP BY endpoint HAVING bytes > ? ORDER BY bytes DESC`,
  owed: `SELECT seq, uid, body, event, transition, reduced,
      EXISTS (SELECT 1 FROM pod WHERE pod.uid = owed.uid AND pod.body = owed.body) AS newest
    FROM outbox AS owed JOIN body ON body.id = owed.body WHERE endpoint = ? AND seq > ? ORDER BY seq LIMIT ${STEP}`,
  resting: `SELECT uid, body, reduced,
      EXISTS (SELECT 1 FROM outbox WHERE outbox.uid = pod.uid AND outbox.body = pod.body) AS owed
    FROM pod JOIN body ON body.id = pod.body WHERE uid > ? ORDER BY uid LIMIT ${STEP}`,
  waiting: "SELECT seq, endpoint FROM outbox WHERE uid = ? AND body = ?",
  remove: "DELETE FROM outbox WHERE seq = ?",
  lose: "UPDATE endpoint SET lost = lost + 1, lost_since = coalesce(lost_since, ?) WHERE id = ?",
  name: "SELECT name FROM endpoint WHERE id = ?",
} as const;
