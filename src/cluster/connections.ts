import { wordsOf } from "../runtime/error_words.ts";
import type { Log } from "../runtime/log.ts";
import type { Clock } from "../runtime/clock.ts";
import { type Authorities, readAuthorities } from "./authorities.ts";
import { type Access, type Cluster, sameCertificate } from "./cluster.ts";
import { ClusterError } from "./error.ts";
import { checkClientCertificate, FetchTransport } from "./fetch_transport.ts";
import type { Outgoing, Transport, TransportOptions } from "./transport.ts";
import type { Judgement } from "./node_transport.ts";

/**
 * Chooses what carries the requests to an API server, and keeps it until trust or client certificate change:
 *
 * ```
 * Deno's fetch ──▶ rustls does not read the client certificate (X.509 v1) ──▶ node:tls
 *      └─────────▶ the server's certificate is by no authority known, but is itself in the bundle ──▶ node:tls, pinned
 *      └─────────▶ its port is one that browsers do not connect to (fetch.spec.whatwg.org, "bad port") ──▶ node:tls
 * tls-server-name, insecure-skip-tls-verify ──▶ node:tls
 * ```
 *
 * `node:tls` only where it must be: it takes a handshake a request.
 */
export class Connections {
  readonly #cluster: Cluster;
  readonly #deps: { clock: Clock; log: Log };
  #made: Made | undefined;

  constructor(cluster: Cluster, deps: { clock: Clock; log: Log }) {
    this.#cluster = cluster;
    this.#deps = deps;
  }

  /**
   * @param trust PEM, as read just now
   * @throws {ClusterError} where trust or client certificate cannot be used; else whatever the transport failed with
   */
  async send(trust: string | undefined, access: Access, request: Outgoing): Promise<Response> {
    const made = this.#fitting(trust, access);
    const transport = await made.transport;
    try {
      return await transport.send(request);
    } catch (error) {
      const judgement = request.signal.aborted ? undefined : this.#wayAround(error, made.options);
      if (judgement === undefined) throw error;
      const other = await this.#byNode(made.options, judgement);
      const response = await other.send(request).catch((second: unknown) => {
        // Of a certificate that is not trusted either way, the first says more.
        throw BY_NOBODY.test(wordsOf(second)) ? error : second;
      });
      if (this.#made === made) {
        this.#made = { ...made, transport: Promise.resolve(other) };
        transport.close();
      }
      return response;
    }
  }

  /** What may be tried after an error, by `node:tls`. */
  #wayAround(error: unknown, { authorities }: TransportOptions): Judgement | undefined {
    if (!HAS_NODE_TLS) return undefined;
    const words = wordsOf(error);
    if (BLOCKED_PORT.test(words) && this.#cluster.server.protocol === "https:") return "authority";
    return authorities !== undefined && BY_NOBODY.test(words) ? "pinned" : undefined;
  }

  /** Called once, last. Answers that are still being read are read to their end. */
  close(): void {
    this.#letGo();
    this.#made = undefined;
  }

  /** Synchronous, so that requests at the same time share what is made. */
  #fitting(trust: string | undefined, access: Access): Made {
    const made = this.#made;
    if (made !== undefined && made.trust === trust && sameCertificate(made.access, access)) return made;
    const options = {
      authorities: this.#authorities(trust),
      certificate: access.certificate,
      proxy: this.#cluster.proxy,
    };
    const transport = this.#open(options);
    this.#letGo();
    return this.#made = { trust, access, options, transport };
  }

  #letGo(): void {
    // One that could not be made has been reported by whoever wanted to send.
    void this.#made?.transport.then((transport) => transport.close(), () => {});
  }

  #open(options: TransportOptions): Promise<Transport> {
    const { isUnverified, serverName } = this.#cluster;
    if (isUnverified) return this.#byNode(options, "nothing");
    const transport = serverName === undefined ? FetchTransport.open(options) : undefined;
    return transport === undefined ? this.#byNode(options, "authority") : Promise.resolve(transport);
  }

  /** Lazily: nobody else needs `node:http`. */
  async #byNode(options: TransportOptions, judgement: Judgement): Promise<Transport> {
    if (!HAS_NODE_TLS) {
      throw new ClusterError(
        "certificate",
        "This build's runtime is too old for tls-server-name, insecure-skip-tls-verify and client certificates of X.509 " +
          "v1. Use one with Deno 2.9 or later (k8svent --version says which it has).",
      );
    }
    if (options.certificate !== undefined) checkClientCertificate(options.certificate);
    const { NodeTransport } = await import("./node_transport.ts");
    const { serverName } = this.#cluster;
    return new NodeTransport({ ...options, serverName, judgement, clock: this.#deps.clock });
  }

  #authorities(trust: string | undefined): Authorities | undefined {
    const { isUnverified, server, trustFrom } = this.#cluster;
    if (trust === undefined || isUnverified || server.protocol === "http:") return undefined;
    const authorities = readAuthorities(trust, trustFrom);
    const { skipped } = authorities;
    if (skipped > 0) {
      this.#deps.log.warn(
        `${
          skipped === 1 ? "A block" : `${skipped} blocks`
        } of ${trustFrom} can not be read as a certificate and ` +
          `${skipped === 1 ? "is" : "are"} skipped.`,
      );
    }
    return authorities;
  }
}

/**
 * Deno 2.7's `node:tls` ends the process over a certificate of X.509 v1, and calls each peer authorized where it may not
 * reject any.
 */
const HAS_NODE_TLS = !/^2\.[0-8]\./.test(Deno.version.deno);

/** Which transport there is, and for what. */
interface Made {
  readonly trust: string | undefined;
  readonly access: Access;
  readonly options: TransportOptions;
  readonly transport: Promise<Transport>;
}

/** The words of rustls and of Node for a certificate that no known authority has signed. */
const BY_NOBODY =
  /UnknownIssuer|CaUsedAsEndEntity|UnsupportedCertVersion|UnsupportedSignatureAlgorithm|BadSignature|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|SELF_SIGNED/;

const BLOCKED_PORT = /Requests to port \d+ are blocked/;
