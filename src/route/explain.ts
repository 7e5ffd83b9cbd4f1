import type { MessageFilter } from "./endpoint_settings.ts";
import type { Candidate, SelectionRule, Want } from "./want.ts";

/** Whether a message would be sent to an endpoint, and what decides that. */
export interface Explanation {
  /** The endpoint's name. */
  endpoint: string;
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

/** What is asked about: an endpoint's name, its filter as it is configured, and what was compiled of it. */
export interface Subject {
  name: string;
  filter: MessageFilter;
  want: Want;
}

/** Says for each endpoint what becomes of a message, where the endpoint was sent the pod before. */
export function explain(endpoints: readonly Subject[], message: Candidate): Explanation[] {
  return endpoints.map((subject) => ({ endpoint: subject.name, ...explainOne(subject, message) }));
}

function explainOne({ filter, want }: Subject, message: Candidate): Omit<Explanation, "endpoint"> {
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
    case "send": {
      const isEnd = message.event === "pod.deleted" && filter.reasons === undefined;
      if (isUnselected || isEnd) return { sends: true, by: { rule: "end" } };
      if (filter.expression !== undefined) return { sends: true, by: { rule: "filter" } };
      return { sends: true, by: { rule: filter.reasons === undefined ? "none" : "reasons" } };
    }
  }
}
