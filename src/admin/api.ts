import type { Clock } from "../runtime/clock.ts";
import type { Admin, AdminActions, Done } from "./admin.ts";
import type { Answer } from "./answer.ts";
import { changes } from "./events.ts";
import { deliveryParameters, nothing, readBody, readQuery, resyncBody } from "./parameters.ts";
import { problem } from "./problem.ts";
import type { Call, Route } from "./routes.ts";

/**
 * The API: what the page shows and does, as JSON. Reads answer the values of `admin.ts` as they stand, actions how many
 * messages or endpoints they were about, and all that cannot be answered is a problem of RFC 9457. `openapi.ts` describes it;
 * a test holds the answers against that.
 */
export function apiRoutes(admin: Admin, clock: Clock): Route[] {
  const { actions } = admin;
  return [
    ...reads(admin, clock),
    ...endpointActions(actions),
    action("/resync", (call) => actions.resync(readBody(call, resyncBody))),
    action("/retry", (call) => {
      readBody(call, nothing);
      return actions.retry();
    }),
  ];
}

/** Where every path of the API begins. */
export const API = "/api/v1";

function reads(admin: Admin, clock: Clock): Route[] {
  return [
    get("/status", () => json(admin.status())),
    get("/endpoints", () => json(admin.endpoints())),
    get("/endpoints/{name}", ({ params: { name = "" } }) => {
      const found = admin.endpoint(name);
      return found === undefined ? missing("endpoint") : json(found);
    }),
    {
      method: "GET",
      path: `${API}/endpoints/{name}/deliveries`,
      handle(call): Answer {
        const query = readQuery(call, deliveryParameters);
        const found = admin.deliveries({ endpoint: call.params["name"] ?? "", ...query });
        return found === undefined ? missing("endpoint") : json(found);
      },
    },
    get("/endpoints/{name}/deliveries/{id}", ({ params: { name = "", id = "" } }) => {
      if (admin.endpoint(name) === undefined) return missing("endpoint");
      const found = admin.delivery(name, id);
      return found === undefined ? missing("delivery") : json(found);
    }),
    get("/pods/{namespace}/{name}", ({ params: { namespace = "", name = "" } }) => {
      const found = admin.pod(namespace, name);
      return found === undefined ? missing("pod") : json(found);
    }),
    get("/events", () => changes(admin, clock)),
    get("/openapi.json", async () => json((await import("./openapi.ts")).OPENAPI)),
  ];
}

function endpointActions(actions: AdminActions): Route[] {
  const plain = (path: string, act: (name: string, id: string) => Done): Route =>
    action(path, (call) => {
      readBody(call, nothing);
      return act(call.params["name"] ?? "", call.params["id"] ?? "");
    });
  return [
    plain("/endpoints/{name}/pause", (name) => actions.pause(name)),
    plain("/endpoints/{name}/resume", (name) => actions.resume(name)),
    plain("/endpoints/{name}/redeliver", (name) => actions.redeliver(name)),
    plain("/endpoints/{name}/discard", (name) => actions.discard(name)),
    action(
      "/endpoints/{name}/resync",
      (call) => actions.resync({ endpoint: call.params["name"] ?? "", ...readBody(call, resyncBody) }),
    ),
    plain("/endpoints/{name}/deliveries/{id}/redeliver", (name, id) => actions.redeliver(name, id)),
    plain("/endpoints/{name}/deliveries/{id}/discard", (name, id) => actions.discard(name, id)),
  ];
}

function get(path: string, answer: Route["handle"]): Route {
  return {
    method: "GET",
    path: `${API}${path}`,
    handle(call): ReturnType<Route["handle"]> {
      readQuery(call, nothing);
      return answer(call);
    },
  };
}

function action(path: string, act: (call: Call) => Done): Route {
  return {
    method: "POST",
    path: `${API}${path}`,
    handle(call): Answer {
      readQuery(call, nothing);
      const done = act(call);
      return done.kind === "done" ? json({ count: done.count }) : missing(done.what);
    },
  };
}

function json(value: unknown): Answer {
  return { status: 200, text: JSON.stringify(value), type: "application/json" };
}

const MISSING = {
  endpoint: "There is no endpoint with this name: /api/v1/endpoints lists them.",
  "dead letter": "There is no dead letter with this id at this endpoint.",
  delivery: "There is no delivery with this id at this endpoint, or it is not kept any more.",
  pod: "No pod with this name is known in this namespace.",
};

function missing(what: keyof typeof MISSING): Answer {
  return problem(404, MISSING[what]);
}
