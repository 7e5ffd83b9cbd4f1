import type { DeliveryQuery, EndpointStatus } from "../admin.ts";
import { REASONS } from "../../change/reasons.ts";
import { OUTCOMES, STATES } from "./conditions.ts";
import { isFiltered, parameters } from "./deliveries.ts";
import { attribute, type Html, html } from "./html.ts";
import { endpointPath, withQuery } from "./view.ts";
import { number } from "./words.ts";

/** How deliveries of an endpoint are chosen: what is chosen stands in the address, so that it can be kept and sent on. */

/** Links to each state, with the other filters as they are. */
export function stateTabs(wanted: DeliveryQuery, { name, pending, deadLetters }: EndpointStatus): Html {
  const tab = (state: string | undefined, text: string, count = 0): Html => {
    const path = withQuery(endpointPath(name), { ...parameters(wanted), state, limit: undefined });
    const current = attribute("aria-current", state === wanted.state ? "true" : undefined);
    const counted = count === 0 ? "" : html`
      <span class="count">${number(count)}</span>
    `;
    return html`<li><a href="${path}"${current}>${text}${counted}</a></li>`;
  };
  return html`
    <nav class="tabs" aria-label="By state">
      <ul>
    ${tab(undefined, "All")}
    ${tab("delivered", STATES.delivered)}
    ${tab("pending", STATES.pending, pending)}
    ${tab("failed", STATES.failed, deadLetters)}
      </ul>
    </nav>
  `;
}

/** By pod, reason and outcome. */
export function filterForm(wanted: DeliveryQuery): Html {
  const { endpoint, state, namespace = "", pod = "", reason = "", outcome = "" } = wanted;
  const path = endpointPath(endpoint);
  const reasons = new Map(REASONS.map((one) => [one, one]));
  return html`<form class="filters" method="get" action="${path}" role="search" aria-label="Filter deliveries">
${state !== undefined && html`<input type="hidden" name="state" value="${state}">`}
<label>Namespace <input name="namespace" value="${namespace}" autocomplete="off" spellcheck="false"></label>
<label>Pod <input name="pod" value="${pod}" autocomplete="off" spellcheck="false"></label>
${select("Reason", "reason", reason, reasons)}
${select("Outcome", "outcome", outcome, OUTCOMES)}
<span class="buttons"><button>Filter</button>${
    isFiltered(wanted) && html`<a class="button" href="${withQuery(path, { state })}">Clear</a>`
  }</span>
</form>`;
}

function select(label: string, name: string, value: string, options: ReadonlyMap<string, string>): Html {
  const option = (one: string, text: string): Html =>
    html`
      <option value="${one}" ${attribute("selected", one === value ? "" : undefined)}>${text}</option>
    `;
  const offered = [...options].map(([one, text]) => option(one, text));
  return html`<label>${label} <select name="${name}">${option("", "any")}${offered}</select></label>`;
}
