import type { Admin } from "../admin/admin.ts";
import { deliveriesOf, deliveryOf } from "./admin_deliveries.ts";
import { endpointStatus, endpointStatuses } from "./admin_endpoints.ts";
import { explainPod } from "./admin_pod.ts";
import type { AdminParts } from "./admin_readings.ts";
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
export function openAdmin(
  parts: AdminParts,
  { stop, fail }: { stop: AbortSignal; fail: (error: unknown) => void },
): Admin {
  const { clock, store, observations, operators, workers } = parts;
  const census = new PodCensus(store.inventory, clock);
  observations.onVersion = (pod, version) => census.note(pod, version);
  census.readAhead((changed) => void observations.subscribe(changed), stop).catch(fail);
  const readings = { ...parts, census, startedAt: clock.now() };
  const has = (endpoint: string): boolean =>
    operators.settings(endpoint) !== undefined || workers.reaches(endpoint);
  return {
    status: () => statusOf(readings),
    endpoints: () => endpointStatuses(readings),
    endpoint: (name) => endpointStatus(name, readings),
    deliveries: (query) => has(query.endpoint) ? deliveriesOf(query, readings) : undefined,
    delivery: (endpoint, id) => has(endpoint) ? deliveryOf(endpoint, id, readings) : undefined,
    pod: (namespace, name) => explainPod(namespace, name, readings),
    actions: parts.actions,
    subscribe: (changed) => observations.subscribe(changed),
  };
}
