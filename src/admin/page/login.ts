import type { Problem } from "../problem.ts";
import { type Html, html } from "./html.ts";
import { bareLayout } from "./layout.ts";

/**
 * Asks for the token.
 *
 * @param next the path that was asked for, to go on to
 * @param problem why what was written does not let in, as a sentence
 */
export function loginPage(next: string, problem?: string): Html {
  return bareLayout(
    "Log in",
    html`
      <h1>k8svent</h1>
      ${problem === undefined ? "" : html`<p class="notice bad" role="alert" id="problem">${problem}</p>`}
      <form class="login" method="post" action="/login">
        <label for="token">Token</label>
        <input id="token" name="token" type="password" required autofocus autocomplete="current-password"
          spellcheck="false" aria-describedby="hint">
        <p class="hint" id="hint">What is in the file of <code>--admin-token-file</code>.</p>
        <input type="hidden" name="next" value="${next}">
        <button class="main">Log in</button>
      </form>
    `,
  );
}

/** What cannot be answered. Nothing of what the program does stands here: whoever asks may have no right to it. */
export function problemPage({ title, detail }: Problem): Html {
  return bareLayout(
    title,
    html`<h1>${title}</h1>
<p>${detail}</p>
<p><a href="/">To the first page</a></p>`,
  );
}
