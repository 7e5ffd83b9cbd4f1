import type { AttemptRecord, Delivery, DeliveryDetail, DeliveryList, DeliveryQuery } from "../admin/admin.ts";
import { headersIn, type KeptAttempt, type KeptDelivery } from "../delivery/delivery_history.ts";
import { messageId } from "../delivery/render.ts";
import { isAboutPod } from "../pod/payload.ts";
import { inWords, lastPassed } from "../route/explain.ts";
import { NO_FAILURES } from "../store/message.ts";
import type { Message, PendingMessage, PodFilter, Store } from "../store/store.ts";
import { type AdminReadings, instant } from "./admin_readings.ts";

/*
 * The deliveries of an endpoint, from two places: the history has those that were tried since the program began, the store
 * those that are pending, whether they were tried or not, and in which process. A message that is in both is one delivery.
 *
 * One that was tried, not accepted, and is pending no more is superseded: a newer version took its place, or it was given up.
 */

/** A delivery, as far as either place knows of it; at least one does. */
interface Found {
  kept: KeptDelivery | undefined;
  pending: PendingMessage | undefined;
  /** What both know. */
  message: KeptDelivery["message"];
  state: Delivery["state"];
  isSuperseded: boolean;
}

/** Pending messages that are looked at, dead letters first: there may be hundreds of thousands. */
const LOOKED_AT = 2_000;

/** How many are shown. */
const SHOWN = 100;
const MOST_SHOWN = 1_000;

/** Those that fit a query, the newest first. The endpoint is one that there is. */
export function deliveriesOf(query: DeliveryQuery, readings: AdminReadings): DeliveryList {
  const { endpoint, namespace, pod, limit = SHOWN } = query;
  const of = { ...namespace !== undefined && { namespace }, ...pod !== undefined && { name: pod } };
  const fitting = find(endpoint, of, readings).filter((one) => fits(one, query));
  const at = ({ kept, pending }: Found): number => {
    return kept?.history.at(-1)?.at ?? (pending === undefined ? 0 : recordedAt(pending, readings));
  };
  const sorted = fitting.map((one) => ({ one, at: at(one) })).sort((a, b) => b.at - a.at);
  return {
    endpoint,
    deliveries: sorted.slice(0, Math.min(limit, MOST_SHOWN)).map(({ one }) => shown(one, endpoint, readings)),
    total: fitting.length,
  };
}

/** All that is kept of one; undefined: there is none. */
export function deliveryOf(
  endpoint: string,
  id: string,
  readings: AdminReadings,
): DeliveryDetail | undefined {
  const found = find(endpoint, {}, readings).find((one) => idOf(one) === id);
  if (found === undefined) return undefined;
  const { kept, message } = found;
  const body = readings.options.showPayloads ? bodyOf(endpoint, found, readings) : undefined;
  return {
    ...shown(found, endpoint, readings),
    because: because(endpoint, message, readings),
    history: kept?.history.map(record) ?? [],
    ...kept?.request !== undefined && {
      request: { headers: headersIn(kept.request.headers), bytes: kept.request.bytes },
    },
    ...kept?.answer !== undefined && {
      answer: { ...kept.answer, headers: headersIn(kept.answer.headers) },
    },
    ...body !== undefined && { body },
  };
}

/** @param of pods that are looked for, among what is pending */
function find(endpoint: string, of: PodFilter, { store, observations }: AdminReadings): Found[] {
  const listed = store.pending.list(endpoint, LOOKED_AT, of);
  const byVersion = new Map(listed.map((message) => [message.version, message]));
  const kept = observations.histories.find(endpoint)?.deliveries() ?? [];
  const tried = kept.map((one): Found => {
    const { message, lag } = one;
    if (lag !== undefined) return { ...NOWHERE, kept: one, message, state: "delivered" };
    const pending = byVersion.get(message.version);
    byVersion.delete(message.version);
    if (pending !== undefined) return { ...NOWHERE, kept: one, ...ofPending(pending) };
    // Of what was not looked at, the last attempt tells.
    const mayBePending = listed.length === LOOKED_AT && store.pending.has(endpoint, message);
    if (mayBePending) return { ...NOWHERE, kept: one, message, state: stateOf(one) };
    return { ...NOWHERE, kept: one, message, state: "failed", isSuperseded: true };
  });
  const untried = Array.from(byVersion.values(), (pending): Found => ({ ...NOWHERE, ...ofPending(pending) }));
  return [...tried, ...untried];
}

