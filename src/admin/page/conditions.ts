import type { Delivery, DeliveryState, EndpointCondition, EndpointStatus } from "../admin.ts";
import { counted } from "../../runtime/wording.ts";
import type { Html } from "./html.ts";
import { badge, type Tone } from "./words.ts";

/** States as words and colours, the same on every page. */

const CONDITIONS: Record<EndpointCondition, [Tone, string]> = {
  ok: ["good", "OK"],
  failing: ["bad", "Failing"],
  disabled: ["bad", "Disabled"],
  paused: ["warning", "Paused"],
};

/** In the order in which they are offered. */
export const CONDITION_NAMES: EndpointCondition[] = ["ok", "failing", "disabled", "paused"];

/** "Failing". */
export function conditionWord(condition: EndpointCondition): string {
  return CONDITIONS[condition][1];
}

/** The same with its mark. */
export function conditionBadge(condition: EndpointCondition): Html {
  return badge(...CONDITIONS[condition]);
}

/** "2 endpoints: 1 failing", "2 endpoints, all OK". */
export function endpointsInWords(endpoints: EndpointStatus[]): string {
  const all = counted(endpoints.length, "endpoint");
  const others = CONDITION_NAMES.filter((condition) => condition !== "ok").flatMap((condition) => {
    const count = endpoints.filter((one) => one.condition === condition).length;
    return count === 0 ? [] : [`${count} ${conditionWord(condition).toLowerCase()}`];
  });
  if (others.length > 0) return `${all}: ${others.join(", ")}`;
  return endpoints.length === 0 ? all : `${all}, all OK`;
}

/** The states of a delivery, with what they are called. */
export const STATES: Readonly<Record<DeliveryState, string>> = {
  delivered: "Delivered",
  pending: "Pending",
  failed: "Failed",
};

/** Where a delivery stands. */
export function stateBadge({ state, isInFlight, attempts, isSuperseded }: Delivery): Html {
  if (isInFlight) return badge("quiet", "Sending");
  if (state === "delivered") return badge("good", STATES.delivered);
  if (isSuperseded) return badge("quiet", "Superseded");
  if (state === "failed") return badge("bad", STATES.failed);
  return badge(attempts === 0 ? "quiet" : "warning", STATES.pending);
}

/** What an attempt can come to, the classes of `k8svent_delivery_attempts_total`, in words. */
export const OUTCOMES: ReadonlyMap<string, string> = new Map([
  ["accepted", "Accepted"],
  ["http_3xx", "Status 3xx"],
  ["http_4xx", "Status 4xx"],
  ["http_5xx", "Status 5xx"],
  ["rate_limited", "Rate limited"],
  ["gone", "Gone"],
  ["dns", "DNS"],
  ["connect", "Connection"],
  ["tls", "TLS"],
  ["proxy", "Proxy"],
  ["timeout", "Timeout"],
  ["closed", "Connection closed"],
  ["malformed", "Malformed answer"],
  ["blocked", "Blocked address"],
  ["credentials", "Credentials"],
]);

/** The same for a class that may not be one of them. */
export function outcomeWord(outcome: string): string {
  return OUTCOMES.get(outcome) ?? outcome;
}
