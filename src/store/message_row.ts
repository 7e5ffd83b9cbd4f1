import { isTransition, type Reason, sortReasons } from "../change/reasons.ts";
import type { Row } from "./statements.ts";
import type { Message, NewMessage } from "./store.ts";

/** The columns of the outbox that say what a message is about. */
export const CONTENT =
  "event, version, epoch, body, reasons, transition, occasion, phase, observed, environment";

/** The values of the columns `CONTENT`. */
export function contentOf(message: NewMessage, reasons: Reason[]): (string | number | null)[] {
  return [
    message.event,
    message.resourceVersion,
    message.epoch,
    message.body,
    reasons.join(),
    isTransition(reasons) ? 1 : 0,
    message.occasion,
    message.phase ?? null,
    message.observed === undefined ? null : Number(message.observed),
    message.environment ?? null,
  ];
}

/** A notice has no reasons. */
export function splitReasons(row: Row): Reason[] {
  const text = row["reasons"] as string;
  return text === "" ? [] : text.split(",") as Reason[];
}

/** The reasons of a row and more, as they are stored. */
export function joinReasons(row: Row, more: Reason[]): string {
  return sortReasons([...splitReasons(row), ...more]).join();
}

/** A reminder repeats a version that was told already, so it is none that another stands for. */
export function countOf(occasion: string): number {
  return occasion === "" ? 1 : 0;
}

/** The message that a row tells of. */
export function readMessage(
  row: Row,
  endpoint: string,
  body: string,
  reduced: boolean,
  newest: boolean,
): Message {
  const pod = row["pod"] as string;
  const slash = pod.indexOf("/");
  return {
    seq: row["seq"] as number,
    endpoint,
    uid: row["uid"] as string,
    namespace: pod.slice(0, slash),
    name: pod.slice(slash + 1),
    event: row["event"] as Message["event"],
    resourceVersion: row["version"] as string,
    epoch: row["epoch"] as number,
    body,
    completeness: !reduced ? "whole" : newest ? "fetchable" : "reduced",
    reasons: splitReasons(row),
    occasion: row["occasion"] as string,
    phase: (row["phase"] as string | null) ?? undefined,
    observed: row["observed"] === null ? undefined : row["observed"] === 1,
    environment: (row["environment"] as string | null) ?? undefined,
    attempts: row["attempts"] as number,
    strikes: row["strikes"] as number,
    timesAside: row["times_aside"] as number,
    coalesced: row["coalesced"] as number,
  };
}
