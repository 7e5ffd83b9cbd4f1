import type { Env } from "../runtime/environment.ts";
import { wordsOf } from "../runtime/error_words.ts";
import { printable } from "../runtime/printable.ts";
import { type ProxyChoice, proxyFor, runtimeProxy } from "../runtime/proxy.ts";
import { proxyFault } from "../runtime/proxy_fault.ts";
import { ref, type Schema } from "./openapi_schemas.ts";
import { fits } from "./schema_fit.ts";

/*
 * The API of a running program, from outside: what the commands ask it by.
 */

/** What came of a request. */
export type Reply<T> =
  | { kind: "answer"; value: T }
  /** The program says why not: a problem of RFC 9457. `detail`: sentences for people, as they may stand in a line. */
  | { kind: "problem"; status: number; detail: string }
  /** Something else answered, or an older program. `to`: the origin that it leads to. */
  | { kind: "foreign"; status: number; to?: string }
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

/** Bytes of an answer: a thousand deliveries take one, and a body 1.5 MiB. */
const LARGEST = 64 * 2 ** 20;

/** Asks one program. */
export class AdminClient {
  readonly #options: AdminClientOptions;

  constructor(options: AdminClientOptions) {
    this.#options = options;
  }

  /**
   * Reads.
   *
   * @param schema of what is answered
   * @param parts of the path below `/api/v1`, not encoded
   */
  get<T>(
    schema: Schema,
    parts: readonly string[],
    query: Readonly<Record<string, string>> = {},
  ): Promise<Reply<T>> {
    const search = new URLSearchParams(query).toString();
    return this.#ask(schema, "GET", `${pathOf(parts)}${search === "" ? "" : `?${search}`}`);
  }

  /** Has something done. */
  post<T>(schema: Schema, parts: readonly string[], body?: unknown): Promise<Reply<T>> {
    return this.#ask(schema, "POST", pathOf(parts), body);
  }

  async #ask<T>(schema: Schema, method: string, path: string, body?: unknown): Promise<Reply<T>> {
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
      const text = await textOf(response);
      const to = response.status >= 300 && response.status < 400 ? leadsTo(response) : undefined;
      if (to !== undefined) return { kind: "foreign", status: response.status, to };
      return replyOf(response.status, response.headers.get("content-type") ?? "", text, schema);
    } catch (error) {
      stop.throwIfAborted();
      if (late.aborted) return unreachable(`it does not answer within ${DEADLINE / 1_000} s`);
      return reasonOf(error, proxy, server.protocol === "https:", certificateFault);
    }
  }
}

function pathOf(parts: readonly string[]): string {
  return parts.map((part) => `/${encodeURIComponent(part)}`).join("");
}

/** The origin that a redirect names: the rest may hold a secret. */
function leadsTo({ headers, url }: Response): string | undefined {
  const to = URL.parse(headers.get("location") ?? "", url);
  return to !== null && /^https?:$/.test(to.protocol) ? to.origin : undefined;
}

/** What is longer than an answer can be is cut, and then it is no JSON. */
async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const piece of body ?? []) {
    length += piece.length;
    if (length > LARGEST) break;
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

function replyOf<T>(status: number, type: string, text: string, schema: Schema): Reply<T> {
  const isProblem = /^application\/problem\+json\b/i.test(type);
  if (!isProblem && !/^application\/json\b/i.test(type)) return { kind: "foreign", status };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "foreign", status };
  }
  if (status >= 200 && status < 300 && !isProblem) {
    return fits(value, schema) ? { kind: "answer", value: value as T } : { kind: "foreign", status };
  }
  return fits(value, ref("Problem"))
    ? { kind: "problem", status, detail: printable((value as { detail: string }).detail) }
    : { kind: "foreign", status };
}

function unreachable(why: string): Reply<never> {
  return { kind: "unreachable", why, isRefused: false };
}

/** In words of our own: those of the runtime quote the URL. */
function reasonOf(
  error: unknown,
  proxy: ProxyChoice,
  isTls: boolean,
  certificateFault: AdminClientOptions["certificateFault"],
): Reply<never> {
  const words = wordsOf(error);
  const ofProxy = proxy && !("problem" in proxy) && proxyFault(words, proxy, isTls);
  if (ofProxy) return unreachable(ofProxy);
  const via = proxy !== undefined && "label" in proxy
    ? ` (by the proxy ${proxy.label} of ${proxy.from})`
    : "";
  if (/refused/i.test(words)) {
    return { kind: "unreachable", why: `nothing listens there${via}`, isRefused: via === "" };
  }
  if (/invalid peer certificate/.test(words)) return unreachable(certificateFault(words));
  const [, why = "the connection to it fails"] = FAULTS.find(([said]) => said.test(words)) ?? [];
  return unreachable(`${why}${via}`);
}

/** By what the runtime says. */
const FAULTS: readonly [RegExp, string][] = [
  [/dns error|resolve|lookup/i, "its name cannot be resolved"],
  [
    /corrupt message|InvalidContentType|received fatal alert/i,
    "it speaks no TLS there: write http:// in place of https://",
  ],
  [
    /invalid HTTP|HTTP version/i,
    "it speaks no HTTP there, or HTTP in TLS alone: then write https:// in place of http://",
  ],
  [/reading a body/i, "it ends the connection in the middle of its answer"],
  [/before message completed|reset by peer|broken pipe/i, "it ends the connection without an answer"],
  [/host is unreachable|no route|network is unreachable/i, "there is no way to it from this machine"],
  [
    /ports? \d+ (?:is|are) blocked/i,
    "no fetch opens this port, which another protocol is known by: use another one",
  ],
];
