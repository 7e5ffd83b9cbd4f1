import type { Status } from "../admin/admin.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Inventory, KnownPod } from "../store/store.ts";

/** What is shown of a pod's condition. `unhealthyFrom`: by the wall clock; undefined: it is not, and will not be. */
interface Condition {
  resourceVersion: string;
  phase: string;
  unhealthyFrom: number | undefined;
}

/**
 * How the known pods are. What a version says is read once and remembered for as long as the pod has that version, so that a
 * look at 10,000 of them costs a look at each, and not 10,000 texts to be parsed.
 */
export class PodCensus {
  readonly #inventory: Inventory;
  readonly #clock: Pick<Clock, "now">;
  readonly #conditions = new WeakMap<KnownPod, Condition>();

  constructor(inventory: Inventory, clock: Pick<Clock, "now">) {
    this.#inventory = inventory;
    this.#clock = clock;
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
    const summary = this.#inventory.summaryOf(pod);
    const condition = {
      resourceVersion: pod.resourceVersion,
      phase: summary?.phase ?? "Unknown",
      unhealthyFrom: summary?.unhealthy === true ? summary.unhealthyFrom ?? 0 : undefined,
    };
    this.#conditions.set(pod, condition);
    return condition;
  }
}
