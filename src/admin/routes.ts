import type { Answer, Stream } from "./answer.ts";

/*
 * What is answered at which path, as data: the table says which methods a path takes, and a test compares it with the OpenAPI
 * document. It takes the place of a framework, which would want its own kinds of requests and answers for every one of
 * ours, and answers a wrong method with 404.
 */

/** A request, as a route sees it. */
export interface Call {
  method: string;
  /** As it was sent. */
  path: string;
  /** What stands in the path for each `{name}`, decoded. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** By name in lower case. */
  fields: ReadonlyMap<string, string>;
  body: Uint8Array;
  /** Whether somebody has logged in, and can log out. */
  hasSession: boolean;
}

/** One method of one path. What `handle` throws is answered with 500, a `ProblemError` with what it says. */
export interface Route {
  /** HEAD is answered as GET, without the body. */
  method: "GET" | "POST";
  /** `/endpoints/{name}`: what stands in braces is any one part of a path. */
  path: string;
  /** Whether it is answered without a token, too: nothing of what the program does may be in it. */
  isOpen?: true;
  handle(call: Call): Answer | Stream | Promise<Answer | Stream>;
}

/** What there is at a path. */
export type Found =
  | { kind: "route"; route: Route; params: Record<string, string> }
  /** `allow`: the methods that it takes; a word of a header. */
  | { kind: "other method"; allow: string }
  | { kind: "nothing" };

/** All routes of a port. */
export class Routes {
  readonly #routes: { route: Route; pattern: RegExp }[];

  /** Where two have the same path and method, or one fits the other, the first one counts. */
  constructor(routes: readonly Route[]) {
    this.#routes = routes.map((route) => ({ route, pattern: patternOf(route.path) }));
  }

  find(method: string, path: string): Found {
    // What the port as a whole takes (RFC 9110 §9.3.7).
    if (path === "*") return { kind: "other method", allow: allowed(this.#routes) };
    const there = this.#routes.flatMap(({ route, pattern }) => {
      const params = paramsOf(pattern, path);
      return params === undefined ? [] : [{ route, params }];
    });
    if (there.length === 0) return { kind: "nothing" };
    const wanted = method === "HEAD" ? "GET" : method;
    const found = there.find(({ route }) => route.method === wanted);
    if (found !== undefined) return { kind: "route", ...found };
    return { kind: "other method", allow: allowed(there) };
  }
}

function allowed(there: readonly { route: Route }[]): string {
  const methods = new Set(there.map(({ route }) => route.method));
  const allow = [...methods].flatMap((one) => one === "GET" ? ["GET", "HEAD"] : [one]);
  return [...allow, "OPTIONS"].join(", ");
}

function patternOf(path: string): RegExp {
  const pattern = path.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return new RegExp(`^${pattern}$`);
}

/** Undefined: it does not fit. */
function paramsOf(pattern: RegExp, path: string): Record<string, string> | undefined {
  const found = pattern.exec(path);
  if (found === null) return undefined;
  try {
    return Object.fromEntries(
      Object.entries(found.groups ?? {}).map(([name, part]) => [name, decodeURIComponent(part)]),
    );
  } catch {
    // What stands behind a % is no byte of UTF-8.
    return undefined;
  }
}
