import type { EndpointCondition, EndpointStatus } from "../admin/admin.ts";
import type { EndpointHistory } from "../delivery/delivery_history.ts";
import { type Circuit, type EndpointState, isFailing, newEndpoint } from "../delivery/endpoint_state.ts";
import type { WorkerFigures } from "../delivery/workers.ts";
import { type AdminReadings, instant } from "./admin_readings.ts";

type Shown = Pick<WorkerFigures, "name" | "isOfAnnotation" | "state">;

/** The operator's endpoints in the order of the configuration, then those that annotations named and that are open. */
export function endpointStatuses(readings: AdminReadings): EndpointStatus[] {
  return all(readings).map((one) => statusOf(one, readings));
}

/** Undefined: there is none of that name. */
export function endpointStatus(name: string, readings: AdminReadings): EndpointStatus | undefined {
  const found = all(readings).find((one) => one.name === name);
  return found && statusOf(found, readings);
}

function all({ operators, workers }: AdminReadings): Shown[] {
  const running = new Map(workers.figures.map((one) => [one.name, one]));
  const own = [...operators.current].map(({ endpoint: { name, settings } }): Shown => {
    // Before the store is bound to the cluster, there are no workers.
    return running.get(name) ??
      { name, isOfAnnotation: false, state: newEndpoint(settings.concurrency) };
  });
  const ofAnnotations = [...running.values()].filter(({ isOfAnnotation }) => isOfAnnotation);
  return [...own, ...ofAnnotations];
}

function statusOf({ name, isOfAnnotation, state }: Shown, readings: AdminReadings): EndpointStatus {
  const { store: { pending, ages }, workers, clock, observations } = readings;
  const origin = workers.originOf(name);
  const oldest = ages.oldest(name);
  const history = observations.histories.find(name);
  const nextTryAt = nextTry(state.circuit, readings);
  return {
    name,
    ...origin !== undefined && { origin },
    isOfAnnotation,
    condition: pending.isPaused(name) ? "paused" : conditionOf(state),
    circuit: state.circuit.kind,
    ...pending.counts(name),
    ...oldest !== undefined && { oldestPendingSeconds: (clock.monotonic() - oldest) / 1_000 },
    concurrency: state.concurrency.limit,
    lost: pending.lost(name).messages,
    ...nextTryAt !== undefined && { nextTryAt },
    ...historyOf(history),
  };
}

function conditionOf(state: EndpointState): EndpointCondition {
  if (state.circuit.kind === "disabled") return "disabled";
  return isFailing(state) ? "failing" : "ok";
}

/** That an open circuit's time is up does not make it try: something must be pending. */
function nextTry(circuit: Circuit, { clock }: AdminReadings): string | undefined {
  if (circuit.kind !== "open") return undefined;
  return instant(clock.now() + Math.max(0, circuit.until - clock.monotonic()));
}

type OfHistory = Pick<
  EndpointStatus,
  "lag" | "delivered" | "coalesced" | "lastError" | "lastDeliveredAt" | "history"
>;

/** @param history undefined: nothing was sent yet */
function historyOf(history: EndpointHistory | undefined): OfHistory {
  const lag = history && lagOf(history);
  const { lastError, lastDeliveredAt } = history ?? {};
  return {
    delivered: history?.delivered ?? 0,
    coalesced: history?.coalesced ?? 0,
    ...lag !== undefined && { lag },
    ...lastError !== undefined && { lastError: { at: instant(lastError.at), why: lastError.why } },
    ...lastDeliveredAt !== undefined && { lastDeliveredAt: instant(lastDeliveredAt) },
    history: history?.lastHour.read().map(({ value }) => ({ ...value })) ??
      Array.from({ length: 60 }, () => ({ delivered: 0, failed: 0 })),
  };
}

function lagOf(history: EndpointHistory): EndpointStatus["lag"] {
  const lags = history.deliveries().flatMap(({ lag }) => lag === undefined ? [] : [lag]).sort((a, b) =>
    a - b
  );
  if (lags.length === 0) return undefined;
  const at = (share: number): number => (lags[Math.ceil(share * lags.length) - 1] ?? 0) / 1_000;
  return { p50Seconds: at(0.5), p99Seconds: at(0.99) };
}
