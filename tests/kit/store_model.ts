import { isTransition, type Reason, sortReasons } from "../../src/change/reasons.ts";
import type { Failures } from "../../src/store/store.ts";

/** The endpoints. */
export const ENDPOINTS = ["a", "b"];

/** A message of the model. */
export interface Row {
  uid: string;
  name: string;
  version: string;
  occasion: string;
  own: Reason[];
  reasons: Reason[];
  coalesced: number;
  failures: Failures;
  due: number;
  isInFlight: boolean;
}

const NONE: Failures = { tries: 0, strikes: 0, failedAt: 0, dead: 0, why: undefined };

/**
 * The rules, naively: a plain list an endpoint, in which everything is found by looking at all of it. It knows nothing of
 * disks; which lines are not durable yet it keeps by the batch in which their first message changed.
 */
export class Model {
  batch = 1;
  rows: Record<string, Row[]> = Object.fromEntries(ENDPOINTS.map((one) => [one, []]));
  held = new Map<string, number>();
  /** Pods that are stuck and were passed. */
  parked = new Set<string>();

  of(to: string): Row[] {
    return this.rows[to] ??= [];
  }

  add(to: string, uid: string, name: string, version: string, reason: Reason, occasion: string): void {
    const rows = this.of(to);
    const own = rows.filter((row) => row.uid === uid);
    const last = own.at(-1);
    const fresh = {
      uid,
      name,
      version,
      occasion,
      own: [reason],
      coalesced: 0,
      failures: NONE,
      due: -1,
      isInFlight: false,
    };
    if (last !== undefined && !last.isInFlight && (!isTransition(last.own) || last.failures.dead > 3)) {
      const { reasons, coalesced } = standFor(last);
      rows[rows.indexOf(last)] = { ...fresh, reasons: sortReasons([...reasons, reason]), coalesced };
      if (own.length === 1) this.hold(to, uid);
    } else {
      rows.push({ ...fresh, reasons: [reason] });
      if (last === undefined) {
        this.hold(to, uid);
        const before = rows.find((row) => row.name === name && !this.parked.has(`${to} ${row.uid}`));
        if (before !== undefined && before.uid !== uid) this.#pass(to, before);
      }
    }
    this.#thin(rows, uid);
  }

  hold(to: string, uid: string): void {
    this.held.set(`${to} ${uid}`, this.batch);
  }

  #thin(rows: Row[], uid: string): void {
    const transitions = rows.filter((row) => row.uid === uid && isTransition(row.own));
    const follower = transitions.at(-20);
    for (const row of transitions.slice(1, -20)) {
      rows.splice(rows.indexOf(row), 1);
      const { reasons, coalesced } = standFor(row);
      if (follower === undefined) continue;
      follower.reasons = sortReasons([...follower.reasons, ...reasons]);
      follower.coalesced += coalesced;
    }
  }

  /** What may be sent now: of each name the first message of the first pod, and of those that it passed. */
  sendable(to: string, now: number): Row[] {
    return this.of(to).filter((row) => {
      const isFirst = this.of(to).find(({ uid }) => uid === row.uid) === row && this.#isFirstPod(to, row);
      return isFirst && !row.isInFlight && row.due <= now && !this.held.has(`${to} ${row.uid}`);
    });
  }

  #isFirstPod(to: string, { uid, name }: Row): boolean {
    if (this.parked.has(`${to} ${uid}`)) return true;
    return this.#firstOf(to, name)?.uid === uid;
  }

  #firstOf(to: string, name: string): Row | undefined {
    return this.of(to).find((row) => row.name === name && !this.parked.has(`${to} ${row.uid}`));
  }

  /** The next pod of a name passes one that is stuck. */
  #pass(to: string, head: Row): void {
    if (head.failures.dead <= 3 || head.isInFlight || this.parked.has(`${to} ${head.uid}`)) return;
    this.parked.add(`${to} ${head.uid}`);
    const next = this.#firstOf(to, head.name);
    if (next === undefined) this.parked.delete(`${to} ${head.uid}`);
    else this.hold(to, next.uid);
  }

  remove(to: string, row: Row): void {
    this.of(to).splice(this.of(to).indexOf(row), 1);
    if (this.of(to).some(({ uid }) => uid === row.uid)) return this.hold(to, row.uid);
    const next = this.#firstOf(to, row.name);
    if (!this.parked.delete(`${to} ${row.uid}`) && next !== undefined) this.hold(to, next.uid);
  }

  fail(to: string, row: Row, failures: Failures, due: number): void {
    Object.assign(row, { isInFlight: false, failures, due });
    const next = this.of(to).filter(({ uid }) => uid === row.uid)[1];
    if (next === undefined || (isTransition(row.own) && failures.dead <= 3)) return this.#pass(to, row);
    const { reasons, coalesced } = standFor(row);
    next.reasons = sortReasons([...next.reasons, ...reasons]);
    next.coalesced += coalesced;
    this.remove(to, row);
  }

  durable(batch: number): void {
    for (const [line, held] of this.held) if (held <= batch) this.held.delete(line);
  }

  /** What a process that starts from here knows. */
  restarted(): Model {
    const again = new Model();
    for (const to of ENDPOINTS) {
      for (const row of structuredClone(this.of(to))) {
        const { tries, dead, why } = row.failures;
        const isHead = !again.of(to).some(({ uid }) => uid === row.uid);
        again.of(to).push({ ...row, isInFlight: false, due: -1, failures: { ...NONE, tries, dead, why } });
        const before = again.#firstOf(to, row.name);
        if (isHead && before !== undefined && before.uid !== row.uid) again.#pass(to, before);
      }
    }
    again.held.clear();
    return again;
  }
}

function standFor(row: Row): { reasons: Reason[]; coalesced: number } {
  return { reasons: row.reasons, coalesced: row.coalesced + (row.occasion === "" ? 1 : 0) };
}
