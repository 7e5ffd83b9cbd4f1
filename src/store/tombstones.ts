/**
 * Tombstones: for a day, that a pod was seen to end, or to leave the selection, and at which version. An older object of
 * its UID (a page of a running list, a late answer) is then not taken for news. At most 100,000; the oldest go first.
 */
import type { Clock } from "../runtime/clock.ts";
import type { Pod } from "./pods.ts";

const AGE = 24 * 3_600_000;
const MOST = 100_000;

/** So many go at once: to find the first of a map of which the first were deleted takes time. */
const SLICE = 1_000;

/** The end of a pod. Its row in the journal is that of the pod. */
export interface Tombstone {
  row: number;
  /** While something about it is pending: the row then outlasts the tombstone. */
  pod: Pod | undefined;
  version: string;
  left: boolean;
  /** The wall clock. */
  at: number;
}

/** By UID, the oldest first. */
export class Tombstones {
  readonly #clock: Clock;
  readonly #onForgotten: (tombstone: Tombstone) => void;
  readonly #byUid = new Map<string, Tombstone>();

  constructor(clock: Clock, onForgotten: (tombstone: Tombstone) => void) {
    this.#clock = clock;
    this.#onForgotten = onForgotten;
  }

  get(uid: string): Tombstone | undefined {
    return this.#byUid.get(uid);
  }

  add(pod: Pod, version: string, left: boolean, at = this.#clock.now()): void {
    this.#byUid.set(pod.uid, { row: pod.id, pod, version, left, at });
    if (this.#byUid.size > MOST + SLICE) this.#forget(() => true, SLICE);
  }

  delete(uid: string): void {
    const tombstone = this.#byUid.get(uid);
    if (!this.#byUid.delete(uid) || tombstone === undefined) return;
    this.#onForgotten(tombstone);
  }

  clear(): void {
    this.#forget(() => true, Infinity);
  }

  tidy(): void {
    const now = this.#clock.now();
    this.#forget(({ at }) => at < now - AGE, SLICE);
  }

  #forget(mayGo: (tombstone: Tombstone) => boolean, most: number): void {
    let rest = most;
    for (const [uid, tombstone] of this.#byUid) {
      if (!mayGo(tombstone) || rest-- <= 0) break;
      this.delete(uid);
    }
  }
}
