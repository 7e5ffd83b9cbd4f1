import type { AttemptRecord, Delivery, DeliveryDetail, DeliveryList, DeliveryState } from "../admin/admin.ts";
import type { Paint, Tone } from "../runtime/paint.ts";
import { printableJson } from "../runtime/printable.ts";
import { COLUMNS, columns, hanging } from "../runtime/table.ts";
import { ago, ahead, counted, duration, size } from "../runtime/wording.ts";
import { widthOf } from "../runtime/width.ts";
import { wrapped } from "../runtime/wrapped.ts";

/*
 * Deliveries for a person. Two lines each, since an id takes half of a terminal: what it is about, and what came of it.
 */

const TONES: Readonly<Record<DeliveryState, Tone>> = {
  delivered: "good",
  pending: "doubtful",
  failed: "bad",
};

/** A block for each endpoint. */
export function deliveriesText(lists: readonly DeliveryList[], now: number, paint: Paint): string {
  if (lists.length === 0) return "There is no endpoint.\n";
  return lists.map((list) => blockOf(list, now, paint)).join("\n");
}

function blockOf({ endpoint, deliveries, total }: DeliveryList, now: number, paint: Paint): string {
  const shown = deliveries.length < total ? `the newest ${deliveries.length} of ${total}` : "";
  const title = total === 0
    ? `${endpoint}: no deliveries`
    : `${endpoint}: ${shown || counted(total, "delivery", "deliveries")}`;
  const lines = [paint("heading", title), ...deliveryLines(deliveries, now, paint)];
  return lines.map((line) => `${line}\n`).join("");
}

/** Two lines each. */
export function deliveryLines(deliveries: readonly Delivery[], now: number, paint: Paint): string[] {
  const rows = deliveries.map((one) => headOf(one, now, paint));
  const heads = columns(rows, { longest: LONGEST_POD });
  const shorter = columns(rows.map((row) => row.slice(0, -1)), { longest: LONGEST_POD });
  return deliveries.flatMap((one, index) => {
    const head = heads[index] ?? "";
    // Reasons that have no room beside the pod stand below it.
    const lines = widthOf(head) <= COLUMNS - 2
      ? [head]
      : [shorter[index] ?? "", ...indented((rows[index]?.at(-1) ?? "").replaceAll(",", ", "))];
    return [...lines, ...cameOf(one, now)];
  });
}

/** Columns of a pod's name, beyond which it does not move the reasons of the others. */
const LONGEST_POD = 40;

function headOf({ recordedAt, state, pod, event, reasons }: Delivery, now: number, paint: Paint): string[] {
  const about = pod === undefined ? event : `${pod.namespace}/${pod.name}`;
  const end = event === "pod.deleted" ? ["deleted"] : reasons;
  return [ago(recordedAt, now), paint(TONES[state], state), about, end.join(",")];
}

/** The id, and what the last attempt came to. */
function cameOf(delivery: Delivery, now: number): string[] {
  const { id, attempts, isInFlight, last, why, nextRetryAt, coalesced, isSuperseded } = delivery;
  const came = last === undefined ? why : resultOf(last);
  const parts = [
    ...came === undefined ? [] : [came],
    ...attempts > 1 ? [counted(attempts, "attempt")] : [],
    ...isInFlight ? ["under way"] : [],
    ...isSuperseded ? ["tried no more"] : [],
    ...nextRetryAt === undefined ? [] : [`again ${ahead(nextRetryAt, now)}`],
    ...coalesced === 0 ? [] : [`stands for ${counted(coalesced, "older version")}`],
  ];
  return indented(`${id}  ${parts.length === 0 ? "not sent yet" : parts.join("; ")}`);
}

function resultOf({ status, outcome, why, durationSeconds }: AttemptRecord): string {
  return why ?? `${status ?? outcome} after ${duration(durationSeconds * 1_000)}`;
}

function indented(text: string): string[] {
  return wrapped(text, COLUMNS - 6).map((line) => `    ${line}`);
}

/** All that is kept of one. */
export function deliveryText(detail: DeliveryDetail, now: number, paint: Paint): string {
  const { id, endpoint, state, event, reasons, pod, recordedAt, coalesced, because } = detail;
  const { history, request, answer, body, nextRetryAt } = detail;
  const rows = [
    ["delivery", id],
    ["endpoint", endpoint],
    ["state", paint(TONES[state], state)],
    ["event", [event, reasons.join(", ")].filter(Boolean).join(": ")],
    ...pod === undefined
      ? []
      : [["pod", `${pod.namespace}/${pod.name}`], ["", `uid ${pod.uid}, version ${pod.resourceVersion}`]],
    ["recorded", `${recordedAt} (${ago(recordedAt, now)})`],
    ...coalesced === 0 ? [] : [["stands for", counted(coalesced, "older version")]],
    ["because", because],
    ...nextRetryAt === undefined ? [] : [["next try", nextRetryAt]],
    ...history.map((
      attempt,
      index,
    ) => [index === 0 ? "attempts" : "", `${attempt.at}  ${resultOf(attempt)}`]),
    ...request === undefined ? [] : [["request", size(request.bytes)], ...headers(request.headers)],
    ...answer === undefined ? [] : [
      ["answer", String(answer.status)],
      ...headers(answer.headers),
      ...answer.text === "" ? [] : [["", answer.text]],
    ],
  ];
  const width = Math.max(...rows.map(([label = ""]) => label.length)) + 2;
  const lines = rows.map(([label = "", text = ""]) => hanging(label.padEnd(width), text));
  // To be copied: nothing stands before it, and it is not broken.
  return [...lines, ...body === undefined ? [] : ["body", printableJson(body)]].map((line) => `${line}\n`)
    .join("");
}

function headers(fields: Readonly<Record<string, string>>): string[][] {
  return Object.entries(fields).map(([name, value]) => ["", `${name}: ${value}`]);
}
