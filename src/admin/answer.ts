import { enumerated } from "../runtime/wording.ts";
import type { Head } from "./request.ts";

/** What answers the requests of one port. */
export interface Service {
  /** Bytes that a body may have; 0: none is read, and nothing can follow one on its connection. */
  largestBody: number;
  /** Milliseconds for a body to come, and for an answer to be made and taken. */
  within: number;
  /** Answers one request; `hang up` closes its connection without a word. What it throws is answered with 500. */
  respond(head: Head, body: Uint8Array): Reply | Stream | Promise<Reply | Stream>;
  /** How it is said that a request cannot be read or answered; plain text by default. */
  refusal?: (status: number, why: string) => Answer;
}

/** What a request comes to. */
export type Reply = Answer | "hang up";

/** An answer without an end of its own, in pieces, such as server-sent events. */
export interface Stream {
  type: string;
  headers?: Record<string, string>;
  /** What is answered in its place where the port has as many streams as it may have. */
  full: Answer;
  /**
   * Sends the pieces. When what it returns resolves, or rejects, the connection is closed.
   *
   * @param send resolves when the peer has taken a piece, and rejects when it is gone
   * @param signal aborts when the peer is gone, or the port is closed
   */
  run(send: (text: string) => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** What a path answers. `text` ends without a line end. */
export interface Answer {
  status: number;
  text: string;
  /** `text/plain; charset=utf-8` by default. */
  type?: string;
  headers?: Record<string, string>;
}

/** What a route goes by. */
export type Asked = Pick<Head, "method" | "path"> & Partial<Pick<Head, "fields">>;

/**
 * What is answered on GET, and without the body on HEAD, by path. Adding a path is adding an entry. An answer that is
 * late is given up, and what throws is answered with 500: neither says anything to whoever asks.
 */
export type Routes = Readonly<Record<string, (head: Asked) => Answer | Promise<Answer>>>;

/**
 * The probes: `/livez` and `/readyz` answer 200, or 503 and why, a reason a line. A stale view is no reason for a restart:
 * the program reconnects by itself, and would forget nothing sooner. The paths are those of the API server's own probes.
 */
export function probeRoutes({ stalls, problems, notes }: Probed): Routes {
  return {
    "/livez": () => probe(stalls(), []),
    "/readyz": () => probe(problems(), notes()),
  };
}

/** What probes are answered from; sentences for people. */
export interface Probed {
  /** What stands still, so that only a restart helps. */
  stalls: () => string[];
  /** Why the program is not ready. */
  problems: () => string[];
  /** What does not work though it is ready: a line each behind the `ok`. */
  notes: () => string[];
}

function probe(reasons: string[], notes: string[]): Answer {
  return reasons.length === 0
    ? { status: 200, text: ["ok", ...notes].join("\n") }
    : { status: 503, text: reasons.join("\n") };
}

/** What answers by path, and reads no body: for probes, which need no time. */
export function serviceOf(routes: Routes): Service {
  return { largestBody: 0, within: 5_000, respond: (head) => answer(routes, head) };
}

/** Answers one request by its path. */
export function answer(
  routes: Routes,
  head: Asked,
): Answer | Promise<Answer> {
  const { method, path } = head;
  if (method !== "GET" && method !== "HEAD") {
    return { status: 405, text: "Only GET and HEAD are answered.", headers: { allow: "GET, HEAD" } };
  }
  // Not `routes[path]` alone: `/constructor` is no route, and neither is what else an object has.
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  return route?.(head) ?? { status: 404, text: `There are ${enumerated(Object.keys(routes))}.` };
}
