import type {
  Admin,
  DeliveryDetail,
  DeliveryList,
  DeliveryQuery,
  Done,
  EndpointStatus,
  PodExplanation,
  Resync,
  Status,
} from "../admin/admin.ts";
import { deliveriesOf, deliveryOf } from "./admin_deliveries.ts";
import { endpointStatus, endpointStatuses } from "./admin_endpoints.ts";
import { explainPod } from "./admin_pod.ts";
import type { AdminParts, AdminReadings } from "./admin_readings.ts";
import { statusOf } from "./admin_status.ts";
import { PodCensus } from "./pod_census.ts";

/*
 * `Admin` over the parts of the running program. Everything is read from where the program keeps it anyway, at the moment in
 * which somebody looks, and from what `Observations` keeps for this alone:
 *
 *     admin_status      the program as a whole
 *     admin_endpoints   each endpoint
 *     admin_deliveries  deliveries: those that are pending in the store, and those that were tried
 *     admin_pod         why a pod goes where it goes
 *
 * What an operator does is in `actions.ts`, each with its line in the log.
 */

/**
 * Opens it when the program starts: from now on is counted how long it has been running.
 *
 * @param lifetime `stop` ends what goes on meanwhile; `fail` is called where that fails
 */
export function openAdmin(parts: AdminParts, { stop, fail }: AdminLifetime): Admin {
  const { clock, store, observations } = parts;
  const census = new PodCensus(store.inventory, clock);
  observations.onVersion = (pod, version) => census.note(pod, version);
  census.readAhead((changed) => void observations.subscribe(changed), stop).catch(fail);
  return new Administration({ ...parts, census, startedAt: clock.now() });
}

/** For how long it reads. */
export interface AdminLifetime {
  stop: AbortSignal;
  fail: (error: unknown) => void;
}

class Administration implements Admin {
  readonly #readings: AdminReadings;

  constructor(readings: AdminReadings) {
    this.#readings = readings;
  }

  status(): Status {
    return statusOf(this.#readings);
  }

  endpoints(): EndpointStatus[] {
    return endpointStatuses(this.#readings);
  }

  endpoint(name: string): EndpointStatus | undefined {
    return endpointStatus(name, this.#readings);
  }

  deliveries(query: DeliveryQuery): DeliveryList | undefined {
    return this.#has(query.endpoint) ? deliveriesOf(query, this.#readings) : undefined;
  }

  delivery(endpoint: string, id: string): DeliveryDetail | undefined {
    return this.#has(endpoint) ? deliveryOf(endpoint, id, this.#readings) : undefined;
  }

  pod(namespace: string, name: string): PodExplanation | undefined {
    return explainPod(namespace, name, this.#readings);
  }

  pause(endpoint: string): Done {
    return this.#did(this.#readings.actions.pause(endpoint));
  }

  resume(endpoint: string): Done {
    return this.#did(this.#readings.actions.resume(endpoint));
  }

  redeliver(endpoint: string, id?: string): Done {
    return this.#did(this.#readings.actions.redeliver(endpoint, id));
  }

  discard(endpoint: string, id?: string): Done {
    return this.#did(this.#readings.actions.discard(endpoint, id));
  }

  resync(what: Resync): Done {
    return this.#did(this.#readings.actions.resync(what));
  }

  retry(): Done {
    return this.#did(this.#readings.actions.retry());
  }

  subscribe(changed: () => void): () => void {
    return this.#readings.observations.subscribe(changed);
  }

  #did(done: Done): Done {
    this.#readings.observations.changed();
    return done;
  }

  #has(endpoint: string): boolean {
    const { operators, workers } = this.#readings;
    return operators.settings(endpoint) !== undefined || workers.reaches(endpoint);
  }
}
