import { createHash } from "node:crypto";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { portOf } from "../runtime/proxy.ts";
import { answerError, notKubernetes } from "./answer.ts";
import type { ApiServer } from "./api.ts";
import { readAuthorities } from "./authorities.ts";
import { expiredSince } from "../runtime/client_certificate.ts";
import { type Access, type Cluster, sameAccess } from "./cluster.ts";
import { Connections } from "./connections.ts";
import { ClusterError } from "./error.ts";
import { fetchError, proxyAnswerError, type Route, timeoutError } from "./fetch_fault.ts";
import { BodyReader, readBody } from "./read_body.ts";

/**
 * How long an answer may take to begin, in milliseconds. An API server that has too much to do lets a request wait for up
 * to a quarter of its own limit of 60 s (`--request-timeout`) before it begins with it, so whoever was given up is asked
 * again with twice the time; a network that is down is noticed soon all the same.
 */
const TIMEOUT = 15_000;
const LONGEST_TIMEOUT = 60_000;

/** What the requests need besides a cluster. */
export interface HttpDeps {
  clock: Clock;
  log: Log;
  /** `k8svent/VERSION` */
  userAgent: string;
  /** See `ApiServer`. */
  foundIn?: string;
  /** Aborted once, at `close`, so that a running credential plugin ends too. */
  onClose?: () => void;
}

/** A request: until when, whether its answer is a stream, and what it posts. */
interface Asking {
  signal: AbortSignal;
  streaming: boolean;
  posted?: string | undefined;
}

/** A cluster's API server over HTTP/1.1. What of the runtime carries the requests, `Connections` chooses. */
export class HttpApiServer implements ApiServer {
  readonly origin: string;
  readonly foundIn?: string;
  readonly #cluster: Cluster;
  readonly #deps: HttpDeps;
  readonly #route: Route;
  readonly #connections: Connections;
  /** How long the next answer may take to begin. */
  #timeout = TIMEOUT;

  constructor(cluster: Cluster, deps: HttpDeps) {
    this.origin = cluster.server.origin;
    if (deps.foundIn !== undefined) this.foundIn = deps.foundIn;
    this.#cluster = cluster;
    this.#deps = deps;
    this.#connections = new Connections(cluster, deps);
    this.#route = {
      server: hostAndPort(cluster.server),
      isTls: cluster.server.protocol === "https:",
      trustFrom: cluster.trustFrom,
      ...(cluster.proxy === undefined ? {} : { proxy: cluster.proxy }),
    };
  }

  async get(path: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const { body } = await this.#ask(path, { signal, streaming: false });
    return await readBody(body ?? new Blob().stream(), { clock: this.#deps.clock, signal });
  }

  async post(path: string, posted: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const { body } = await this.#ask(path, { signal, streaming: false, posted });
    return await readBody(body ?? new Blob().stream(), { clock: this.#deps.clock, signal });
  }

  async open(path: string, signal: AbortSignal): Promise<BodyReader> {
    const { body } = await this.#ask(path, { signal, streaming: false });
    return new BodyReader(body ?? new Blob().stream(), { clock: this.#deps.clock, signal });
  }

  async stream(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { body } = await this.#ask(path, { signal, streaming: true });
    if (body !== null) return body;
    throw new ClusterError("protocol", "The API server answered a watch without a body.");
  }

  async #ask(path: string, options: Asking): Promise<Response> {
    const { signal } = options;
    const access = await until(signal, () => this.#cluster.credentials.current());
    try {
      return await this.#attempt(path, access, options);
    } catch (error) {
      // Whatever else stands in it: a gateway's 401 may be a page.
      if (!(error instanceof ClusterError) || error.details.status !== 401) throw error;
      const fresh = await until(signal, () => this.#cluster.credentials.renew(access));
      if (sameAccess(access, fresh)) throw this.#withCause(error, access);
      return await this.#attempt(path, fresh, options);
    }
  }

  /** An API server says no more than "Unauthorized" of a client certificate that is over (kubeadm's last a year). */
  #withCause(error: ClusterError, { certificate, headers }: Access): ClusterError {
    const since = certificate === undefined ? undefined : expiredSince(certificate, this.#deps.clock.now());
    if (certificate === undefined || since === undefined || headers.authorization !== undefined) return error;
    return new ClusterError(
      "unauthorized",
      `The API server does not accept the credentials (401): the client certificate of ${certificate.where} ` +
        `expired on ${since}. Sign in to the cluster again, or have it renewed (kubeadm certs renew).`,
      error.details,
    );
  }

  async identity(): Promise<string | undefined> {
    const { trust, trustFrom, server, isUnverified } = this.#cluster;
    const text = await trust();
    if (text === undefined || isUnverified || server.protocol === "http:") return undefined;
    // Behind one authority and address there may be several clusters, each at a path of its own (Rancher).
    const path = server.pathname.replace(/\/+$/, "");
    const { digest } = readAuthorities(text, trustFrom);
    return path === "" ? digest : `${digest}-${createHash("sha256").update(path).digest("hex").slice(0, 8)}`;
  }

  close(): void {
    this.#deps.onClose?.();
    this.#connections.close();
  }

  async #attempt(
    path: string,
    access: Access,
    { signal, streaming, posted }: Asking,
  ): Promise<Response> {
    const trust = await until(signal, this.#cluster.trust);
    const deadline = new AbortController();
    const { clock } = this.#deps;
    const timeout = this.#timeout;
    const begun = clock.monotonic();
    const cancel = clock.after(timeout, () => deadline.abort());
    try {
      const response = await this.#connections.send(trust, access, {
        url: this.#urlOf(path),
        headers: this.#headers(access, { streaming, posted }),
        ...posted !== undefined && { posted },
        isStream: streaming,
        signal: AbortSignal.any([signal, deadline.signal]),
      });
      if (clock.monotonic() - begun < timeout / 2) this.#timeout = Math.max(TIMEOUT, timeout / 2);
      const proxyError = await proxyAnswerError(response, this.#route);
      if (proxyError !== undefined) throw proxyError;
      if (!response.ok) throw await answerError(response, this.#route.server, clock.now());
      const odd = notKubernetes(response, this.#route.server);
      if (odd === undefined) return response;
      await response.body?.cancel();
      throw odd;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ClusterError) throw error;
      if (deadline.signal.aborted) {
        this.#timeout = Math.min(LONGEST_TIMEOUT, 2 * timeout);
        throw timeoutError(timeout / 1000, this.#route);
      }
      throw fetchError(error, this.#route);
    } finally {
      cancel();
    }
  }

  #urlOf(path: string): string {
    return `${this.#cluster.server.origin}${this.#cluster.server.pathname.replace(/\/$/, "")}${path}`;
  }

  #headers(access: Access, { streaming, posted }: Omit<Asking, "signal">): Access["headers"] {
    return {
      accept: "application/json",
      ...(posted === undefined ? {} : { "content-type": "application/json" }),
      // Kubernetes 1.37 compresses streams as one gzip member a flush, which decoders do not expect
      // (kube-rs#2079).
      ...(streaming || this.#cluster.isUncompressed === true ? { "accept-encoding": "identity" } : {}),
      "user-agent": this.#deps.userAgent,
      ...access.headers,
    };
  }
}

/** The work's result, or the signal's reason as soon as it aborts; the work goes on unheard. */
async function until<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([work(), aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** The port is always named, so that a person can try it. */
function hostAndPort(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}
