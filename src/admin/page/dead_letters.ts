import type { Admin, EndpointStatus } from "../admin.ts";
import { allDeadLettersActions, deliveriesTable } from "./deliveries.ts";
import { type Html, html } from "./html.ts";
import { layout } from "./layout.ts";
import { endpointPath, type View } from "./view.ts";
import { many, number } from "./words.ts";

/** Dead letters of one endpoint that are shown here; the rest is on its own page. */
const SHOWN = 20;

/** Failed deliveries of one endpoint among which they are looked for. */
const MOST = 1_000;

/** How the forms say that they stand on this page. */
const BACK = { from: "dead-letters" };

/** The dead letters of all endpoints. */
export function deadLettersPage(view: View, admin: Admin): Html {
  const having = view.endpoints.filter(({ deadLetters }) => deadLetters > 0);
  return layout(
    view,
    "dead letters",
    "Dead letters",
    html`
      <h1>Dead letters</h1>
      ${having.length === 0 ? html`<p class="none">There is no dead letter.</p>` : html`
        <p
          class="hint">An endpoint did not take these while it took others. They are tried again from time to time; a newer version of the pod takes their place.</p>
              ${having.map((one) => ofEndpoint(view, admin, one))}
      `}
    `,
  );
}

function ofEndpoint(view: View, admin: Admin, endpoint: EndpointStatus): Html {
  const { name, deadLetters } = endpoint;
  const path = endpointPath(name);
  const failed = admin.deliveries({ endpoint: name, state: "failed", limit: MOST })?.deliveries ?? [];
  // What a newer version took the place of is sent no more; there may be hundreds of them, and all of them newer.
  const dead = failed.filter(({ isSuperseded }) => !isSuperseded).slice(0, SHOWN);
  const rest = deadLetters - dead.length;
  return html`<section data-key="${name}">
<div class="title"><h2><a href="${path}?state=failed">${name}</a> <span class="count">${
    number(deadLetters)
  }</span></h2>
${deadLetters > 1 && allDeadLettersActions(endpoint, BACK)}</div>
${deliveriesTable(`Dead letters of ${name}`, dead, view.now, BACK)}
${
    rest > 0
      ? html`<p class="more"><a href="${path}?state=failed">${many(rest, "more dead letter")}</a></p>`
      : ""
  }
</section>`;
}
