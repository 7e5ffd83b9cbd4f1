import { size } from "../../runtime/wording.ts";
import type { AttemptRecord, DeliveryDetail } from "../admin.ts";
import { outcomeWord, stateBadge } from "./conditions.ts";
import { deadLetterActions } from "./deliveries.ts";
import { type Html, html } from "./html.ts";
import { layout } from "./layout.ts";
import { type Column, facts, table } from "./table.ts";
import { endpointPath, podPath, type View } from "./view.ts";
import { badge, due, number, seconds, time } from "./words.ts";

/** All that is kept of one delivery. */
export function deliveryPage(view: View, one: DeliveryDetail): Html {
  const { endpoint, id, event, history } = one;
  return layout(
    view,
    "endpoints",
    `${event} to ${endpoint}`,
    html`
      <p class="path"><a href="${endpointPath(endpoint)}">${endpoint}</a> / deliveries</p>
      <div class="title"><h1>${event} ${stateBadge(one)}</h1>${deadLetterActions(one, {})}</div>
      <p class="about"><code>${id}</code></p>
      <div class="panels">
        <section class="panel"><h2>Message</h2>${messageFacts(one, view.now)}</section>
        ${request(one)}
        ${answer(one)}
      </div>
      <section><h2 id="attempts">Attempts</h2>${attempts(one, view.now)}</section>
      <section><h2 id="body">Body</h2>${body(one, view.status.showsPayloads)}</section>
      ${history.length < one.attempts
        ? html`<p class="hint">Of ${number(one.attempts)} attempts the last ${history.length} are kept.</p>`
        : ""}
    `,
  );
}

function messageFacts(
  { pod, reasons, because, recordedAt, attempts, coalesced, nextRetryAt }: DeliveryDetail,
  now: number,
): Html {
  return facts([
    ["Why", because],
    ["Pod", pod === undefined ? undefined : html`<a href="${podPath(pod)}">${pod.namespace}/${pod.name}</a>`],
    ["UID", pod === undefined ? undefined : html`<code>${pod.uid}</code>`],
    ["Resource version", pod?.resourceVersion],
    ["Reasons", reasons.length === 0 ? undefined : html`<code>${reasons.join(", ")}</code>`],
    ["Recorded", time(recordedAt, now)],
    ["Attempts", number(attempts)],
    ["Next retry", due(nextRetryAt, now)],
    ["Stands for", coalesced === 0 ? undefined : `${number(coalesced)} older versions, too`],
  ]);
}

const COLUMNS: Column[] = [
  { title: "Ended" },
  { title: "Outcome" },
  { title: "Status", kind: "number" },
  { title: "Took", kind: "number" },
  { title: "Why it was not accepted", kind: "rest" },
];

function attempts({ history, why }: DeliveryDetail, now: number): Html {
  if (history.length === 0) {
    return html`<p class="none">${
      why === undefined ? "It was not tried yet." : `Before the last restart: ${why}`
    }</p>`;
  }
  const rows = history.toReversed().map((attempt) => ({
    key: attempt.at,
    cells: attemptCells(attempt, now),
  }));
  return table("Attempts", COLUMNS, rows);
}

function attemptCells(
  { at, durationSeconds, outcome, status, why }: AttemptRecord,
  now: number,
): (Html | string)[] {
  return [
    time(at, now),
    badge(outcome === "accepted" ? "good" : "bad", outcomeWord(outcome)),
    status === undefined ? "" : html`<code>${status}</code>`,
    seconds(durationSeconds),
    why ?? "",
  ];
}

function request({ request }: DeliveryDetail): Html {
  return html`<section class="panel"><h2 id="request">Request</h2>${
    request === undefined
      ? html`<p class="none">It was not tried yet.</p>`
      : html`<p>${size(request.bytes)}</p>${headers(request.headers)}`
  }</section>`;
}

function answer({ answer }: DeliveryDetail): Html {
  return html`<section class="panel"><h2 id="answer">Answer</h2>${
    answer === undefined
      ? html`<p class="none">None came.</p>`
      : html`<p><code>${answer.status}</code> ${answer.text}</p>${headers(answer.headers)}`
  }</section>`;
}

function headers(fields: Record<string, string>): Html {
  return facts(
    Object.entries(fields).map(([name, value]): [string, Html] => [
      name,
      value === "(masked)" ? html`<span class="masked">(masked)</span>` : html`<code>${value}</code>`,
    ]),
  );
}

function body({ body }: DeliveryDetail, isShown: boolean): Html {
  if (!isShown) {
    return html`<p class="none">Bodies are shown with <code>--show-payloads</code>, redacted as they are sent.</p>`;
  }
  if (body === undefined) return html`<p class="none">It is not kept any more.</p>`;
  return html`<pre tabindex="0" role="region" aria-label="Body"><code>${indented(body)}</code></pre>`;
}

/** A quote, an escape, an empty list or object, a mark, space, and whatever else there is: short, however long a string is. */
const TOKEN = /"|\\.|\{\s*\}|\[\s*\]|[{}[\],:]|\s+|[^\s"\\{}[\],:]+/g;

/** JSON in lines. Nothing else of it changes, as would if it was printed anew: numbers and escapes are as they were sent. */
export function indented(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  let isInString = false;
  const line = (): string => `\n${"  ".repeat(depth)}`;
  return text.replace(TOKEN, (token) => {
    if (token === '"') isInString = !isInString;
    if (isInString) return token;
    if (token === ":") return ": ";
    if (token === ",") return `,${line()}`;
    if (token === "{" || token === "[") {
      depth++;
      return token + line();
    }
    if (token !== "}" && token !== "]") return token.trim();
    depth--;
    return line() + token;
  });
}
