import type { Clock } from "../../runtime/clock.ts";
import type { AdminActions, Done } from "../admin.ts";
import type { Answer } from "../answer.ts";
import { readForm, seeOther } from "../form.ts";
import type { Call, Route } from "../routes.ts";
import { readSince } from "./forms.ts";
import { type Action, type NotDone, noticeParameters } from "./notice.ts";
import { backTo, endpointPath, withQuery } from "./view.ts";

/**
 * What the buttons of the page do: a POST that is answered with a redirect to the page where the button was, which says what
 * came of it. To load that page again does nothing again.
 */
export function actionRoutes(actions: AdminActions, clock: Clock): Route[] {
  const resync = (form: URLSearchParams, endpoint?: string): Done | NotDone => {
    const since = readSince(form.get("since") ?? "", clock.now());
    if (since === undefined) return "since";
    return actions.resync({ ...endpoint !== undefined && { endpoint }, ...since !== "" && { since } });
  };
  return [
    action("/retry", "retry", () => actions.retry()),
    action("/resync", "resync", (form) => resync(form)),
    action("/endpoints/{name}/pause", "pause", (_, name) => actions.pause(name)),
    action("/endpoints/{name}/resume", "resume", (_, name) => actions.resume(name)),
    action("/endpoints/{name}/resync", "resync", (form, name) => resync(form, name)),
    action("/endpoints/{name}/redeliver", "redeliver", (form, name) => actions.redeliver(name, idOf(form))),
    action("/endpoints/{name}/discard", "discard", (form, name) => actions.discard(name, idOf(form))),
  ];
}

function action(
  path: string,
  what: Action,
  act: (form: URLSearchParams, name: string) => Done | NotDone,
): Route {
  return {
    method: "POST",
    path,
    handle(call): Answer {
      const done = act(readForm(call), call.params["name"] ?? "");
      return seeOther(whereTo(call, noticeParameters(what, outcomeOf(done))));
    },
  };
}

function outcomeOf(done: Done | NotDone): number | NotDone {
  if (typeof done === "string") return done;
  return done.kind === "done" ? done.count : "gone";
}

/** Undefined: all of the endpoint. */
function idOf(form: URLSearchParams): string | undefined {
  return form.get("id") ?? undefined;
}

/** Pages other than the endpoint's own that have its buttons. */
const PAGES: ReadonlyMap<string, string> = new Map([
  ["endpoints", "/endpoints"],
  ["dead-letters", "/dead-letters"],
]);

/** The page with the button, with the filters that it had. */
function whereTo({ params: { name }, query }: Call, notice: Record<string, string>): string {
  const { from = "", ...filters } = backTo(query);
  const page = PAGES.get(from) ?? (name === undefined ? "/" : endpointPath(name));
  return withQuery(page, { ...filters, ...notice });
}
