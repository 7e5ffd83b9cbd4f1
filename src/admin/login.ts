import type { Access } from "./access.ts";
import type { Answer } from "./answer.ts";
import { readForm, seeOther } from "./form.ts";
import type { Page } from "./page/page.ts";
import type { Route } from "./routes.ts";

/** How a browser gets in, as neither forms nor EventSource can send a header, and out again. */
export function loginRoutes(access: Access, page: Page): Route[] {
  return [
    {
      method: "GET",
      path: "/login",
      isOpen: true,
      handle({ query, hasSession }): Answer {
        const next = ownPath(query.get("next"));
        return access.asksForToken && !hasSession ? page.login(next) : seeOther(next);
      },
    },
    {
      method: "POST",
      path: "/login",
      isOpen: true,
      async handle(call): Promise<Answer> {
        const form = readForm(call);
        const next = ownPath(form.get("next"));
        if (!access.asksForToken) return seeOther(next);
        const result = await access.login(form.get("token") ?? "", call.fields);
        return "cookie" in result
          ? seeOther(next, { "set-cookie": result.cookie })
          : page.login(next, result.problem);
      },
    },
    {
      method: "POST",
      path: "/logout",
      isOpen: true,
      handle: ({ fields }) => seeOther("/login", { "set-cookie": access.logout(fields) }),
    },
  ];
}

/** The form to log in by, from which a browser comes back. */
export function loginPath(next: string): string {
  return next === "/" ? "/login" : `/login?next=${encodeURIComponent(next)}`;
}

/**
 * Only paths of this port, so that no link to the form leads elsewhere: browsers take `//host` and `/\host` for a host. Nor
 * back to the form, or out again.
 */
function ownPath(next: string | null): string {
  const isOwn = next !== null && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) && !next.includes("\\");
  return isOwn && !/^\/log(?:in|out)(?:[?#]|$)/.test(next) ? next : "/";
}
