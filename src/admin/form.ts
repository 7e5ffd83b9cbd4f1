import type { Answer } from "./answer.ts";
import { ProblemError } from "./problem.ts";
import type { Call } from "./routes.ts";

/** What a form of the page has sent. @throws {ProblemError} where it is something else */
export function readForm({ fields, body }: Call): URLSearchParams {
  const type = fields.get("content-type") ?? "application/x-www-form-urlencoded";
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) {
    throw new ProblemError(415, "A form is sent as application/x-www-form-urlencoded.");
  }
  return new URLSearchParams(new TextDecoder().decode(body));
}

/** Sends a browser there. @param path of this port */
export function seeOther(path: string, headers: Record<string, string> = {}): Answer {
  return { status: 303, text: "", headers: { location: path, ...headers } };
}
