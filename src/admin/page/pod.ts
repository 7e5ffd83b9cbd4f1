import type { PodExplanation } from "../admin.ts";
import { deliveriesTable } from "./deliveries.ts";
import { type Html, html } from "./html.ts";
import { layout } from "./layout.ts";
import { facts } from "./table.ts";
import { endpointPath, type View } from "./view.ts";
import { badge, time } from "./words.ts";

/** Which pod is meant, and what becomes of it. */

/** The search. @param missing what was looked for and is not known */
export function podSearchPage(view: View, missing?: string): Html {
  return layout(
    view,
    "pods",
    "Pods",
    html`<h1>Pods</h1>
${
      missing === undefined ? "" : html`
        <p class="notice bad"
          role="alert">No pod ${missing} is known: there is none, or it is not among those that are followed.</p>
      `
    }
${search(missing ?? "")}
<p class="hint">It shows what becomes of a pod at each endpoint, and why.</p>`,
  );
}

function search(value: string): Html {
  return html`
    <form class="filters" method="get" action="/pods" role="search" aria-label="Find a pod">
      <label>Namespace/name <input name="pod" value="${value}" size="40" placeholder="default/web-1" required autocomplete="off" spellcheck="false"></label>
      <span class="buttons"><button>Explain</button></span>
    </form>
  `;
}

/** One pod. */
export function podPage(view: View, pod: PodExplanation): Html {
  const { namespace, name, uid, resourceVersion, phase, isHealthy, changedAt, route, endpoints } = pod;
  return layout(
    view,
    "pods",
    `${namespace}/${name}`,
    html`
      <div class="title">
        <h1><span class="name">${namespace}/${name}</span>${isHealthy === undefined ? "" : html`
          ${isHealthy ? badge("good", "Healthy") : badge("bad", "Unhealthy")}
        `}</h1>
        ${search(`${namespace}/${name}`)}
      </div>
      <div class="panels">
        <section class="panel"><h2>Pod</h2>${facts([
          ["Phase", phase],
          ["UID", html`<code>${uid}</code>`],
          ["Resource version", resourceVersion],
          ["Last change", time(changedAt, view.now)],
          ["Goes to", route === "annotation" ? "what its annotation names" : "the operator's endpoints"],
        ])}</section>
      </div>
      <h2>At each endpoint</h2>
      ${endpoints.length === 0
        ? html`<p class="none">It goes to no endpoint.</p>`
        : endpoints.map((one) => atEndpoint(one, view.now))}
    `,
  );
}

const STANDINGS = {
  sent: "has the pod",
  selected: "selects the pod, and nothing was sent yet",
  left: "knows that the pod has left",
} as const;

function atEndpoint(one: PodExplanation["endpoints"][number], now: number): Html {
  const { endpoint, sends, because, standing, isPending, deliveries } = one;
  return html`<section class="panel" data-key="${endpoint}" aria-label="${endpoint}">
<h3><a href="${endpointPath(endpoint)}">${endpoint}</a> ${
    sends ? badge("good", "Is sent") : badge("quiet", "Is not sent")
  }</h3>
${
    facts([
      ["Why", because],
      ["The endpoint", standing === undefined ? "knows nothing of the pod" : STANDINGS[standing]],
      ["Pending", isPending ? "yes" : "no"],
    ])
  }
${
    deliveries.length === 0
      ? html`<p class="none">No delivery of it is kept.</p>`
      : deliveriesTable(`Deliveries to ${endpoint}`, deliveries, now)
  }
</section>`;
}

/** Where the search leads: the page of the pod. Undefined: nothing that could be one was written. */
export function searchedPod(query: URLSearchParams): { namespace: string; name: string } | undefined {
  const [, namespace, name] = /^([^/\s]+)\/([^/\s]+)$/.exec(query.get("pod")?.trim() ?? "") ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}
