import type { PodExplanation } from "../admin/admin.ts";
import type { Pod } from "../pod/pod.ts";
import { explain, inWords } from "../route/explain.ts";
import type { KnownPod } from "../store/store.ts";
import { currentPod } from "./current_pod.ts";
import { deliveriesOf } from "./admin_deliveries.ts";
import { type AdminReadings, instant } from "./admin_readings.ts";
import type { Configured } from "./operator_endpoints.ts";

/** Deliveries of each endpoint that are shown with a pod. */
const SHOWN = 20;

type OfEndpoint = PodExplanation["endpoints"][number];

/** What becomes of a pod as it is now, at each endpoint; undefined: no such pod is known. */
export function explainPod(
  namespace: string,
  name: string,
  readings: AdminReadings,
): PodExplanation | undefined {
  const { store: { inventory }, operators, annotations, census } = readings;
  const known = inventory.holder(namespace, name);
  if (known === undefined) return undefined;
  const pod: Pod = currentPod(known, inventory);
  const { endpoints } = annotations.route(pod);
  const isOwn = endpoints !== operators.endpoints;
  const named = new Set(endpoints.map((endpoint) => endpoint.name));
  const { phase, isHealthy } = census.of(known);
  const rest = (endpoint: string): Pick<OfEndpoint, "standing" | "isPending" | "deliveries"> =>
    standingOf(endpoint, known, readings);
  return {
    namespace,
    name,
    uid: known.uid,
    resourceVersion: known.resourceVersion,
    phase,
    isHealthy,
    ...known.changedAt !== undefined && { changedAt: instant(known.changedAt) },
    route: isOwn ? "annotation" : "default",
    endpoints: [
      ...[...operators.current].map((one) => {
        const { name: endpoint } = one.endpoint;
        const verdict = named.has(endpoint) ? judge(one, known, pod, readings) : ELSEWHERE;
        return { endpoint, ...verdict, ...rest(endpoint) };
      }),
      ...endpoints.filter(({ trusted }) => !trusted).map(({ name: endpoint }) => {
        return { endpoint, sends: true, because: "the pod's annotation names it", ...rest(endpoint) };
      }),
    ],
  };
}

type Judged = Pick<OfEndpoint, "sends" | "because">;

const ELSEWHERE: Judged = { sends: false, because: "the pod's annotation names other endpoints" };

/**
 * A change is judged that has a reason which the endpoint wants. Which reason the next one has nobody knows, so the ones that
 * it wants are named.
 */
function judge(
  { endpoint: { settings: { filter } }, want }: Configured,
  known: KnownPod,
  pod: Pod,
  { options: { environment: general, cluster }, store: { inventory } }: AdminReadings,
): Judged {
  if (want === undefined) return { sends: true, because: inWords({ sends: true, by: { rule: "none" } }) };
  const environment = known.environment ?? general;
  const explanation = explain({ filter, want }, {
    pod,
    reasons: filter.reasons ?? ["sync"],
    event: "pod.changed",
    previous: inventory.summaryOf(known),
    ...environment !== undefined && { environment },
    ...cluster !== undefined && { cluster },
    ...known.workload !== undefined && { workload: known.workload },
  });
  const { sends, by } = explanation;
  if (!sends || filter.reasons === undefined) return { sends, because: inWords(explanation) };
  const change = `a change is sent that has one of the reasons ${filter.reasons.join(", ")}`;
  return { sends, because: by.rule === "reasons" ? change : `${inWords(explanation)}: ${change}` };
}

function standingOf(
  endpoint: string,
  known: KnownPod,
  readings: AdminReadings,
): Pick<OfEndpoint, "standing" | "isPending" | "deliveries"> {
  const { namespace, name } = known;
  const { followers, pending } = readings.store;
  const standing = followers.standing(known, endpoint);
  return {
    ...standing !== undefined && { standing },
    isPending: pending.has(endpoint, known),
    deliveries: deliveriesOf({ endpoint, namespace, pod: name, limit: SHOWN }, readings).deliveries,
  };
}
