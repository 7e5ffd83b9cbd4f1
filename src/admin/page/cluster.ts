import { size } from "../../runtime/wording.ts";
import type { SourceStatus, Status } from "../admin.ts";
import { bars } from "./chart.ts";
import { endpointsInWords } from "./conditions.ts";
import { resyncForm } from "./forms.ts";
import { attribute, type Html, html } from "./html.ts";
import { layout } from "./layout.ts";
import { facts, table } from "./table.ts";
import type { View } from "./view.ts";
import { badge, many, number, seconds, time } from "./words.ts";

/** Phases in the order of a pod's life; others come behind them. */
const PHASES = ["Pending", "Running", "Succeeded", "Failed", "Unknown"];

/** Scopes that are listed without a click. */
const FEW = 5;

/** The first page: how the program does. */
export function clusterPage(view: View): Html {
  const { status } = view;
  return layout(
    view,
    "cluster",
    status.isReady ? "Cluster" : "Not ready",
    html`
      <h1>Cluster ${status.isReady ? badge("good", "Ready") : badge("bad", "Not ready")}</h1>
      ${messages("Why it is not ready", "bad", status.isReady ? [] : status.problems)}
      ${messages("What does not work", "warning", status.notes)}
      <div class="panels">
      ${sourcePanel(status.source)}
      ${podsPanel(status)}
      ${deliveriesPanel(view)}
      ${storePanel(status)}
      ${configurationPanel(view)}
      ${programPanel(view)}
      </div>
      ${scopesSection(status.source)}
      ${reasons(status)}
      <section>
        <h2 id="do">For all endpoints</h2>
        <div class="forms">
      <form method="post" action="/retry"><button>Try everything now</button><p class="hint">Whatever waits for a retry is tried at once, and inventories go to the endpoints of <code>--notices</code>.</p></form>
      ${resyncForm("/resync")}
        </div>
      </section>
    `,
  );
}

function messages(title: string, kind: string, sentences: string[]): Html | "" {
  if (sentences.length === 0) return "";
  return html`
    <section class="messages ${kind}" aria-label="${title}">
      <ul>${sentences.map((one) => html`<li>${one}</li>`)}</ul>
    </section>
  `;
}

function panel(title: string, content: Html): Html {
  return html`<section class="panel"><h2>${title}</h2>${content}</section>`;
}

function sourcePanel({ kind, server, scopes, lists, restarts, epoch }: SourceStatus): Html {
  const unlisted = scopes.filter(({ isListed }) => !isListed).length;
  const silent = Math.max(0, ...scopes.map(({ silentSeconds }) => silentSeconds));
  const again = Object.entries(restarts).filter(([, count]) => count > 0);
  const [only] = scopes;
  return panel(
    "Source",
    facts([
      ["API server", html`<code>${server}</code>`],
      ["Followed by", kind === "watch" ? "watch" : "lists (poll)"],
      ["Namespaces", scopes.length === 1 ? only?.namespace ?? "all" : number(scopes.length)],
      ["Listed", unlisted === 0 ? "yes" : `${scopes.length - unlisted} of ${scopes.length}`],
      ["Silent for", scopes.length === 0 ? undefined : seconds(silent)],
      ["Resource version", scopes.length === 1 ? only?.resourceVersion : undefined],
      ["Lists", number(lists)],
      [
        "Restarts",
        again.map(([why, count]) => `${number(count)} × ${why.replaceAll("_", " ")}`).join(", "),
      ],
      ["History rewritten", epoch === 0 ? undefined : many(epoch, "time")],
    ]),
  );
}

