import type { RestartReason } from "../source/watch.ts";

/** Why sources begin once more; each has a series from the start, since a rise from nothing would not show. */
const RESTARTS: Readonly<Record<RestartReason, 0>> = {
  ended: 0,
  unreachable: 0,
  certificate: 0,
  unauthorized: 0,
  forbidden: 0,
  expired: 0,
  "too-large": 0,
  busy: 0,
  missing: 0,
  invalid: 0,
  server: 0,
  protocol: 0,
  idle: 0,
};

/** Numbers for `/metrics` that no other part of the program keeps for a purpose of its own. */
export class Figures {
  /** Lists that were complete, and why sources began once more. */
  lists = 0;
  readonly restarts: Record<RestartReason, number> = { ...RESTARTS };
  /** Looks for a newer version: how many, and what the last one found. */
  readonly updates = { successes: 0, failures: 0, at: 0, isNewer: false };
  readonly #evicted = new Map<string, number>();
  readonly #discarded = new Map<string, number>();

  listed(): void {
    this.lists++;
  }

  restarted(why: RestartReason): void {
    this.restarts[why]++;
  }

  /** @param at by the wall clock, in milliseconds */
  lookedForUpdate({ isNewer, isFault }: { isNewer: boolean; isFault: boolean }, at: number): void {
    if (isFault) this.updates.failures++;
    else Object.assign(this.updates, { successes: this.updates.successes + 1, isNewer });
    this.updates.at = at;
  }

  /** @param label of the endpoint, see `endpoint_metrics.ts` */
  evicted(label: string, messages: number): void {
    this.#evicted.set(label, this.evictedOf(label) + messages);
  }

  evictedOf(label: string): number {
    return this.#evicted.get(label) ?? 0;
  }

  /** @param label of the endpoint, see `endpoint_metrics.ts` */
  discarded(label: string, messages: number): void {
    this.#discarded.set(label, this.discardedOf(label) + messages);
  }

  discardedOf(label: string): number {
    return this.#discarded.get(label) ?? 0;
  }
}
