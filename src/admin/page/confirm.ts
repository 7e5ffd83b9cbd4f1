import type { EndpointStatus } from "../admin.ts";
import { type Html, html } from "./html.ts";
import { layout } from "./layout.ts";
import { backTo, endpointPath, type View, withQuery } from "./view.ts";
import { many } from "./words.ts";

/** Asks before dead letters are discarded: all of an endpoint, or the one of `?id=`. */
export function discardPage(view: View, { name, deadLetters }: EndpointStatus): Html {
  const id = view.query.get("id") ?? undefined;
  const back = backTo(view.query);
  const what = id === undefined ? many(deadLetters, "dead letter") : "this dead letter";
  const path = endpointPath(name);
  const before = back["from"] === "dead-letters" ? "/dead-letters" : withQuery(path, back);
  if (deadLetters === 0) {
    return layout(
      view,
      "dead letters",
      `No dead letters of ${name}`,
      html`<h1>Nothing to discard</h1>
<p><span class="name">${name}</span> has no dead letters any more.</p>
<p><a href="${before}">Back</a></p>`,
    );
  }
  return layout(
    view,
    "dead letters",
    `Discard ${what} of ${name}`,
    html`
      <h1>Discard ${what} of <span class="name">${name}</span>?</h1>
      ${id === undefined ? "" : html`<p class="about"><code>${id}</code></p>`}
      <p>What is discarded is not sent any more, and counts as lost. The endpoint gets the pods' next changes as usual.</p>
      <form class="buttons" method="post"
        action="${withQuery(`${path}/discard`, back)}">${id === undefined
          ? ""
          : html`<input type="hidden" name="id" value="${id}">`}<button class="danger">Discard</button><a class="button" href="${before}">Keep</a></form>
    `,
  );
}
