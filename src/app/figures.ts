import { ANNOTATION_PREFIX, isOfAnnotation } from "../route/annotation.ts";
import type { RestartReason } from "../source/watch.ts";

/** Numbers for `/metrics` that no other part of the program keeps for a purpose of its own. */
export class Figures {
  /** Lists that were complete. */
  lists = 0;
  /** Why sources began once more; each has a series from the start, since a rise from nothing would not show. */
  readonly restarts: Record<RestartReason, number> = {
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
  /** Looks for a newer version: how many, and what the last one found. */
  readonly updates = { successes: 0, failures: 0, at: 0, isNewer: false };
  readonly #evicted = new Map<string, number>();
  readonly #discarded = new Map<string, number>();

  /** @param at by the wall clock, in milliseconds */
  lookedForUpdate({ isNewer, isFault }: { isNewer: boolean; isFault: boolean }, at: number): void {
    if (isFault) this.updates.failures++;
    else Object.assign(this.updates, { successes: this.updates.successes + 1, isNewer });
    this.updates.at = at;
  }

  evicted(endpoint: string, messages: number): void {
    const label = labelOf(endpoint);
    this.#evicted.set(label, this.evictedOf(label) + messages);
  }

  /** @param label the name of an endpoint, or `ANNOTATION_PREFIX` for all that annotations named */
  evictedOf(label: string): number {
    return this.#evicted.get(label) ?? 0;
  }

  discarded(endpoint: string, messages: number): void {
    const label = labelOf(endpoint);
    this.#discarded.set(label, this.discardedOf(label) + messages);
  }

  discardedOf(label: string): number {
    return this.#discarded.get(label) ?? 0;
  }
}

function labelOf(endpoint: string): string {
  return isOfAnnotation(endpoint) ? ANNOTATION_PREFIX : endpoint;
}
