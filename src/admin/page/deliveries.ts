import { REASONS } from "../../change/reasons.ts";
import type { Delivery, DeliveryQuery, DeliveryState, EndpointStatus } from "../admin.ts";
import { OUTCOMES, outcomeWord, stateBadge, STATES } from "./conditions.ts";
import { button } from "./forms.ts";
import { type Html, html } from "./html.ts";
import { type Cell, type Column, table } from "./table.ts";
import { deliveryPath, endpointPath, podPath, withQuery } from "./view.ts";
import { due, number, seconds, time } from "./words.ts";

/** A table of deliveries, and which of them are asked for. */

/** Deliveries of a page; then more of them by a link. */
export const PAGE_SIZES = [100, 300, 1_000];

/** Which deliveries an address asks for; what is wrong in it is left out. */
export function readQuery(endpoint: string, query: URLSearchParams): DeliveryQuery & { limit: number } {
  const text = (name: string): string | undefined => query.get(name)?.trim() || undefined;
  const state = text("state");
  const limit = Number(text("limit"));
  const found = {
    namespace: text("namespace"),
    pod: text("pod"),
    reason: REASONS.find((one) => one === text("reason")),
    outcome: [...OUTCOMES.keys()].find((one) => one === text("outcome")),
    state: state !== undefined && Object.hasOwn(STATES, state) ? state as DeliveryState : undefined,
  };
  const given = Object.entries(found).filter(([, value]) => value !== undefined);
  return { endpoint, ...Object.fromEntries(given), limit: PAGE_SIZES.includes(limit) ? limit : 100 };
}

/** The same as parameters of an address. */
export function parameters(query: DeliveryQuery): Record<string, string | undefined> {
  const { state, namespace, pod, reason, outcome, limit } = query;
  return {
    state,
    namespace,
    pod,
    reason,
    outcome,
    limit: limit === undefined || limit === 100 ? undefined : String(limit),
  };
}

/** Whether it asks for less than all of a state. */
export function isFiltered({ namespace, pod, reason, outcome }: DeliveryQuery): boolean {
  return [namespace, pod, reason, outcome].some((one) => one !== undefined);
}

const COLUMNS: Column[] = [
  { title: "State" },
  { title: "Event" },
  { title: "Pod", kind: "main" },
  { title: "Recorded" },
  { title: "Attempts", kind: "number" },
  { title: "Last attempt", kind: "wide" },
  { title: "Next retry" },
];

/** @param back the query that is come back to after something was done with one; undefined: nothing can be done */
export function deliveriesTable(
  label: string,
  deliveries: Delivery[],
  now: number,
  back?: Record<string, string | undefined>,
): Html {
  const columns: Column[] = back === undefined
    ? COLUMNS
    : [...COLUMNS, { title: "Actions", kind: "actions" }];
  return table(
    label,
    columns,
    deliveries.map((one) => ({
      key: `${one.endpoint} ${one.id}`,
      cells: back === undefined ? cells(one, now) : [...cells(one, now), deadLetterActions(one, back)],
    })),
  );
}

/** *Redeliver* and *discard*, for a dead letter. */
export function deadLetterActions(
  { endpoint, id, state, isSuperseded, pod }: Delivery,
  back: Record<string, string | undefined>,
): Cell {
  if (state !== "failed" || isSuperseded) return "";
  const what = pod === undefined ? id : `${pod.namespace}/${pod.name}`;
  const path = endpointPath(endpoint);
  return html`
    <div
      class="buttons">${button(
        withQuery(`${path}/redeliver`, back),
        "Redeliver",
        `Redeliver ${what}, ${id}`,
        { id },
      )}<a class="button" href="${withQuery(`${path}/discard`, {
        ...back,
        id,
      })}" aria-label="Discard ${what}, ${id}">Discard…</a></div>
  `;
}

/** The same for all dead letters of an endpoint. */
export function allDeadLettersActions(
  { name, deadLetters }: EndpointStatus,
  back: Record<string, string | undefined>,
): Html {
  const path = endpointPath(name);
  const all = `all ${number(deadLetters)}`;
  const [redeliver, discard] = [withQuery(`${path}/redeliver`, back), withQuery(`${path}/discard`, back)];
  return html`
    <div
      class="buttons">${button(
        redeliver,
        `Redeliver ${all}`,
        `Redeliver ${all} of ${name}`,
      )}<a class="button" href="${discard}" aria-label="Discard ${all} of ${name}">Discard ${all}…</a></div>
  `;
}

function cells(one: Delivery, now: number): Cell[] {
  const { endpoint, id, event, reasons, pod, attempts, recordedAt, nextRetryAt, coalesced } = one;
  return [
    stateBadge(one),
    html`
      <a href="${deliveryPath(endpoint, id)}" aria-label="${event}, ${id}">${event}</a><span
        class="under">${reasons.join(", ")}${coalesced > 0 ? ` (for ${coalesced} older)` : ""}</span>
    `,
    pod === undefined
      ? ""
      : html`<a href="${podPath(pod)}"><span class="under">${pod.namespace}/</span>${pod.name}</a>`,
    time(recordedAt, now),
    attempts === 0 ? "" : attempts,
    attemptCell(one, now),
    due(nextRetryAt, now),
  ];
}

function attemptCell({ last, state, why = "" }: Delivery, now: number): Cell {
  if (last === undefined) return why;
  const status = last.status === undefined ? "" : ` with ${last.status}`;
  const what = last.why ?? (state === "delivered" ? `accepted${status}` : outcomeWord(last.outcome));
  return html`${what}<span class="under">${time(last.at, now)}, took ${seconds(last.durationSeconds)}</span>`;
}
