/** A message as it is handed to a worker, put together from its rows. */
import { sortReasons } from "../change/reasons.ts";
import { identityBody } from "../pod/json.ts";
import type { PendingRow, VersionRow } from "./journal.ts";
import type { Pod } from "./pods.ts";
import type { Failures, Message } from "./store.ts";
import { hasFlag, splitReasons, type Versions } from "./versions.ts";

/** Of a message that was never tried. */
export const NO_FAILURES: Failures = { tries: 0, strikes: 0, failedAt: 0, dead: 0, why: undefined };

/** What the pending row of a message says, and who gets it. */
export interface Given {
  seq: number;
  endpoint: string;
  row: PendingRow;
  failures: Failures;
}

/** A message about a pod. */
export function messageOf(pod: Pod, given: Given, versions: Versions): Message {
  const version = versions.row(given.row.version);
  const { source, isFetchable } = sourceOf(pod, version, versions);
  const head = headOf(pod, given, version);
  // A process that ended on a full disk may have lost it.
  const read = (): Uint8Array<ArrayBuffer> =>
    versions.bodyOf(source) ?? identityBody(head, head.event === "pod.deleted");
  if (!hasFlag(source, "trimmed")) return { ...head, body: read(), completeness: "whole" };
  if (!isFetchable) return { ...head, body: read(), completeness: "trimmed" };
  let body: Uint8Array<ArrayBuffer> | undefined;
  return {
    ...head,
    completeness: "fetchable",
    // Asked for at once or never: thousands are put off unread while nothing can be fetched.
    get body(): Uint8Array<ArrayBuffer> {
      return body ??= read();
    },
  };
}

/** The same without its body. */
export function headOf(
  pod: Pod,
  { seq, endpoint, row, failures }: Given,
  version: VersionRow,
): Omit<Message, "body" | "completeness"> {
  return {
    uid: pod.uid,
    namespace: pod.namespace,
    name: pod.name,
    seq,
    version: row.version,
    endpoint,
    event: version.event as Message["event"],
    resourceVersion: version.resourceVersion,
    epoch: version.epoch,
    generation: pod.generation,
    occasion: version.occasion,
    reasons: sortReasons([...splitReasons(version.reasons), ...splitReasons(row.moreReasons)]),
    phase: version.phase ?? undefined,
    observed: hasFlag(version, "observed") ? true : hasFlag(version, "unobserved") ? false : undefined,
    environment: version.environment ?? undefined,
    workload: pod.workload,
    coalesced: row.coalesced,
    failures,
  };
}

/**
 * Whose body is sent. A reminder and what it reminds of are one version of the pod: where the body of one was given up,
 * that of the other may be whole, and it can be fetched for as long as it is the pod's current one.
 */
function sourceOf(
  pod: Pod,
  version: VersionRow,
  versions: Versions,
): { source: VersionRow; isFetchable: boolean } {
  const current = pod.current === 0 ? undefined : versions.row(pod.current);
  const isCurrent = current !== undefined && version.event === "pod.changed" &&
    version.epoch === current.epoch &&
    version.resourceVersion === current.resourceVersion;
  return { source: isCurrent && hasFlag(version, "trimmed") ? current : version, isFetchable: isCurrent };
}
