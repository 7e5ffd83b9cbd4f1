import { ASSET_PATHS } from "./assets.ts";
import { endpointsInWords } from "./conditions.ts";
import { attribute, type Html, html } from "./html.ts";
import { notice } from "./notice.ts";
import type { View } from "./view.ts";
import { number } from "./words.ts";

/** What stands around the content of every page. */

/** What can be gone to from everywhere. */
export type Place = "cluster" | "endpoints" | "dead letters" | "pods";

/** A whole page. @param here under which place it is; undefined: under none */
export function layout(view: View, here: Place | undefined, title: string, content: Html): Html {
  const { status, isLoggedIn } = view;
  const where = [status.environment, status.cluster].filter((one) => one !== undefined && one !== "").join(
    " · ",
  );
  const dead = status.deadLetters === 0 ? "" : html`
    <span class="count">${number(status.deadLetters)}</span>
  `;
  return document(
    `${title} · k8svent`,
    html`
      <header class="top">
        <a class="skip" href="#main">To the content</a>
        <div class="inner">
            <a class="brand" href="/">k8svent</a>${where === ""
              ? ""
              : html`<span class="where">${where}</span>`}
            <nav aria-label="Pages"><ul>
            ${link("/", "Cluster", here === "cluster")}
            ${link("/endpoints", "Endpoints", here === "endpoints")}
            ${link("/dead-letters", html`Dead letters${dead}`, here === "dead letters")}
            ${link("/pods", "Pods", here === "pods")}
            </ul></nav>
      <div class="session">
                <p id="live" class="live" role="status" data-keep></p>
                ${isLoggedIn
                  ? html`<form method="post" action="/logout"><button class="plain">Log out</button></form>`
                  : ""}
              </div>
              </div>
      </header>
      <main id="main" tabindex="-1">
            ${notice(view)}
            ${content}
            </main>
      <footer>
        <div class="inner">
          <p role="status">${summary(view)}</p>
          <noscript><p>Load it again to see what has changed since ${asOf(view)}.</p></noscript>
        </div>
      </footer>
    `,
  );
}

/** A page without anything around it, for those who may see nothing yet. */
export function bareLayout(title: string, content: Html): Html {
  return document(`${title} · k8svent`, html`<main id="main" class="bare">${content}</main>`);
}

function document(title: string, body: Html): Html {
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <title>${title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
        <link rel="icon" href="${ASSET_PATHS.icon}" type="image/svg+xml">
        <link rel="stylesheet" href="${ASSET_PATHS.style}">
        <script src="${ASSET_PATHS.script}" defer></script>
      </head>
      <body>
    ${body}
      </body>
    </html>
  `;
}

function link(path: string, text: Html | string, isHere: boolean): Html {
  return html`<li><a href="${path}"${
    attribute("aria-current", isHere ? "page" : undefined)
  }>${text}</a></li>`;
}

/** It is read out when it changes, so it says what matters and no number that changes all the time. */
function summary({ status, endpoints }: View): string {
  return `${status.isReady ? "Ready" : "Not ready"}. ${endpointsInWords(endpoints)}.`;
}

function asOf({ now }: View): string {
  return `${new Date(now).toISOString().slice(11, 19)} UTC`;
}
