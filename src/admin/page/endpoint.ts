import type { Admin, DeliveryQuery, EndpointStatus } from "../admin.ts";
import { bars, highestOf } from "./chart.ts";
import { conditionBadge, conditionWord } from "./conditions.ts";
import {
  allDeadLettersActions,
  deliveriesTable,
  isFiltered,
  PAGE_SIZES,
  parameters,
  readQuery,
} from "./deliveries.ts";
import { lastHour } from "./endpoints.ts";
import { filterForm, stateTabs } from "./filters.ts";
import { pauseButton, resyncForm } from "./forms.ts";
import { type Html, html } from "./html.ts";
import { layout } from "./layout.ts";
import { facts } from "./table.ts";
import { endpointPath, type View, withQuery } from "./view.ts";
import { due, many, number, seconds, time } from "./words.ts";

/** One endpoint with its deliveries. */
export function endpointPage(view: View, admin: Admin, endpoint: EndpointStatus): Html {
  const { name, condition, origin, isOfAnnotation } = endpoint;
  return layout(
    view,
    "endpoints",
    condition === "ok" ? name : `${name}: ${conditionWord(condition).toLowerCase()}`,
    html`
      <div class="title"><h1><span class="name">${name}</span> ${conditionBadge(condition)}</h1>${pauseButton(
        endpoint,
      )}</div>
      <p class="about"><code>${origin ?? "Its URL cannot be read now."}</code>${isOfAnnotation
        ? " named by the annotation of a pod"
        : ""}</p>
      ${standing(endpoint, view.now)}
      <div class="panels">
      <section class="panel"><h2>Now</h2>${nowFacts(endpoint)}</section>
      <section class="panel"><h2>Since the start</h2>${sinceFacts(endpoint, view.now)}</section>
      ${hourPanel(endpoint)}
      </div>
      ${deliveriesSection(view, admin, endpoint)}
      <section>
        <h2 id="resync">Resync</h2>
        <div class="forms">${resyncForm(`${endpointPath(name)}/resync`)}</div>
      </section>
    `,
  );
}

/** Why nothing is sent to it, where that is so. */
function standing({ condition, circuit, lastError, nextTryAt }: EndpointStatus, now: number): Html | "" {
  if (condition === "ok") return "";
  const error = lastError === undefined ? "" : html`
    Last error, ${time(lastError.at, now)}: ${lastError.why}.
  `;
  const words = {
    paused: html`An operator has paused it. What comes stays pending until it is resumed.`,
    disabled:
      html`It answered 410 Gone, so nothing is sent to it any more until it is resumed, or the program is restarted.`,
    failing: html`Its circuit is ${circuit}.${error}${
      nextTryAt === undefined ? "" : html`
        Next try: ${due(nextTryAt, now)}.
      `
    }`,
  }[condition];
  return html`
    <section class="messages ${condition === "paused" ? "warning" : "bad"}" aria-label="Its condition">
      <p>${words}</p>
    </section>
  `;
}

function nowFacts(one: EndpointStatus): Html {
  return facts([
    ["Pending", number(one.pending)],
    [
      "Oldest pending",
      one.oldestPendingSeconds === undefined ? undefined : seconds(one.oldestPendingSeconds),
    ],
    ["In flight", `${number(one.inFlight)} of ${number(one.concurrency)} at a time`],
    ["Dead letters", number(one.deadLetters)],
    ["Circuit", one.circuit],
    ["Lag p50", one.lag === undefined ? undefined : seconds(one.lag.p50Seconds)],
    ["Lag p99", one.lag === undefined ? undefined : seconds(one.lag.p99Seconds)],
  ]);
}

function sinceFacts(one: EndpointStatus, now: number): Html {
  return facts([
    ["Delivered", number(one.delivered)],
    ["Coalesced", one.coalesced === 0 ? undefined : number(one.coalesced)],
    ["Lost, not announced yet", one.lost === 0 ? undefined : number(one.lost)],
    ["Last delivered", time(one.lastDeliveredAt, now)],
    // Of one that fails, it stands above.
    [
      "Last error",
      one.condition !== "failing" && one.lastError !== undefined &&
      html`${one.lastError.why}, ${time(one.lastError.at, now)}`,
    ],
  ]);
}

function hourPanel({ history }: EndpointStatus): Html {
  const { label, series } = lastHour(history);
  const top = highestOf(series);
  return html`
    <section class="panel broad">
      <h2>Attempts by minute, last hour</h2>
      <figure>
    ${bars(`Last hour: ${label}`, series)}
    <figcaption><span>60 min ago</span><span class="label">${label}${top > 0
      ? `, peak ${number(top)}/min`
      : ""}</span><span>now</span></figcaption>
      </figure>
    </section>
  `;
}

function deliveriesSection({ now, query }: View, admin: Admin, endpoint: EndpointStatus): Html {
  const { name } = endpoint;
  const wanted = readQuery(name, query);
  const { deliveries, total } = admin.deliveries(wanted) ?? { deliveries: [], total: 0 };
  const back = parameters(wanted);
  return html`<section><h2 id="deliveries">Deliveries</h2>
${stateTabs(wanted, endpoint)}
${filterForm(wanted)}
${wanted.state === "failed" && endpoint.deadLetters > 1 ? allDeadLettersActions(endpoint, back) : ""}
${
    deliveries.length === 0
      ? html`<p class="none">${nothing(wanted)}</p>`
      : html`${deliveriesTable("Deliveries", deliveries, now, wanted.state === "failed" ? back : undefined)}${
        more(name, wanted, deliveries.length, total)
      }`
  }</section>`;
}

function nothing(wanted: DeliveryQuery): string {
  const { state } = wanted;
  if (isFiltered(wanted)) {
    return "No delivery fits, of those that are kept: the last ones, and what is pending.";
  }
  if (state === "failed") return "There is no dead letter.";
  if (state === "pending") return "Nothing is pending.";
  return "Nothing was sent yet.";
}

function more(name: string, wanted: DeliveryQuery & { limit: number }, shown: number, total: number): Html {
  const next = PAGE_SIZES.find((size) => size > wanted.limit);
  if (shown >= total || next === undefined) {
    return html`<p class="more">${many(total, "delivery", "deliveries")}</p>`;
  }
  const count = Math.min(next, total) - shown;
  return html`<p class="more">${number(shown)} of ${many(total, "delivery", "deliveries")}. <a href="${
    withQuery(endpointPath(name), parameters({ ...wanted, limit: next }))
  }">Show ${number(count)} more</a></p>`;
}
