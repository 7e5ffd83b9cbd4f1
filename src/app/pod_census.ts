import type { Status } from "../admin/admin.ts";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { Summary } from "../change/summary.ts";
import type { Inventory, KnownPod, NewVersion } from "../store/store.ts";

/** What is shown of a pod's condition. `unhealthyFrom`: by the wall clock; undefined: it is not, and will not be. */
interface Condition {
  resourceVersion: string;
  phase: string;
  unhealthyFrom: number | undefined;
}

/** Versions that are read ahead at a time, some milliseconds, and the milliseconds after which the next ones are. */
const SLICE = 200;
const PAUSE = 1;

/** Milliseconds after which it is seen whether there are new versions to be read. */
const EVERY = 5_000;

/**
 * How the known pods are. What a version says is noted when it is recorded and remembered for as long as the pod has that
 * version, so that a look at 10,000 of them costs a look at each, and not 10,000 parses. What was recorded before the start
 * is read, little by little, before somebody looks.
 */
export class PodCensus {
  readonly #inventory: Pick<Inventory, "pods" | "count" | "summaryOf">;
  readonly #clock: Clock;
  readonly #conditions = new WeakMap<KnownPod, Condition>();

  constructor(inventory: Pick<Inventory, "pods" | "count" | "summaryOf">, clock: Clock) {
    this.#inventory = inventory;
    this.#clock = clock;
  }

  /** A version is recorded. */
  note(pod: KnownPod, { resourceVersion, summary }: Pick<NewVersion, "resourceVersion" | "summary">): void {
    if (summary !== undefined) this.#conditions.set(pod, conditionOf(resourceVersion, summary));
  }

  /** Reads what is new, little by little, until the signal aborts. @param subscribe tells of changes */
  async readAhead(subscribe: (changed: () => void) => void, signal: AbortSignal): Promise<void> {
    let isNew = true;
    subscribe(() => isNew = true);
    while (!signal.aborted) {
      if (isNew) {
        isNew = false;
        await this.#readAll(signal);
      }
      await sleep(this.#clock, EVERY, signal);
    }
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    let read = 0;
    for (const pod of this.#inventory.pods()) {
      if (this.#knows(pod)) continue;
      this.#read(pod);
      if (++read % SLICE > 0) continue;
      await sleep(this.#clock, PAUSE, signal);
      if (signal.aborted) return;
    }
  }

  #knows(pod: KnownPod): boolean {
    return this.#conditions.get(pod)?.resourceVersion === pod.resourceVersion;
  }

  take(): Status["pods"] {
    const byPhase: Record<string, number> = {};
    let unhealthy = 0;
    for (const pod of this.#inventory.pods()) {
      const { phase, isHealthy } = this.of(pod);
      byPhase[phase] = (byPhase[phase] ?? 0) + 1;
      if (!isHealthy) unhealthy++;
    }
    return { known: this.#inventory.count(), byPhase, unhealthy };
  }

  of(pod: KnownPod): { phase: string; isHealthy: boolean } {
    const known = this.#conditions.get(pod);
    const { phase, unhealthyFrom = Infinity } = known?.resourceVersion === pod.resourceVersion
      ? known
      : this.#read(pod);
    return { phase, isHealthy: unhealthyFrom > this.#clock.now() };
  }

  #read(pod: KnownPod): Condition {
    const condition = conditionOf(pod.resourceVersion, this.#inventory.summaryOf(pod));
    this.#conditions.set(pod, condition);
    return condition;
  }
}

function conditionOf(resourceVersion: string, summary: Summary | undefined): Condition {
  return {
    resourceVersion,
    phase: summary?.phase ?? "Unknown",
    unhealthyFrom: summary?.unhealthy === true ? summary.unhealthyFrom ?? 0 : undefined,
  };
}
