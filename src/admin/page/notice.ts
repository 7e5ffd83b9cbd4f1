import { counted } from "../../runtime/wording.ts";
import type { AdminActions } from "../admin.ts";
import { type Html, html } from "./html.ts";
import type { View } from "./view.ts";

/*
 * What came of an action, on the page that the browser is sent to after it. Only the action's name and a number travel in
 * the address: what is said is chosen here, so that no link can put words on the page.
 */

/** What can be done on the page. */
export type Action = keyof AdminActions;

const DONE: Record<Action, (count: number) => string> = {
  pause: () => "Paused.",
  resume: () => "Resumed.",
  redeliver: (count) =>
    count === 0
      ? "There was nothing to redeliver."
      : `${counted(count, "dead letter is", "dead letters are")} tried again now.`,
  discard: (count) =>
    count === 0 ? "There was nothing to discard." : `${counted(count, "dead letter")} discarded.`,
  resync: (count) =>
    count === 0
      ? "No pod was sent: none fits."
      : `${counted(count, "message")} with the reason sync ${count === 1 ? "is" : "are"} sent.`,
  retry: () => "What waits is tried now.",
};

const NOT_DONE = {
  gone: "Nothing was done: it is not there any more.",
  since: "Nothing was done: write the time as 15m, 2h or 1d, or as 2026-11-27T12:00:00Z.",
} as const;

/** Why an action was not carried out. */
export type NotDone = keyof typeof NOT_DONE;

/** The parameters that say it. */
export function noticeParameters(action: Action, outcome: number | NotDone): Record<string, string> {
  return typeof outcome === "number" ? { done: action, count: String(outcome) } : { failed: outcome };
}

/** What `noticeParameters` said. */
export function notice({ query }: View): Html | "" {
  const done = query.get("done") ?? "";
  if (Object.hasOwn(DONE, done)) {
    const count = Number(query.get("count"));
    const words = DONE[done as Action](Number.isSafeInteger(count) && count >= 0 ? count : 0);
    return html`<p class="notice" id="notice" role="status">${words}</p>`;
  }
  const failed = query.get("failed") ?? "";
  if (!Object.hasOwn(NOT_DONE, failed)) return "";
  return html`<p class="notice bad" id="notice" role="alert">${NOT_DONE[failed as NotDone]}</p>`;
}
