import type { Env } from "../runtime/environment.ts";
import { wordsOf } from "../runtime/error_words.ts";
import { type Proxy, proxyFor, runtimeProxy } from "../runtime/proxy.ts";
import { proxyFault } from "../runtime/proxy_fault.ts";
import { withProxyStatus } from "../runtime/proxy_status.ts";
import { RegistryError } from "./registry_error.ts";

/** An answer, its body read to the end. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
}

/**
 * One GET, whatever its status; redirects are answers. The signal ends it at any moment, with its reason.
 *
 * @throws {RegistryError} `unreachable` without an answer, `protocol` for a body of more than 4 MiB.
 */
export type HttpGet = (url: URL, headers: Record<string, string>, signal: AbortSignal) => Promise<Answer>;

/** Bytes. A registry refuses manifests of more (distribution's own limit); a page of tags is far below it. */
const LARGEST = 4 * 1024 * 1024;

/**
 * Gets by the runtime's fetch, through the proxy that the variables name (`runtime/proxy.ts`).
 *
 * @param env for these variables
 */
export function httpGetWith(env: Env): HttpGet {
  return async (url, headers, signal) => {
    const proxy = proxyFor(url, env);
    if (proxy === undefined) return await get(url, { headers, signal }, undefined);
    if ("problem" in proxy) throw unreachable(url, proxy.problem);
    using client = Deno.createHttpClient({ proxy: runtimeProxy(proxy) });
    return await get(url, { headers, signal, client }, proxy);
  };
}

async function get(
  url: URL,
  init: { headers: Record<string, string>; signal: AbortSignal; client?: Deno.HttpClient },
  proxy: Proxy | undefined,
): Promise<Answer> {
  const { signal } = init;
  const response = await fetch(url, { ...init, redirect: "manual" }).catch(async (error: unknown) => {
    const cause = await withProxyStatus(error, proxy, url, signal);
    signal.throwIfAborted();
    throw unreachable(url, whyNot(cause, url, proxy), cause);
  });
  if (response.status === 407 && proxy !== undefined) {
    await response.body?.cancel();
    throw unreachable(url, whyNot(new Error("proxy authentication required"), url, proxy));
  }
  const body = await read(response, url, signal);
  // Used after the body: an abort ends its reading only as long as something holds the Response (Deno 2.9.6).
  return { status: response.status, headers: response.headers, body };
}

function unreachable({ host }: URL, why: string | undefined, cause?: unknown): RegistryError {
  return new RegistryError(
    "unreachable",
    `${host} cannot be reached${why === undefined ? "" : `: ${why}`}`,
    { cause },
  );
}

/** The words of hyper, rustls and the operating system, which are all that tells; the first that fits. */
const REASONS: [RegExp, string][] = [
  [/certificate not valid for name/, "its certificate is for another name: use one that it is issued for"],
  [
    /certificate (expired|not valid yet)/,
    "its certificate has expired or is not valid yet: it must be renewed, or this machine's clock is wrong",
  ],
  [/invalid peer certificate/, "its certificate is not trusted: name its authority's PEM file in DENO_CERT"],
  [
    /fatal alert: (CertificateRequired|BadCertificate|UnknownCA|AccessDenied)/,
    "it wants a client certificate, which k8svent cannot show",
  ],
  [
    /fatal alert: (ProtocolVersion|HandshakeFailure|InsufficientSecurity)|peer is incompatible|peer misbehaved/,
    "it offers no TLS in common with k8svent, which speaks TLS 1.2 and 1.3 with ciphers of forward secrecy",
  ],
  [
    /InvalidContentType|InvalidMessage/,
    "it does not speak TLS: if that is meant, name it with --insecure-registry",
  ],
  [/dns error|failed to lookup address/, "its name cannot be resolved"],
  [/connection refused/i, "the connection was refused"],
];

/** A clause. The words themselves quote the URL. */
function whyNot(cause: unknown, { protocol }: URL, proxy: Proxy | undefined): string | undefined {
  const words = wordsOf(cause);
  return proxy && proxyFault(words, proxy, protocol === "https:") ||
    REASONS.find(([pattern]) => pattern.test(words))?.[1];
}

async function read(response: Response, url: URL, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      // Leaving the loop cancels the body.
      if (length > LARGEST) throw new RegistryError("protocol", `${url.host} sends more than 4 MiB at once`);
      chunks.push(chunk);
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof RegistryError) throw cause;
    throw new RegistryError("unreachable", `${url.host} broke off its answer`, { cause });
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
