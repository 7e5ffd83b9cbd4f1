import type { Reason } from "../change/reasons.ts";
import { DeliveryHistory } from "../delivery/delivery_history.ts";
import type { Clock } from "../runtime/clock.ts";
import { LastHour } from "../runtime/last_hour.ts";
import type { KnownPod, NewVersion } from "../store/store.ts";

/**
 * What is kept for page and API alone: what came of deliveries, which changes were recorded in the last hour, and who is to
 * hear that something changed. Made where somebody can look (`--admin-listen`); anywhere else the program pays nothing.
 */
export class Observations {
  readonly histories: DeliveryHistory;
  /** How many versions were recorded for each reason. */
  readonly reasons: LastHour<Map<Reason, number>>;
  /** Called with each version that is recorded. */
  onVersion: (pod: KnownPod, version: NewVersion) => void = () => {};
  readonly #listeners = new Set<() => void>();

  constructor(clock: Clock) {
    this.histories = new DeliveryHistory(clock, () => this.changed());
    this.reasons = new LastHour(clock, () => new Map());
  }

  /** A version of a pod was recorded. */
  recorded(pod: KnownPod, version: NewVersion): void {
    this.onVersion(pod, version);
    const counts = this.reasons.current;
    for (const reason of version.reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    this.changed();
  }

  /** What is shown may be something else now. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** @returns what ends it */
  subscribe(listener: () => void): () => void {
    // One that is given twice is called twice, and ended one at a time.
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }
}