/** One namespace, or all of them in one, is in the panel above. */
function scopesSection({ scopes }: SourceStatus): Html | "" {
  if (scopes.length < 2) return "";
  const rows = scopes.map(({ namespace = "all", isListed, resourceVersion = "", silentSeconds }) => ({
    key: namespace,
    cells: [namespace, isListed ? "yes" : "not yet", seconds(silentSeconds), resourceVersion],
  }));
  const columns = [{ title: "Namespace" }, { title: "Listed" }, { title: "Silent for" }, {
    title: "Resource version",
  }];
  return html`
    <section>
      <h2 id="namespaces">Namespaces</h2>
      <details${attribute("open", scopes.length <= FEW ? "" : undefined)}><summary>${many(
        scopes.length,
        "namespace",
      )}</summary>
    ${table("Namespaces", columns, rows)}
    </details></section>
  `;
}

function podsPanel({ pods }: Status): Html {
  const phases = [...PHASES, ...Object.keys(pods.byPhase).filter((phase) => !PHASES.includes(phase))];
  return panel(
    "Pods",
    facts([
      ["Known", number(pods.known)],
      ...phases.filter((phase) => (pods.byPhase[phase] ?? 0) > 0).map((phase): [string, string] => [
        phase,
        number(pods.byPhase[phase] ?? 0),
      ]),
      ["Unhealthy", pods.unhealthy === 0 ? "none" : badge("warning", number(pods.unhealthy))],
    ]),
  );
}

function deliveriesPanel({ status, endpoints }: View): Html {
  return panel(
    "Deliveries",
    facts([
      ["Endpoints", html`<a href="/endpoints">${endpointsInWords(endpoints)}</a>`],
      ["Pending", number(status.pending)],
      [
        "Dead letters",
        status.deadLetters === 0 ? "none" : html`<a href="/dead-letters">${number(status.deadLetters)}</a>`,
      ],
    ]),
  );
}

function storePanel({ store }: Status): Html {
  return panel(
    "Store",
    facts([
      ["Health", store.isHealthy ? badge("good", "Writable") : badge("bad", "Cannot be written")],
      ["Why", store.fault],
      ["Size", size(store.bytes)],
      ["On a restart", store.isKept ? "kept (--state)" : "lost: there is no --state"],
    ]),
  );
}

function configurationPanel({ status: { configuration }, now }: View): Html | "" {
  if (configuration === undefined) return "";
  return panel(
    "Configuration",
    facts([
      [
        "File",
        configuration.isValid
          ? badge("good", "Valid")
          : badge("bad", "Not valid: the last valid one is in use"),
      ],
      ["Why", configuration.problem],
      ["Read", time(configuration.checkedAt, now)],
    ]),
  );
}

function programPanel({ status: { version, startedAt, update, showsPayloads }, now }: View): Html {
  return panel(
    "Program",
    facts([
      ["Version", version],
      ["Started", time(startedAt, now)],
      [
        "Update",
        update.isNewerAvailable ? badge("warning", "Newer version available") : "no newer version known",
      ],
      ["Checked", time(update.checkedAt, now)],
      ["Bodies", showsPayloads ? "shown (--show-payloads)" : "not shown"],
    ]),
  );
}

/** A row each, to the same scale. */
function reasons({ reasons: minutes }: Status): Html {
  const names = [...new Set(minutes.flatMap(({ counts }) => Object.keys(counts)))];
  const lines = names.map((name) => {
    const values = minutes.map(({ counts }) => counts[name] ?? 0);
    return { name, values, total: values.reduce((sum, value) => sum + value, 0) };
  }).filter(({ total }) => total > 0).sort((one, other) => other.total - one.total);
  const top = Math.max(0, ...lines.flatMap(({ values }) => values));
  return html`<section><h2 id="reasons">Changes by reason, last hour</h2>${
    lines.length === 0 ? html`<p class="none">Nothing has changed in the last hour.</p>` : table(
      "Changes by reason, last hour",
      [{ title: "Reason" }, { title: "By minute", kind: "rest" }, { title: "Changes", kind: "number" }],
      lines.map(({ name, values, total }) => ({
        key: name,
        cells: [
          html`<code>${name}</code>`,
          bars(`${name}: ${number(total)} in the last hour`, [{ kind: "plain", values }], top),
          number(total),
        ],
      })),
    )
  }</section>`;
}
