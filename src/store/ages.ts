/**
 * Since when what is pending is pending.
 *
 * A message has no time of its own: with 100,000 of them each number counts. But their keys (`seq`) count up, so it is
 * enough to remember the last key of each commit and when that was. There are ever more of those, so the older ones are
 * thinned out: an age is right to some parts of a hundred.
 *
 * What an earlier process recorded counts from when this one began. A newer version that takes an older one's place keeps
 * its key: the age is that of the oldest change that the endpoint has not been sent.
 */
import type { Clock } from "../runtime/clock.ts";
import type { Endpoint, Endpoints } from "./endpoint.ts";
import type { Line } from "./lines.ts";
import type { Ages, Message } from "./store.ts";

/** Commits that are remembered at the most, and which part of an age an error may be. */
const COMMITS = 4_096;
const HIDDEN = 64;

/** `Ages` in memory. */
export class PendingAges implements Ages {
  readonly #clock: Clock;
  readonly #endpoints: Endpoints;
  /** Of each commit, the last key, and when it was. */
  #commits: { last: number; at: number }[] = [];
  /** The line that was the oldest at the last look: it is still, for as long as its first message is the same. */
  readonly #oldest = new WeakMap<Endpoint, { line: Line; seq: number }>();

  constructor(clock: Clock, endpoints: Endpoints) {
    this.#clock = clock;
    this.#endpoints = endpoints;
  }

  /** Everything up to this key is recorded by now. */
  committed(last: number): void {
    if (last === this.#commits.at(-1)?.last) return;
    this.#commits.push({ last, at: this.#clock.monotonic() });
    if (this.#commits.length >= COMMITS) this.#thin();
  }

  /** Those stay that are further from the next one than their age would hide. */
  #thin(): void {
    const now = this.#commits.at(-1)?.at ?? 0;
    const kept: { last: number; at: number }[] = [];
    for (const commit of this.#commits.toReversed()) {
      const next = kept.at(-1);
      if (next === undefined || next.at - commit.at > (now - commit.at) / HIDDEN) kept.push(commit);
    }
    this.#commits = kept.reverse();
  }

  recordedAt({ seq }: Pick<Message, "seq">): number {
    let [low, high] = [0, this.#commits.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#commits[middle]?.last ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return this.#commits[low]?.at ?? this.#clock.monotonic();
  }

  oldest(name: string): number | undefined {
    const endpoint = this.#endpoints.get(name);
    if (endpoint === undefined || endpoint.pending === 0) return undefined;
    const known = this.#oldest.get(endpoint);
    if (known !== undefined && known.line.seqAt(0) === known.seq) return this.recordedAt(known);
    let found: { line: Line; seq: number } | undefined;
    for (const line of endpoint.all()) {
      const seq = line.seqAt(0);
      if (line.count > 0 && seq < (found?.seq ?? Infinity)) found = { line, seq };
    }
    if (found === undefined) return undefined;
    this.#oldest.set(endpoint, found);
    return this.recordedAt(found);
  }
}
