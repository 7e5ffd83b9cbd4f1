import type { Clock } from "../../runtime/clock.ts";
import type { Admin } from "../admin.ts";
import type { Answer } from "../answer.ts";
import type { Problem } from "../problem.ts";
import type { Route } from "../routes.ts";

/** What a browser is shown. */
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
export function openPage({ admin }: { admin: Admin; clock: Clock }): Page {
  const show = (status: number, text: string): Answer => ({
    status,
    type: "text/html; charset=utf-8",
    text: `<!doctype html><html lang="en"><title>k8svent</title><main>${text}</main>`,
  });
  return {
    routes: [{
      method: "GET",
      path: "/",
      handle: () => show(200, `k8svent ${escaped(admin.status().version)}`),
    }],
    login: (next, fault) =>
      show(
        fault === undefined ? 200 : 401,
        `<p>${
          escaped(fault ?? "")
        }</p><form method="post" action="/login"><label>Token <input name="token" type="password">` +
          `</label><input type="hidden" name="next" value="${escaped(next)}"><button>Log in</button></form>`,
      ),
    problem: ({ status, title, detail }) =>
      show(status, `<h1>${escaped(title)}</h1><p>${escaped(detail)}</p>`),
  };
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
