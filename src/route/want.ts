/**
 * What one endpoint wants: its selection and its filter, compiled once.
 *
 * The selection is a property of the pod. Entering it is sent as `sync`, leaving it as `unselected`: whoever asks
 * remembers what the endpoint was sent.
 *
 * The filter is asked once for each message about a selected pod:
 *
 *     reasons  filter   a message is sent that …
 *     no       no       … exists
 *     yes      no       … has one of these reasons; so `sync` and `deleted` come only if they are listed
 *     no       yes      … the expression is true of; the end of a pod is not asked about
 *     yes      yes      … has one of these reasons and the expression is true of
 *
 * Where no reasons are listed, the end of a pod goes to each endpoint that was sent anything of it, whatever the
 * expression would say of the final object: a receiver must not keep a pod that is gone. `unselected` always does.
 */
import type { Reason } from "../change/reasons.ts";
import type { Summary } from "../change/summary.ts";
import { fieldsOf } from "../pod/anything.ts";
import type { Pod } from "../pod/pod.ts";
import type { EndpointSettings } from "./endpoint_settings.ts";
import type { Expression } from "./expression.ts";
import { matchesLabels, parseLabelSelector } from "./label_selector.ts";

/** A message about a pod, before anybody is sent it. */
export interface Candidate {
  pod: Pod;
  reasons: readonly Reason[];
  event: "pod.changed" | "pod.deleted";
  /** Of the version seen before; undefined: there was none. */
  previous: Summary | undefined;
  environment?: string | undefined;
  cluster?: string | undefined;
  workload?: string | undefined;
}

/** What becomes of a message for one endpoint. `why` is a clause without any value of the pod. */
export type Verdict =
  | { kind: "send" }
  | { kind: "skip"; rule: "reasons" | "filter" }
  | { kind: "error"; why: string; sends: boolean };

/** What keeps a pod out of a selection. */
export type SelectionRule = "namespaces" | "excludeNamespaces" | "selector";

/** One endpoint's selection and filter. */
export interface Want {
  /** Whether the pod is of the selection. */
  selects(pod: Pod): boolean;
  /** The rule that keeps it out; undefined: it is of the selection. */
  keptOutBy(pod: Pod): SelectionRule | undefined;
  /** false: `selects` is always true. */
  readonly isSelective: boolean;
  /** false: `judge` always sends. */
  readonly isFiltering: boolean;
  /** Judges a message about a selected pod. Depends on nothing but the message, and never throws. */
  judge(message: Candidate): Verdict;
}

/**
 * Compiles what the configuration says. What reads expressions takes 14 MB of memory, and most who run this have none, so it
 * is loaded with the first.
 *
 * @throws {TypeError | ExpressionError} for a selector or an expression that is none
 */
export async function loadWant(settings: Pick<EndpointSettings, "selection" | "filter">): Promise<Want> {
  const { expression } = settings.filter;
  if (expression === undefined) return compileWant(settings, undefined);
  const { compileExpression } = await import("./expression.ts");
  return compileWant(settings, compileExpression(expression));
}

/**
 * The same where the expression is compiled already.
 *
 * @param expression `filter.expression`, compiled
 * @throws {TypeError} with a sentence, for a selector that is none
 */
export function compileWant(
  { selection, filter }: Pick<EndpointSettings, "selection" | "filter">,
  expression: Expression | undefined,
): Want {
  if ((filter.expression === undefined) !== (expression === undefined)) {
    throw new Error("The expression of a filter was not compiled.");
  }
  const keptOutBy = compileSelection(selection);
  return {
    keptOutBy,
    selects: (pod) => keptOutBy(pod) === undefined,
    isSelective: selection.namespaces.length > 0 || selection.excludeNamespaces.length > 0 ||
      selection.selector !== undefined,
    isFiltering: filter.reasons !== undefined || expression !== undefined,
    judge: compileFilter(filter, expression),
  };
}

function compileSelection(
  { namespaces, excludeNamespaces, selector }: EndpointSettings["selection"],
): Want["keptOutBy"] {
  const wanted = new Set(namespaces);
  const excluded = new Set(excludeNamespaces);
  const requirements = parseLabelSelector(selector ?? "");
  return ({ metadata }) => {
    if (wanted.size > 0 && !wanted.has(metadata.namespace)) return "namespaces";
    if (excluded.has(metadata.namespace)) return "excludeNamespaces";
    return matchesLabels(requirements, fieldsOf(metadata.labels)) ? undefined : "selector";
  };
}

function compileFilter(
  { reasons, onError }: EndpointSettings["filter"],
  expression: Expression | undefined,
): Want["judge"] {
  const wanted = reasons === undefined ? undefined : new Set(reasons);
  return (message) => {
    if (message.reasons.includes("unselected")) return SEND;
    if (wanted === undefined && message.event === "pod.deleted") return SEND;
    if (wanted !== undefined && !message.reasons.some((reason) => wanted.has(reason))) return NO_REASON;
    if (expression === undefined) return SEND;
    const { pod, event, previous, environment, cluster, workload } = message;
    const result = expression.evaluate({
      pod,
      reasons: message.reasons,
      event,
      previous: previous ?? null,
      environment: environment ?? "",
      cluster: cluster ?? "",
      workload: workload ?? "",
    });
    if (result.kind === "error") return { kind: "error", why: result.why, sends: onError === "send" };
    return result.value ? SEND : FILTERED;
  };
}

/** Made once: with many endpoints most verdicts are one of these. */
const SEND: Verdict = { kind: "send" };
const NO_REASON: Verdict = { kind: "skip", rule: "reasons" };
const FILTERED: Verdict = { kind: "skip", rule: "filter" };
