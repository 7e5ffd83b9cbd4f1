import { type Proxy, runtimeProxy } from "../runtime/proxy.ts";
import { withProxyStatus } from "../runtime/proxy_status.ts";
import type { ClientCertificate, Refusal } from "../runtime/client_certificate.ts";
import { shownOf, UNKNOWN_KIND, whyRefused } from "../runtime/client_certificate.ts";
import { ClusterError } from "./error.ts";
import type { Outgoing, Transport, TransportOptions } from "./transport.ts";

/** Requests by Deno's own fetch: HTTP/1.1, TLS by rustls, connections that are kept. */
export class FetchTransport implements Transport {
  readonly #plain: Deno.HttpClient;
  readonly #streaming: Deno.HttpClient;

  readonly #proxy: Proxy | undefined;

  private constructor(options: ClientOptions, proxy: Proxy | undefined) {
    this.#proxy = proxy;
    this.#plain = createClient(options);
    // A watch that breaks must not be followed by one on a pooled connection that is dead too (deno#36542).
    this.#streaming = createClient({ ...options, poolMaxIdlePerHost: 0 });
  }

  /**
   * @returns undefined where rustls does not read the client certificate, and `node:tls` does
   * @throws {ClusterError} `certificate` where nothing can be done with what was given
   */
  static open({ authorities, certificate, proxy }: TransportOptions): FetchTransport | undefined {
    const trust = authorities === undefined ? {} : { caCerts: [...authorities.pem] };
    const shown = certificate === undefined ? {} : shownOf(certificate);
    const way = proxy === undefined ? {} : { proxy: runtimeProxy(proxy) };
    const refusal = certificate !== undefined && PANICS ? whyRefused(certificate) : undefined;
    if (certificate !== undefined && refusal !== undefined) return refuse(certificate, refusal);
    try {
      return new FetchTransport({ ...trust, ...shown, ...way }, proxy);
    } catch (cause) {
      if (certificate !== undefined && !isUsable(shown)) {
        return refuse(certificate, whyRefused(certificate) ?? UNKNOWN_KIND);
      }
      if (!isUsable(way)) throw unusable(`${proxy?.from} names a proxy that cannot be used`, cause);
      const caCerts = (authorities?.pem ?? []).filter((pem) => isUsable({ caCerts: [pem] }));
      if (caCerts.length === 0) {
        throw unusable(
          `${authorities?.from} holds no certificate that this program's TLS takes. Have the authority issued anew, as ` +
            "X.509 v3 with an RSA key of 2048 bits or an ECDSA key",
          cause,
        );
      }
      return new FetchTransport({ ...shown, ...way, caCerts }, proxy);
    }
  }

  async send({ url, headers, posted, isStream, signal }: Outgoing): Promise<Response> {
    try {
      const response = await fetch(url, {
        client: isStream ? this.#streaming : this.#plain,
        headers: pairsOf(headers),
        ...posted !== undefined && { method: "POST", body: posted },
        // A redirect would take the credentials to another server.
        redirect: "manual",
        signal,
      });
      return await inflatedHere(response, headers);
    } catch (error) {
      throw await withProxyStatus(error, this.#proxy, new URL(url), signal);
    }
  }

  close(): void {
    this.#plain.close();
    this.#streaming.close();
  }
}

/**
 * The runtime inflates gzip and br, unless the request says itself what it accepts, and nothing else. Lazily: hardly
 * anybody needs `node:stream`.
 */
async function inflatedHere(response: Response, asked: Outgoing["headers"]): Promise<Response> {
  const { body, status, headers } = response;
  const encoding = headers.get("content-encoding");
  if (body === null || encoding === null) return response;
  const { inflatedStream, isInflated } = await import("./inflated.ts");
  const isDone = /^\s*(gzip|br)\s*$/i.test(encoding) && asked["accept-encoding"] === undefined;
  if (isDone || !isInflated(encoding)) return response;
  return new Response(inflatedStream(body, encoding), { status, headers });
}

/** Over a certificate or key that rustls does not take, Deno 2.7 ends the process, where 2.9 throws. */
const PANICS = /^2\.[0-8]\./.test(Deno.version.deno);

/** Pairs, which are sent as they are; of a `Headers` the values of one name would be joined by commas. */
function pairsOf(headers: Outgoing["headers"]): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, one])
  );
}

type ClientOptions = Deno.CreateHttpClientOptions & Partial<Deno.TlsCertifiedKeyPem>;

function createClient(options: ClientOptions): Deno.HttpClient {
  // Reads of a reused HTTP/2 connection were seen to hang (deno#21749).
  return Deno.createHttpClient({ http2: false, ...options });
}

function isUsable(options: ClientOptions): boolean {
  try {
    createClient(options).close();
    return true;
  } catch {
    return false;
  }
}

/**
 * For `node:tls`, which says little of a client certificate that it cannot use, or nothing at all.
 *
 * @throws {ClusterError} `certificate` where neither way of TLS can show it
 */
export function checkClientCertificate(certificate: ClientCertificate): void {
  if (!isUsable(shownOf(certificate))) refuse(certificate, whyRefused(certificate) ?? UNKNOWN_KIND);
}

function refuse(certificate: ClientCertificate, refusal: Refusal): undefined {
  if (refusal === "version") return undefined;
  throw new ClusterError(
    "certificate",
    `The client certificate of ${certificate.where} cannot be used: ${refusal.fault}. ${refusal.wayOut}`,
  );
}

function unusable(what: string, cause: unknown): ClusterError {
  return new ClusterError("certificate", `The API server cannot be reached as it was configured: ${what}.`, {
    cause,
  });
}
