import type { PodExplanation } from "../admin/admin.ts";
import type { KnownPod } from "../store/store.ts";
import { deliveriesOf } from "./admin_deliveries.ts";
import { type AdminReadings, instant } from "./admin_readings.ts";
import { currentPod } from "./recorder.ts";
import { verdictsOf } from "./verdicts.ts";

/** Deliveries of each endpoint that are shown with a pod. */
const SHOWN = 20;

/** What becomes of a pod as it is now, at each endpoint; undefined: no such pod is known. */
export function explainPod(
  namespace: string,
  name: string,
  readings: AdminReadings,
): PodExplanation | undefined {
  const { store: { inventory }, operators, annotations, census, options: { environment, cluster } } =
    readings;
  const known = inventory.holder(namespace, name);
  if (known === undefined) return undefined;
  const pod = currentPod(known, inventory);
  const { endpoints } = annotations.route(pod);
  const { phase, isHealthy } = census.of(known);
  const verdicts = verdictsOf(operators.current, endpoints, {
    pod,
    previous: inventory.summaryOf(known),
    environment: known.environment ?? environment,
    cluster,
    workload: known.workload,
  });
  return {
    namespace,
    name,
    uid: known.uid,
    resourceVersion: known.resourceVersion,
    phase,
    isHealthy,
    ...known.changedAt !== undefined && { changedAt: instant(known.changedAt) },
    route: endpoints === operators.endpoints ? "default" : "annotation",
    endpoints: verdicts.map((one) => ({ ...one, ...standingOf(one.endpoint, known, readings) })),
  };
}

function standingOf(
  endpoint: string,
  known: KnownPod,
  readings: AdminReadings,
): Pick<PodExplanation["endpoints"][number], "standing" | "isPending" | "deliveries"> {
  const { namespace, name } = known;
  const { followers, pending } = readings.store;
  const standing = followers.standing(known, endpoint);
  return {
    ...standing !== undefined && { standing },
    isPending: pending.has(endpoint, known),
    deliveries: deliveriesOf({ endpoint, namespace, pod: name, limit: SHOWN }, readings).deliveries,
  };
}
