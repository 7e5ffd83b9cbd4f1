import type { Clock } from "../../runtime/clock.ts";
import type { Admin, EndpointStatus } from "../admin.ts";
import type { Answer } from "../answer.ts";
import { seeOther } from "../form.ts";
import type { Problem } from "../problem.ts";
import type { Call, Route } from "../routes.ts";
import { actionRoutes } from "./actions.ts";
import { ASSETS } from "./assets.ts";
import { clusterPage } from "./cluster.ts";
import { discardPage } from "./confirm.ts";
import { deadLettersPage } from "./dead_letters.ts";
import { deliveryPage } from "./delivery.ts";
import { endpointPage } from "./endpoint.ts";
import { endpointsPage } from "./endpoints.ts";
import { Html, html } from "./html.ts";
import { layout } from "./layout.ts";
import { loginPage, problemPage } from "./login.ts";
import { podPage, podSearchPage, searchedPod } from "./pod.ts";
import { podPath, type View } from "./view.ts";

/**
 * The page, which does without JavaScript: each address is made anew from `Admin` for each request, filters are forms that
 * ask by GET, and what acts is a POST (`actions.ts`). With JavaScript (`script.ts`) it is brought up to date as it stands.
 * Everything that comes from a cluster is text, whatever stands in it (`html.ts`).
 *
 * | path | |
 * |---|---|
 * | `/` | the cluster |
 * | `/endpoints` | all, or by `?condition=` |
 * | `/endpoints/NAME` | one, and its deliveries by `?state=&namespace=&pod=&reason=&outcome=&limit=` |
 * | `/endpoints/NAME/deliveries/ID` | one delivery |
 * | `/endpoints/NAME/discard` | asks whether dead letters are to be discarded: all, or `?id=` |
 * | `/dead-letters` | those of all endpoints |
 * | `/pods`, `/pods/NAMESPACE/NAME` | a search, and what becomes of a pod |
 */
export interface Page {
  /** All of them but `/login` and `/logout`. */
  routes: Route[];
  /**
   * The form that asks for the token: `POST /login` with `token` and `next`.
   *
   * @param next the path to go on to
   * @param fault why what was given does not let in, as a sentence
   */
  login(next: string, fault?: string): Answer;
  /** What is shown in place of something that cannot be. */
  problem(problem: Problem): Answer;
}

/** Makes it. */
export function openPage({ admin, clock }: { admin: Admin; clock: Clock }): Page {
  return {
    routes: [...pageRoutes(admin, clock), ...actionRoutes(admin.actions, clock), ...assetRoutes()],
    login: (next, fault) => page(fault === undefined ? 200 : 401, loginPage(next, fault)),
    problem: (problem) => page(problem.status, problemPage(problem)),
  };
}

/** What is shown; or the sentence, or the page, that says what there is not. */
type Shown = Html | string | { missing: Html };

function pageRoutes(admin: Admin, clock: Clock): Route[] {
  const get = (path: string, show: (view: View, params: Call["params"]) => Shown): Route => ({
    method: "GET",
    path,
    handle({ query, params, hasSession }): Answer {
      const view = {
        now: clock.now(),
        query,
        status: admin.status(),
        endpoints: admin.endpoints(),
        isLoggedIn: hasSession,
      };
      const shown = show(view, params);
      if (shown instanceof Html) return page(200, shown);
      return page(404, typeof shown === "string" ? notFound(view, shown) : shown.missing);
    },
  });
  return [
    get("/", clusterPage),
    get("/endpoints", endpointsPage),
    get("/endpoints/{name}", (view, { name = "" }) => {
      const endpoint = endpointIn(view, name);
      return endpoint === undefined ? noEndpoint(name) : endpointPage(view, admin, endpoint);
    }),
    get("/endpoints/{name}/discard", (view, { name = "" }) => {
      const endpoint = endpointIn(view, name);
      return endpoint === undefined ? noEndpoint(name) : discardPage(view, endpoint);
    }),
    get("/endpoints/{name}/deliveries/{id}", (view, { name = "", id = "" }) => {
      const delivery = admin.delivery(name, id);
      if (delivery !== undefined) return deliveryPage(view, delivery);
      if (endpointIn(view, name) === undefined) return noEndpoint(name);
      return `The endpoint ${name} has no delivery ${id}, or has it no more: only the last ones are kept.`;
    }),
    get("/dead-letters", (view) => deadLettersPage(view, admin)),
    get("/pods/{namespace}/{name}", (view, { namespace = "", name = "" }) => {
      const pod = admin.pod(namespace, name);
      return pod === undefined
        ? { missing: podSearchPage(view, `${namespace}/${name}`) }
        : podPage(view, pod);
    }),
    podSearch(admin, get("/pods", (view) => podSearchPage(view, view.query.get("pod")?.trim()))),
  ];
}

/** Goes on to the pod that was found. */
function podSearch(admin: Admin, otherwise: Route): Route {
  return {
    ...otherwise,
    handle(call): ReturnType<Route["handle"]> {
      const wanted = searchedPod(call.query);
      if (wanted === undefined || admin.pod(wanted.namespace, wanted.name) === undefined) {
        return otherwise.handle(call);
      }
      return seeOther(podPath(wanted));
    },
  };
}

/** A browser keeps them for good; they are there before somebody has logged in, too. */
function assetRoutes(): Route[] {
  return [...ASSETS].map(([path, { type, text }]) => ({
    method: "GET",
    path,
    isOpen: true,
    handle: () => ({
      status: 200,
      type,
      text,
      headers: { "cache-control": "public, max-age=31536000, immutable" },
    }),
  }));
}

function page(status: number, content: Html): Answer {
  return { status, text: String(content).trimStart(), type: "text/html; charset=utf-8" };
}

function endpointIn({ endpoints }: View, name: string): EndpointStatus | undefined {
  return endpoints.find((one) => one.name === name);
}

function noEndpoint(name: string): string {
  return `There is no endpoint ${name}, or no more.`;
}

function notFound(view: View, sentence: string): Html {
  return layout(
    view,
    undefined,
    "Not found",
    html`
      <h1>Not found</h1>
      <p>${sentence}</p>
      <p><a href="/endpoints">All endpoints</a></p>
    `,
  );
}
