import type { MessageFilter } from "./endpoint_settings.ts";
import type { Candidate, SelectionRule, Want } from "./want.ts";

/** Whether a message would be sent to an endpoint, and what decides that. */
export interface Explanation {
  sends: boolean;
  by: Deciding;
}

/**
 * The rule that keeps a message back, or the last one that it had to pass; `none`: the endpoint has no filter.
 * `end`: a receiver is sent the end of what it knows, unasked. `error`: the expression cannot be evaluated, so
 * `onError` decides; `why` is a clause without any value of the pod.
 */
export type Deciding =
  | { rule: SelectionRule | "reasons" | "filter" | "none" | "end" }
  | { rule: "error"; why: string };

/** What is asked about: an endpoint's filter as it is configured, and what was compiled of it. */
export interface Subject {
  filter: MessageFilter;
  want: Want;
}

/** Says what becomes of a message at an endpoint that was sent the pod before. */
export function explain({ filter, want }: Subject, message: Candidate): Explanation {
  const isUnselected = message.reasons.includes("unselected");
  const keptOutBy = want.keptOutBy(message.pod);
  // Whoever learns that a pod left its selection does not select it any more.
  if (keptOutBy !== undefined && !isUnselected) return { sends: false, by: { rule: keptOutBy } };
  const verdict = want.judge(message);
  switch (verdict.kind) {
    case "skip":
      return { sends: false, by: { rule: verdict.rule } };
    case "error":
      return { sends: verdict.sends, by: { rule: "error", why: verdict.why } };
    case "send":
      return { sends: true, by: { rule: lastPassed(filter, message) } };
  }
}

/** The last rule that a message had to pass which was sent to an endpoint. */
export function lastPassed(
  { reasons, expression }: MessageFilter,
  message: { event: string; reasons: Candidate["reasons"] },
): "end" | "filter" | "reasons" | "none" {
  const isEnd = message.event === "pod.deleted" && reasons === undefined;
  if (isEnd || message.reasons.includes("unselected")) return "end";
  if (expression !== undefined) return "filter";
  return reasons === undefined ? "none" : "reasons";
}

/** What decides, as a clause for people. `error`: with what becomes of the message, which `onError` says. */
export function inWords({ sends, by }: Explanation): string {
  if (by.rule === "error") {
    return `the filter cannot be evaluated, and onError is ${sends ? "send" : "drop"}: ${by.why}`;
  }
  return (sends ? SENT : KEPT)[by.rule] ?? "";
}

type Rule = Exclude<Deciding["rule"], "error">;

const SENT: Readonly<Partial<Record<Rule, string>>> = {
  none: "it has no filter",
  reasons: "reasons lists one of its reasons",
  filter: "filter is true",
  end: "whoever was sent anything of a pod gets its end, and that it left the selection",
};

const KEPT: Readonly<Partial<Record<Rule, string>>> = {
  namespaces: "namespaces does not list its namespace",
  excludeNamespaces: "excludeNamespaces lists its namespace",
  selector: "selector does not match its labels",
  reasons: "reasons lists none of its reasons",
  filter: "filter is false",
};
