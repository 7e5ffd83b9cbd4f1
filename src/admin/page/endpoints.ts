import type { EndpointStatus } from "../admin.ts";
import { bars } from "./chart.ts";
import { CONDITION_NAMES, conditionBadge, conditionWord } from "./conditions.ts";
import { pauseButton } from "./forms.ts";
import { attribute, type Html, html } from "./html.ts";
import { layout } from "./layout.ts";
import { type Cell, type Column, table } from "./table.ts";
import { endpointPath, type View, withQuery } from "./view.ts";
import { due, number, seconds, time } from "./words.ts";

const COLUMNS: Column[] = [
  { title: "Endpoint", kind: "main" },
  { title: "Condition" },
  { title: "Pending", kind: "number" },
  { title: "Dead letters", kind: "number" },
  { title: "Lag p50 / p99", kind: "number" },
  { title: "Last hour" },
  { title: "Last error", kind: "wide" },
  { title: "Next try" },
  { title: "Actions", kind: "actions" },
];

/** All endpoints, or those of one condition. */
export function endpointsPage(view: View): Html {
  const { endpoints, query } = view;
  const wanted = CONDITION_NAMES.find((one) => one === query.get("condition"));
  const shown = endpoints.filter(({ condition }) => wanted === undefined || condition === wanted);
  return layout(
    view,
    "endpoints",
    "Endpoints",
    html`<h1>Endpoints</h1>
${endpoints.length === 0 ? "" : conditions(endpoints, wanted)}
${
      shown.length === 0
        ? html`<p class="none">${
          endpoints.length === 0
            ? "There is no endpoint: name one with --url, in the configuration file, or by an annotation of a pod."
            : "No endpoint is in this condition."
        }</p>`
        : table("Endpoints", COLUMNS, shown.map((one) => ({ key: one.name, cells: cells(one, view.now) })))
    }`,
  );
}

function conditions(endpoints: EndpointStatus[], wanted: string | undefined): Html {
  const tab = (name: string | undefined, text: string, count: number): Html =>
    html`<li><a href="${withQuery("/endpoints", { condition: name })}"${
      attribute("aria-current", name === wanted ? "true" : undefined)
    }>${text} <span class="count">${number(count)}</span></a></li>`;
  const tabs = CONDITION_NAMES.map((name) => {
    const count = endpoints.filter(({ condition }) => condition === name).length;
    return count === 0 && name !== wanted ? "" : tab(name, conditionWord(name), count);
  });
  return html`
    <nav class="tabs" aria-label="By condition">
      <ul>${tab(undefined, "All", endpoints.length)}${tabs}</ul>
    </nav>
  `;
}

function cells(one: EndpointStatus, now: number): Cell[] {
  const {
    name,
    origin,
    isOfAnnotation,
    condition,
    pending,
    inFlight,
    oldestPendingSeconds,
    deadLetters,
    lag,
  } = one;
  const about = [origin ?? "URL cannot be read now", ...isOfAnnotation ? ["by annotation"] : []].join(", ");
  return [
    html`<a class="name" href="${endpointPath(name)}">${name}</a>${
      about === name ? "" : html`<span class="under">${about}</span>`
    }`,
    conditionBadge(condition),
    html`${number(pending)}${inFlight > 0 ? under(`${number(inFlight)} in flight`) : ""}${
      oldestPendingSeconds === undefined ? "" : under(`oldest ${seconds(oldestPendingSeconds)}`)
    }`,
    deadLetters === 0 ? "0" : html`<a href="${endpointPath(name)}?state=failed">${number(deadLetters)}</a>`,
    lag === undefined ? "" : `${seconds(lag.p50Seconds)} / ${seconds(lag.p99Seconds)}`,
    historyCell(one),
    errorCell(one, now),
    due(one.nextTryAt, now),
    pauseButton(one, "endpoints"),
  ];
}

function under(text: string): Html {
  return html`<span class="under">${text}</span>`;
}

/** The last hour as a picture, with its sums below. */
function historyCell({ name, history }: EndpointStatus): Html {
  const { label, series } = lastHour(history);
  return html`${bars(`${name}, last hour: ${label}`, series)}<span class="under">${label}</span>`;
}

/** What happened in the last hour: in words, and to draw. */
export function lastHour(
  history: EndpointStatus["history"],
): { label: string; series: Parameters<typeof bars>[1] } {
  const delivered = history.map((minute) => minute.delivered);
  const failed = history.map((minute) => minute.failed);
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
  const words = [
    `${number(sum(delivered))} delivered`,
    ...sum(failed) > 0 ? [`${number(sum(failed))} failed`] : [],
  ];
  return {
    label: sum(delivered) + sum(failed) === 0 ? "nothing sent" : words.join(", "),
    series: [{ kind: "good", values: delivered }, { kind: "bad", values: failed }],
  };
}

function errorCell({ lastError }: EndpointStatus, now: number): Cell {
  if (lastError === undefined) return "";
  return html`${lastError.why}<span class="under">${time(lastError.at, now)}</span>`;
}
