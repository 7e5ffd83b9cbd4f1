import type { Answer } from "./answer.ts";
import { REASONS } from "./server.ts";

/** Why a request is not answered, as RFC 9457 has it. */
export interface Problem {
  /** `about:blank`: it means no more than its status does. */
  type: "about:blank";
  /** What the status is called. */
  title: string;
  status: number;
  /** A sentence or two that say what is wrong and what to do. */
  detail: string;
}

/** A problem as an answer. */
export function problem(status: number, detail: string, headers: Record<string, string> = {}): Answer {
  const body: Problem = { type: "about:blank", title: REASONS[status] ?? "Problem", status, detail };
  return { status, text: JSON.stringify(body), type: "application/problem+json", headers };
}

/** Why what was asked for cannot be done. The message is the problem's detail. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";

  constructor(readonly status: number, detail: string) {
    super(detail);
  }
}
