import type { PodExplanation } from "../admin/admin.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Paint } from "../runtime/paint.ts";
import { COLUMNS, columns } from "../runtime/table.ts";
import { ago } from "../runtime/wording.ts";
import { wrapped } from "../runtime/wrapped.ts";
import { deliveryLines } from "./operate_deliveries.ts";

/** What is known of a pod and where it goes; from the cluster alone, nothing of what was sent. */
export interface ClusterExplanation
  extends Pick<PodExplanation, "namespace" | "name" | "uid" | "resourceVersion" | "phase" | "route"> {
  endpoints: Pick<PodExplanation["endpoints"][number], "endpoint" | "sends" | "because">[];
  /** What is wrong with the pod's annotation: sentences. */
  problems: string[];
}

/** What becomes of a pod, for a person: the pod, and a block for each endpoint. */
export function explanationText(
  explanation: PodExplanation | ClusterExplanation,
  { clock, paint }: { clock: Clock; paint: Paint },
): string {
  const { namespace, name, uid, resourceVersion, phase, route } = explanation;
  const now = clock.now();
  const known = "problems" in explanation ? undefined : explanation;
  const health = known?.isHealthy === undefined
    ? []
    : [known.isHealthy ? "healthy" : paint("bad", "unhealthy")];
  const changed = known?.changedAt === undefined ? [] : [`changed ${ago(known.changedAt, now)}`];
  const facts = columns([
    ["pod", `${namespace}/${name}`],
    ["", `uid ${uid}, version ${resourceVersion}`],
    ["state", [phase ?? "no phase", ...health, ...changed].join(", ")],
    ["goes to", route === "annotation" ? "what its annotation names" : "the endpoints of the operator"],
  ]);
  const problems = "problems" in explanation
    ? explanation.problems.flatMap((text) => wrapped(text, COLUMNS))
    : [];
  const blocks = explanation.endpoints.map((one) => endpointLines(one, now, paint));
  if (blocks.length === 0) blocks.push(["No endpoint."]);
  return [facts, problems, ...blocks].filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${line}\n`).join("")).join("\n");
}

type Endpoint = PodExplanation["endpoints"][number] | ClusterExplanation["endpoints"][number];

function endpointLines(one: Endpoint, now: number, paint: Paint): string[] {
  const verdict = one.sends ? paint("good", "would be sent") : paint("doubtful", "would not be sent");
  const lines = [
    `${paint("heading", one.endpoint)}: ${verdict}`,
    ...wrapped(`because ${one.because}`, COLUMNS - 2).map((line) => `  ${line}`),
  ];
  if (!("deliveries" in one)) return lines;
  const pending = one.isPending ? "; something is pending" : "";
  lines.push(`  ${STANDING[one.standing ?? "none"]}${pending}`);
  return [...lines, ...deliveryLines(one.deliveries, now, paint).map((line) => `  ${line}`)];
}

const STANDING = {
  sent: "it was sent something of this pod",
  selected: "it was sent nothing of this pod yet",
  left: "it was sent that the pod left its selection",
  none: "it has nothing of this pod",
};
