import type { PodExplanation } from "../admin/admin.ts";
import type { Endpoint } from "../route/endpoint.ts";
import { explain, inWords } from "../route/explain.ts";
import type { Candidate } from "../route/want.ts";
import type { Configured } from "./operator_endpoints.ts";

/** What would become of a pod's next change at one endpoint, and by which rule. */
type Verdict = Pick<PodExplanation["endpoints"][number], "endpoint" | "sends" | "because">;

/** A pod, and what filters are asked about beside it. */
type About = Omit<Candidate, "reasons" | "event">;

/** The verdicts of the operator's endpoints, and of those that the pod's annotation names. @param routed where it goes */
export function verdictsOf(
  own: Iterable<Pick<Configured, "endpoint" | "want">>,
  routed: readonly Endpoint[],
  about: About,
): Verdict[] {
  return [
    ...Array.from(own, (one): Verdict => {
      const verdict = routed.includes(one.endpoint) ? judge(one, about) : ELSEWHERE;
      return { endpoint: one.endpoint.name, ...verdict };
    }),
    ...routed.filter(({ trusted }) => !trusted).map(({ name }) => {
      return { endpoint: name, sends: true, because: "the pod's annotation names it" };
    }),
  ];
}

const ELSEWHERE = { sends: false, because: "the pod's annotation names other endpoints" };

/**
 * A change is judged that has a reason which the endpoint wants. Which reason the next one has nobody knows, so the ones that
 * it wants are named.
 */
function judge(
  { endpoint: { settings: { filter } }, want }: Pick<Configured, "endpoint" | "want">,
  about: About,
): Omit<Verdict, "endpoint"> {
  if (want === undefined) return { sends: true, because: inWords({ sends: true, by: { rule: "none" } }) };
  const candidate: Candidate = { ...about, reasons: filter.reasons ?? ["sync"], event: "pod.changed" };
  const explanation = explain({ filter, want }, candidate);
  const { sends, by } = explanation;
  if (!sends || filter.reasons === undefined) return { sends, because: inWords(explanation) };
  const change = `a change is sent that has one of the reasons ${filter.reasons.join(", ")}`;
  return { sends, because: by.rule === "reasons" ? change : `${inWords(explanation)}: ${change}` };
}
