import type { Reason } from "../change/reasons.ts";
import type { Summary } from "../change/summary.ts";
import type { Pod } from "../pod/pod.ts";

/** What one endpoint wants: its selection of pods and its filter of messages, compiled once. */
export interface Want {
  /** Whether the pod is of the selection. */
  selects(pod: Pod): boolean;
  /** False: every pod is of the selection. */
  readonly isSelective: boolean;
  /** False: every message about such a pod is wanted. */
  readonly isFiltering: boolean;
  judge(message: Judged): Verdict;
}

/** A message about a pod of the selection. */
export interface Judged {
  pod: Pod;
  reasons: readonly Reason[];
  event: "pod.changed" | "pod.deleted";
  previous: Summary | undefined;
  environment?: string;
  cluster?: string;
  workload?: string;
}

/** Whether a message is sent. */
export type Verdict =
  | { kind: "send" }
  | { kind: "skip"; rule: "reasons" | "filter" }
  | { kind: "error"; why: string; sends: boolean };
