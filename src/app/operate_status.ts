import type { EndpointCondition, EndpointStatus, SourceStatus, Status } from "../admin/admin.ts";
import type { Paint, Tone } from "../runtime/paint.ts";
import { columns, hanging } from "../runtime/table.ts";
import { ago, ahead, counted, duration, namespaces, size } from "../runtime/wording.ts";

/** What `k8svent status` prints as JSON. */
export interface WholeStatus extends Status {
  endpoints: EndpointStatus[];
}

/** Whether nobody has to do anything. Who paused an endpoint knows of it. */
export function isWell({ isReady, store, configuration, endpoints }: WholeStatus): boolean {
  return isReady && store.isHealthy && configuration?.isValid !== false &&
    endpoints.every(({ condition, deadLetters }) =>
      condition !== "failing" && condition !== "disabled" && deadLetters === 0
    );
}

/** The same for a person: what is wrong stands last, where the eye is. */
export function statusText(status: WholeStatus, now: number, paint: Paint): string {
  const blocks = [
    columns(facts(status, now, paint)),
    columns(endpointRows(status.endpoints, now, paint), { right: [2, 3], longest: LONGEST_NAME }),
    status.endpoints.flatMap((one) => troubleOf(one, now, paint)),
    [...status.problems, ...status.notes, ...faults(status)].map((text) => item(text)),
  ];
  return blocks.filter((lines) => lines.length > 0).map((lines) => `${lines.join("\n")}\n`).join("\n");
}

function facts(status: WholeStatus, now: number, paint: Paint): string[][] {
  const { version, startedAt, environment, cluster, isReady, source, pods, store, update } = status;
  const names = [environment, cluster].filter((name) => name !== undefined).join(", ");
  const state = isReady ? paint("good", "ready") : paint("bad", "not ready");
  const newer = update.isNewerAvailable ? ", and a newer version is available" : "";
  return [
    [
      "program",
      `k8svent ${version}, ${state}, up ${duration(Math.max(0, now - Date.parse(startedAt)))}${newer}`,
    ],
    ...names === "" ? [] : [["name", names]],
    ["cluster", `${source.server}, ${followed(source)}`],
    ["pods", `${pods.known}, of which ${pods.unhealthy} unhealthy`],
    [
      "state",
      `${size(store.bytes)}, ${store.isKept ? "kept over restarts" : "not kept over restarts (--state)"}`,
    ],
  ];
}

function followed({ kind, scopes }: SourceStatus): string {
  const names = scopes.flatMap(({ namespace }) => namespace ?? []);
  const verb = kind === "watch" ? "watching" : "listing";
  const missing = scopes.filter(({ isListed }) => !isListed).length;
  const rest = missing === 0 ? "" : `, the first list of ${missing} of ${scopes.length} not complete`;
  // Many namespaces would fill the screen.
  return `${verb} ${names.length > 3 ? counted(names.length, "namespace") : namespaces(names)}${rest}`;
}

/** Columns of an endpoint's name, so that the rest has room in 80. */
const LONGEST_NAME = 22;

function endpointRows(endpoints: readonly EndpointStatus[], now: number, paint: Paint): string[][] {
  if (endpoints.length === 0) return [];
  const heading = ["ENDPOINT", "STATE", "PENDING", "DEAD", "LAG P50/P99", "LAST DELIVERED"];
  return [
    heading.map((word) => paint("heading", word)),
    ...endpoints.flatMap(({ name, condition, pending, deadLetters, lag, lastDeliveredAt }) => [
      // One that is longer than its column has a line of its own.
      ...name.length > LONGEST_NAME ? [[name]] : [],
      [
        name.length > LONGEST_NAME ? "" : name,
        paint(TONES[condition], condition),
        String(pending),
        deadLetters === 0 ? "0" : paint("bad", String(deadLetters)),
        lag === undefined ? "-" : `${duration(lag.p50Seconds * 1_000)}/${duration(lag.p99Seconds * 1_000)}`,
        lastDeliveredAt === undefined ? "never" : ago(lastDeliveredAt, now),
      ],
    ]),
  ];
}

const TONES: Readonly<Record<EndpointCondition, Tone>> = {
  ok: "good",
  failing: "bad",
  disabled: "bad",
  paused: "doubtful",
};

/** Why an endpoint does not do, where something is wrong. */
function troubleOf(endpoint: EndpointStatus, now: number, paint: Paint): string[] {
  const { name, condition, pending, deadLetters, oldestPendingSeconds, lastError, nextTryAt, lost } =
    endpoint;
  const isWrong = condition !== "ok" || deadLetters > 0 || lost > 0;
  if (!isWrong) return [];
  const oldest = oldestPendingSeconds === undefined
    ? ""
    : `, the oldest for ${duration(oldestPendingSeconds * 1_000)}`;
  const parts = [
    ...pending === 0 ? [] : [`${counted(pending, "message")} pending${oldest}`],
    ...deadLetters === 0
      ? []
      : [`${counted(deadLetters, "dead letter")} (k8svent deliveries ${name} --state failed)`],
    ...lost === 0 ? [] : [`${counted(lost, "message")} lost`],
    ...lastError === undefined ? [] : [`the last error, ${ago(lastError.at, now)}: ${lastError.why}`],
    ...nextTryAt === undefined || condition !== "failing" ? [] : [`tried again ${ahead(nextTryAt, now)}`],
    ...condition === "disabled" ? ["it answered 410 Gone"] : [],
    ...condition === "paused" || condition === "disabled"
      ? [`nothing is sent until k8svent resume ${name}`]
      : [],
  ];
  return [item(`${name}: ${parts.join("; ")}.`, paint(condition === "paused" ? "doubtful" : "bad", "!"))];
}

function faults({ store, configuration }: WholeStatus): string[] {
  return [
    ...store.isHealthy
      ? []
      : [`The state cannot be written${store.fault === undefined ? "" : `: ${store.fault}`}.`],
    ...configuration?.isValid === false
      ? [`The configuration file is wrong, and the one before it holds: ${configuration.problem ?? ""}`]
      : [],
  ];
}

/** A sentence of its own, as wide as a terminal. */
function item(text: string, mark = "!"): string {
  return hanging(`${mark} `, text);
}