const NOWHERE = { kept: undefined, pending: undefined, isSuperseded: false };

function ofPending(pending: PendingMessage): Pick<Found, "pending" | "message" | "state"> {
  return { pending, message: pending, state: stateOf(pending) };
}

function stateOf({ isDeadLetter }: { isDeadLetter: boolean }): Delivery["state"] {
  return isDeadLetter ? "failed" : "pending";
}

function fits({ kept, message, state }: Found, query: DeliveryQuery): boolean {
  const { namespace, pod, reason, outcome } = query;
  return state === (query.state ?? state) &&
    (namespace === undefined || (isAboutPod(message.event) && message.namespace === namespace)) &&
    (pod === undefined || (isAboutPod(message.event) && message.name === pod)) &&
    (reason === undefined || message.reasons.some((one) => one === reason)) &&
    (outcome === undefined || kept?.history.at(-1)?.outcome === outcome);
}

function shown(found: Found, endpoint: string, readings: AdminReadings): Delivery {
  const { kept, pending, message, state, isSuperseded } = found;
  const { event, reasons, coalesced } = message;
  const { uid, namespace, name, resourceVersion } = message;
  const last = kept?.history.at(-1);
  const why = last?.why ?? pending?.failures.why;
  const nextRetryAt = pending && nextRetry(pending, readings);
  return {
    id: idOf(found),
    endpoint,
    state,
    ...isSuperseded && { isSuperseded },
    event,
    reasons: [...reasons],
    ...isAboutPod(message.event) && { pod: { namespace, name, uid, resourceVersion } },
    attempts: kept?.attempts ?? pending?.failures.tries ?? 0,
    isInFlight: pending?.isInFlight ?? false,
    coalesced,
    recordedAt: instant(kept?.recordedAt ?? (pending === undefined ? 0 : recordedAt(pending, readings))),
    ...last !== undefined && { last: record(last) },
    ...why !== undefined && { why },
    ...nextRetryAt !== undefined && { nextRetryAt },
  };
}

function idOf({ kept, message }: Found): string {
  return kept?.id ?? messageId(message);
}

function recordedAt(message: PendingMessage, { store: { ages }, clock }: AdminReadings): number {
  return clock.now() - (clock.monotonic() - ages.recordedAt(message));
}

function nextRetry({ due }: PendingMessage, { clock }: AdminReadings): string | undefined {
  if (due === undefined || due === Infinity || due <= clock.monotonic()) return undefined;
  return instant(clock.now() + due - clock.monotonic());
}

function record({ at, duration, outcome, status, why }: KeptAttempt): AttemptRecord {
  return {
    at: instant(at),
    durationSeconds: duration / 1_000,
    outcome,
    ...status !== undefined && { status },
    ...why !== undefined && { why },
  };
}

/** By the rules as they are now. */
function because(endpoint: string, message: Found["message"], { operators }: AdminReadings): string {
  if (!isAboutPod(message.event)) return "It is a notice, and this endpoint has notices switched on.";
  const settings = operators.settings(endpoint);
  if (settings === undefined) return "An annotation of the pod names this endpoint.";
  const { filter } = settings;
  const rule = lastPassed(filter, message);
  const listed = rule === "reasons" ? ` (${filter.reasons?.join(", ")})` : "";
  return `It is an endpoint of the operator's, and ${inWords({ sends: true, by: { rule } })}${listed}.`;
}

/** As this endpoint sees it, where it is still kept: of what was delivered, the pod's current version alone. */
function bodyOf(
  endpoint: string,
  { pending, message }: Found,
  { store, workers }: AdminReadings,
): string | undefined {
  const whole = pending === undefined ? currentOf(endpoint, message, store) : store.pending.read(pending);
  const body = whole && workers.bodyOf(whole);
  return body && new TextDecoder().decode(body);
}

function currentOf(endpoint: string, message: Found["message"], { inventory }: Store): Message | undefined {
  const pod = inventory.known(message);
  const isCurrent = message.event === "pod.changed" && pod?.epoch === message.epoch &&
    pod.resourceVersion === message.resourceVersion;
  const kept = isCurrent && inventory.bodyOf(pod);
  if (!kept) return undefined;
  return {
    ...message,
    endpoint,
    body: kept.body,
    completeness: kept.trimmed ? "trimmed" : "whole",
    failures: NO_FAILURES,
  };
}
