import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { counted } from "../runtime/wording.ts";

/** Between two lines about one endpoint, in milliseconds: a filter that fails for a pod fails for each version of it. */
const INTERVAL = 60_000;

/** What people hear of filters that could not tell whether a message is wanted. */
export class FilterFailures {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #counts = new Map<string, { unsaid: number; total: number; sayAt: number }>();

  constructor({ clock, log }: { clock: Clock; log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** How often an endpoint's filter failed so far. */
  total(endpoint: string): number {
    return this.#counts.get(endpoint)?.total ?? 0;
  }

  /** @param why a clause that names the place in the expression, and nothing of the pod */
  failed(endpoint: string, why: string): void {
    const now = this.#clock.monotonic();
    const count = this.#counts.get(endpoint) ?? { unsaid: 0, total: 0, sayAt: -Infinity };
    this.#counts.set(endpoint, count);
    count.unsaid++;
    count.total++;
    if (now < count.sayAt) return;
    const messages = counted(count.unsaid, "message");
    this.#log.warn(`The filter of endpoint ${endpoint} failed for ${messages}: ${why}.`, {
      endpoint,
      failures: count.total,
    });
    count.unsaid = 0;
    count.sayAt = now + INTERVAL;
  }
}
