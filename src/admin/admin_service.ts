import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Access } from "./access.ts";
import type { Admin } from "./admin.ts";
import type { Answer, Service, Stream } from "./answer.ts";
import { API, apiRoutes } from "./api.ts";
import { seeOther } from "./form.ts";
import { loginPath, loginRoutes } from "./login.ts";
import { openPage, type Page } from "./page/page.ts";
import { type Problem, problem, ProblemError } from "./problem.ts";
import type { Head } from "./request.ts";
import { Routes } from "./routes.ts";

/**
 * Page and API, behind one door: `access.ts` decides who gets in, `api.ts` and `page/page.ts` what is there.
 *
 * ```
 * request ──▶ refused whoever sends it? ──▶ is there such a route? ──▶ is it open, or is the sender let in? ──▶ handle
 * ```
 *
 * What cannot be answered is a problem; a browser that asked for a page gets it as one, and one that must log in is sent to
 * the form.
 */
export function adminService({ admin, access, clock, log }: AdminParts): Service {
  const page = openPage({ admin, clock });
  const routes = new Routes([...apiRoutes(admin, clock), ...loginRoutes(access, page), ...page.routes]);
  return {
    largestBody: LARGEST_BODY,
    within: 5_000,
    refusal: (status, why) => secured(problem(status, why)),
    async respond(head, body): Promise<Answer | Stream> {
      const answer = await answerTo(head, body, { access, routes }).catch((error: unknown) => {
        log.error("A request for page or API could not be answered.", { error });
        throw error;
      });
      return secured("run" in answer ? answer : shown(answer, head, page));
    },
  };
}

/** What it is made of. */
export interface AdminParts {
  admin: Admin;
  access: Access;
  clock: Clock;
  /** Hears of what a request should not have met. */
  log: Log;
}

/** Bytes. An action says which pods, at the most, and a form holds a token. */
const LARGEST_BODY = 8 * 1024;

/**
 * What every answer carries. Nothing is loaded from elsewhere or shown in another page, and no script stands in a page. Forms
 * need `same-origin`: with `no-referrer` a browser says `Origin: null` of our own ones.
 */
const SECURITY = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "referrer-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "x-frame-options": "DENY",
};

async function answerTo(
  head: Head,
  body: Uint8Array,
  { access, routes }: { access: Access; routes: Routes },
): Promise<Answer | Stream> {
  const refused = access.refused(head);
  if (refused !== undefined) return refused;
  const { method, path, query, fields } = head;
  const found = routes.find(method, path);
  const isOpen = found.kind === "route" && found.route.isOpen === true;
  const identity = await access.identify(head);
  if (identity.kind === "refused" && !isOpen) return identity.answer;
  switch (found.kind) {
    case "nothing":
      return problem(404, `There is nothing at this path: ${API}/openapi.json describes what there is.`);
    case "other method":
      return method === "OPTIONS"
        ? { status: 204, text: "", headers: { allow: found.allow } }
        : problem(405, `This path takes ${found.allow}.`, { allow: found.allow });
    case "route":
      try {
        const answer = await found.route.handle({
          method,
          path,
          params: found.params,
          query: new URLSearchParams(query),
          fields,
          body,
          hasSession: identity.kind === "let in" && identity.hasSession,
        });
        return "run" in answer ? endedWithAccess(answer, () => access.stillLetsIn(head)) : answer;
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        return problem(error.status, error.message);
      }
  }
}

/** A stream that ends with its next piece where who follows it would not be let in any more. */
function endedWithAccess(stream: Stream, isLetIn: () => boolean): Stream {
  return {
    ...stream,
    run(send, signal): Promise<void> {
      return stream.run(async (text) => {
        if (!isLetIn()) throw new Error("Who follows this would not be let in any more.");
        await send(text);
      }, signal);
    },
  };
}

/** An answer as whoever asked can read it: programs, and scripts of the page, a problem as it is, a person as a page. */
function shown(answer: Answer, { method, path, query, fields }: Head, page: Page): Answer {
  const isForPerson = !path.startsWith("/api/") && /\btext\/html\b/.test(fields.get("accept") ?? "");
  if (answer.type !== "application/problem+json" || !isForPerson) return answer;
  const isReading = method === "GET" || method === "HEAD";
  if (answer.status === 401 && isReading) {
    return seeOther(loginPath(query === "" ? path : `${path}?${query}`));
  }
  const { headers = {}, text } = answer;
  const made = page.problem(JSON.parse(text) as Problem);
  return { ...made, headers: { ...headers, ...made.headers } };
}

function secured<T extends Answer | Stream>(answer: T): T {
  return { ...answer, headers: { ...SECURITY, ...answer.headers } };
}
