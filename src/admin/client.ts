import type { Env } from "../runtime/environment.ts";
import { wordsOf } from "../runtime/error_words.ts";
import { type ProxyChoice, proxyFor, runtimeProxy } from "../runtime/proxy.ts";

/*
 * The API of a running program, from outside: what the commands ask it by.
 */

/** What came of a request. */
export type Reply<T> =
  | { kind: "answer"; value: T }
  /** The program says why not: a problem of RFC 9457. `detail`: sentences for people. */
  | { kind: "problem"; status: number; detail: string }
  /** Something else answered, or an older program. */
  | { kind: "foreign"; status: number }
  /** `why`: a clause. */
  | { kind: "unreachable"; why: string; isRefused: boolean };

/** How it is reached. */
export interface AdminClientOptions {
  /** A path in it comes before those of the API. */
  server: URL;
  /** Shown as a bearer's (RFC 6750). */
  token?: string;
  /** For the proxy's variables; loopback is never proxied. */
  env: Env;
  /** Ends a request with its reason. */
  stop: AbortSignal;
  /** What is wrong with the program's certificate, as a clause. @param words those of the runtime */
  certificateFault: (words: string) => string;
}

/** Milliseconds that an answer may take, its body included. */
const DEADLINE = 30_000;

/** Asks one program. */
export class AdminClient {
  readonly #options: AdminClientOptions;

  constructor(options: AdminClientOptions) {
    this.#options = options;
  }

  /** Reads. `parts`: of the path below `/api/v1`, not encoded. */
  get<T>(parts: readonly string[], query: Readonly<Record<string, string>> = {}): Promise<Reply<T>> {
    const search = new URLSearchParams(query).toString();
    return this.#ask("GET", `${pathOf(parts)}${search === "" ? "" : `?${search}`}`);
  }

  /** Has something done. */
  post<T>(parts: readonly string[], body?: unknown): Promise<Reply<T>> {
    return this.#ask("POST", pathOf(parts), body);
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<Reply<T>> {
    const { server, token, env, stop, certificateFault } = this.#options;
    const proxy = proxyFor(server, env);
    if (proxy !== undefined && "problem" in proxy) return unreachable(proxy.problem);
    using client = proxy === undefined ? undefined : Deno.createHttpClient({ proxy: runtimeProxy(proxy) });
    const late = AbortSignal.timeout(DEADLINE);
    try {
      const response = await fetch(`${server.origin}${server.pathname.replace(/\/$/, "")}/api/v1${path}`, {
        method,
        headers: {
          accept: "application/json, application/problem+json",
          ...token !== undefined && { authorization: `Bearer ${token}` },
          ...body !== undefined && { "content-type": "application/json" },
        },
        ...body !== undefined && { body: JSON.stringify(body) },
        ...client !== undefined && { client },
        redirect: "manual",
        signal: AbortSignal.any([stop, late]),
      });
      return replyOf(response.status, response.headers.get("content-type") ?? "", await response.text());
    } catch (error) {
      stop.throwIfAborted();
      if (late.aborted) return unreachable(`it does not answer within ${DEADLINE / 1_000} s`);
      return reasonOf(error, proxy, certificateFault);
    }
  }
}

function pathOf(parts: readonly string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join("");
}

function replyOf<T>(status: number, type: string, text: string): Reply<T> {
  const isProblem = /^application\/problem\+json\b/i.test(type);
  if (!isProblem && !/^application\/json\b/i.test(type)) return { kind: "foreign", status };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "foreign", status };
  }
  if (status >= 200 && status < 300 && !isProblem) return { kind: "answer", value: value as T };
  const { detail } = value as { detail?: unknown };
  return typeof detail === "string" ? { kind: "problem", status, detail } : { kind: "foreign", status };
}

function unreachable(why: string): Reply<never> {
  return { kind: "unreachable", why, isRefused: false };
}

/** In words of our own: those of the runtime quote the URL. */
function reasonOf(
  error: unknown,
  proxy: ProxyChoice,
  certificateFault: AdminClientOptions["certificateFault"],
): Reply<never> {
  const words = wordsOf(error);
  const via = proxy !== undefined && "label" in proxy
    ? ` (by the proxy ${proxy.label} of ${proxy.from})`
    : "";
  if (/refused/i.test(words)) {
    return { kind: "unreachable", why: `nothing listens there${via}`, isRefused: via === "" };
  }
  if (/dns error|resolve|lookup/i.test(words)) return unreachable(`its name cannot be resolved${via}`);
  if (/invalid peer certificate/.test(words)) return unreachable(certificateFault(words));
  if (/corrupt message|InvalidContentType|received fatal alert/i.test(words)) {
    return unreachable("it speaks no TLS there: write http:// in place of https://");
  }
  return unreachable(`the connection to it fails${via}`);
}
