/**
 * Coalescing: what of a pod's versions stays pending for an endpoint that does not keep up (I3).
 *
 * In a line stand at most 21 transitions, then at most one message that is none, the last.
 *
 * - **A newer version takes the place** of the last message and keeps its turn, unless that is in flight, or a transition
 *   (but for one that is stuck, see `dead_letters.ts`).
 * - **A message that fails in flight gives way** to what came behind it meanwhile, by the same rule.
 * - **Of transitions** the first and the latest 20 stay; those between are thinned out, and count in the one that follows
 *   them. Eviction leaves fewer.
 *
 * What a message stands for is in its row (`coalesced`, `moreReasons`, I5).
 */
import { sortReasons } from "../change/reasons.ts";
import { isStuck, remember } from "./dead_letters.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Journal, PendingRow, VersionRow } from "./journal.ts";
import type { Line } from "./lines.ts";
import type { Order } from "./order.ts";
import { splitReasons, type Versions } from "./versions.ts";

/** Of a pod's transitions so many of the latest stay, beside the first. */
export const LATEST_TRANSITIONS = 20;

/** Lets messages take the place of others. */
export class Coalescing {
  readonly #journal: Journal;
  readonly #versions: Versions;
  readonly #order: Order;

  constructor(journal: Journal, versions: Versions, order: Order) {
    this.#journal = journal;
    this.#versions = versions;
    this.#order = order;
  }

  /** Whether a newer version takes the place of a line's last message. */
  isLastReplaceable(line: Line): boolean {
    const last = line.count - 1;
    if (last < 0 || (last === 0 && line.place === "flight")) return false;
    return !line.isTransitionAt(last) || (last === 0 && isStuck(line));
  }

  replaceLast(endpoint: Endpoint, line: Line, version: number, transition: boolean): void {
    const last = line.count - 1;
    const [seq, former] = [line.seqAt(last), line.versionAt(last)];
    const row = this.#order.row(seq);
    line.replaceLast(version, transition);
    const next = { ...NEW_ROW, endpoint: endpoint.id, version };
    this.#journal.pending.put(seq, absorb(next, row, this.#versions.row(former)));
    if (last === 0) {
      remember(endpoint, line, this.#versions.row(former));
      this.#order.headChanged(endpoint, line);
    }
    this.#order.unused(line.pod, former);
    if (transition) this.thin(endpoint, line, LATEST_TRANSITIONS);
  }

  /** Whether a line's first message, which failed, gives way to the one behind it. */
  givesWay(line: Line): boolean {
    return line.count > 1 && (!line.isTransitionAt(0) || isStuck(line));
  }

  /** From now on the message with this row stands for the first one of a line, which the caller removes. */
  standFor(seq: number, endpoint: Endpoint, line: Line): void {
    const version = this.#versions.row(line.versionAt(0));
    this.#journal.pending.put(seq, absorb(this.#order.row(seq), this.#order.row(line.seqAt(0)), version));
    remember(endpoint, line, version);
  }

  /** Thins a line's transitions out, to the first and so many of the latest. Returns how many messages went. */
  thin(endpoint: Endpoint, line: Line, latest: number): number {
    const transitions: number[] = [];
    for (let index = 0; index < line.count; index++) if (line.isTransitionAt(index)) transitions.push(index);
    const spare = transitions.slice(1, -latest);
    const follower = transitions.at(-latest);
    if (follower === undefined || spare.length === 0) return 0;
    const seq = line.seqAt(follower);
    let row = this.#order.row(seq);
    const versions = spare.map((index) => line.versionAt(index));
    for (const index of spare) {
      row = absorb(row, this.#order.row(line.seqAt(index)), this.#versions.row(line.versionAt(index)));
    }
    for (const index of spare.toReversed()) this.#order.removeRow(endpoint, line, index);
    this.#journal.pending.put(seq, row);
    for (const version of versions) this.#order.unused(line.pod, version);
    return spare.length;
  }
}

/** Of a message that nothing is known of yet. */
export const NEW_ROW = { tries: 0, dead: 0, why: null, coalesced: 0, moreReasons: "" };

/**
 * A row that stands for another one before it, and for what that one stood for. Not for its end: the pod that ended, or left
 * a selection, is back by the later row, and a receiver that reads so would forget it.
 */
function absorb(row: PendingRow, other: PendingRow, version: VersionRow): PendingRow {
  const reasons = [row.moreReasons, other.moreReasons, version.reasons].flatMap(splitReasons)
    .filter((reason) => reason !== "deleted" && reason !== "unselected");
  // A reminder repeats a version that was sent already, so it is none that another stands for.
  const own = version.occasion === "" ? 1 : 0;
  return {
    ...row,
    coalesced: row.coalesced + other.coalesced + own,
    moreReasons: sortReasons(reasons).join(),
  };
}
