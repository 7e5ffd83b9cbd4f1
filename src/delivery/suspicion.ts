import type { Message } from "../store/store.ts";

/** Failures of one message, with successes of others between them, that make it the one at fault. */
export const STRIKES = 3;

/** Different messages set aside in a row, none accepted between them, that make the endpoint the one at fault. */
const REJECTIONS = 20;

/** How many messages are remembered at the most: what is forgotten begins anew, nothing is lost by it. */
const REMEMBERED = 10_000;

/**
 * Who is at fault when the answer does not tell (a 500, a timeout): a message that fails while others are
 * accepted, or an endpoint that fails whatever it is sent. The evidence is gathered here.
 */
export class Suspicion {
  /** Successes so far. */
  #successes = 0;
  /** Of each message that failed for an unclear reason: how many successes there had been then. */
  readonly #failedAt = new Map<number, number>();
  /** Of each message that was set aside: how often, in a row. */
  readonly #timesAside = new Map<number, number>();
  /** Pods whose messages failed for unclear reasons since the last success, for the first time. */
  readonly #doubtful = new Set<string>();
  /** Messages set aside since the last success, for the first time. */
  readonly #rejected = new Set<number>();

  succeeded(message: Message): void {
    this.#successes++;
    this.#failedAt.delete(message.seq);
    this.#timesAside.delete(message.seq);
    this.#doubtful.clear();
    this.#rejected.clear();
  }

  /**
   * A message failed and it is not clear why. Returns its strikes: failures between which something else was
   * accepted. `STRIKES` of them show that the message is at fault.
   */
  failed(message: Message): number {
    const before = this.#failedAt.get(message.seq);
    remember(this.#failedAt, message.seq, this.#successes);
    const strikes = before === this.#successes ? message.strikes : message.strikes + 1;
    // A pod that failed before others were accepted speaks against itself: two of them must not stop the rest.
    if (strikes < 2) this.#doubtful.add(message.uid);
    return strikes;
  }

  /** Two pods failed and nothing was accepted between them: it is not the pods. */
  isEndpointAtFault(): boolean {
    return this.#doubtful.size >= 2;
  }

  /** A message is set aside. Returns how often it was, in a row. */
  setAside(message: Message): number {
    const times = (this.#timesAside.get(message.seq) ?? 0) + 1;
    remember(this.#timesAside, message.seq, times);
    // Said again, it is no news of the endpoint.
    if (times === 1) this.#rejected.add(message.seq);
    return times;
  }

  /** It looks as if every message were set aside. It stays so until one is accepted. */
  isRejectingAll(): boolean {
    return this.#rejected.size >= REJECTIONS;
  }
}

function remember(map: Map<number, number>, key: number, value: number): void {
  if (map.size >= REMEMBERED && !map.has(key)) map.delete(map.keys().next().value ?? key);
  map.set(key, value);
}
