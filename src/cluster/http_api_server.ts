import { createHash } from "node:crypto";
import type { Clock } from "../runtime/clock.ts";
import { portOf, type Proxy, runtimeProxy } from "../runtime/proxy.ts";
import { answerError } from "./answer.ts";
import type { ApiServer } from "./api.ts";
import { type Access, type Cluster, sameAccess } from "./cluster.ts";
import { ClusterError } from "./error.ts";
import { fetchError, proxyAnswerError, type Route, timeoutError } from "./fetch_fault.ts";
import { BodyReader, readBody } from "./read_body.ts";

/** How long an answer may take to begin and, unless it is a stream, to go on, in milliseconds. */
const TIMEOUT = 15_000;

/** What the requests need besides a cluster. */
export interface HttpDeps {
  clock: Clock;
  /** `k8svent/VERSION` */
  userAgent: string;
  /** Told once, at `close`, so that a running credential plugin ends too. */
  onClose?: () => void;
}

/** A request: until when, whether its answer is a stream, and what it posts. */
interface Asking {
  signal: AbortSignal;
  streaming: boolean;
  posted?: string | undefined;
}

/** A cluster's API server over HTTP/1.1, by Deno's own fetch. */
export class HttpApiServer implements ApiServer {
  readonly origin: string;
  readonly #cluster: Cluster;
  readonly #deps: HttpDeps;
  readonly #route: Route;
  #clients: Clients | undefined;

  constructor(cluster: Cluster, deps: HttpDeps) {
    this.origin = cluster.server.origin;
    this.#cluster = cluster;
    this.#deps = deps;
    this.#route = {
      server: hostAndPort(cluster.server),
      isTls: cluster.server.protocol === "https:",
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
      if (!(error instanceof ClusterError) || error.fault !== "unauthorized") throw error;
      const fresh = await until(signal, () => this.#cluster.credentials.renew(access));
      if (sameAccess(access, fresh)) throw error;
      return await this.#attempt(path, fresh, options);
    }
  }

  async identity(): Promise<string | undefined> {
    const trust = await this.#cluster.trust();
    if (trust === undefined) return undefined;
    const digest = createHash("sha256").update(trust.replace(/\s/g, "")).digest("hex").slice(0, 16);
    return `${this.#cluster.server.origin}${this.#cluster.server.pathname} ${digest}`;
  }

  close(): void {
    this.#deps.onClose?.();
    this.#clients?.close();
    this.#clients = undefined;
  }

  async #attempt(
    path: string,
    access: Access,
    { signal, streaming, posted }: Asking,
  ): Promise<Response> {
    const trust = await until(signal, this.#cluster.trust);
    const deadline = new AbortController();
    const cancel = this.#deps.clock.after(TIMEOUT, () => deadline.abort());
    try {
      const response = await fetch(this.#urlOf(path), {
        client: this.#client(trust, access, streaming),
        headers: this.#headers(access, { streaming, posted }),
        ...posted !== undefined && { method: "POST", body: posted },
        // A redirect would take the credentials to another server.
        redirect: "manual",
        signal: AbortSignal.any([signal, deadline.signal]),
      });
      if (response.ok) return response;
      const proxyError = await proxyAnswerError(response, this.#route);
      if (proxyError !== undefined) throw proxyError;
      throw await answerError(response, this.#deps.clock.now());
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ClusterError) throw error;
      if (deadline.signal.aborted) throw timeoutError(TIMEOUT / 1000, this.#route);
      throw fetchError(error, this.#route);
    } finally {
      cancel();
    }
  }

  #urlOf(path: string): string {
    return `${this.#cluster.server.origin}${this.#cluster.server.pathname.replace(/\/$/, "")}${path}`;
  }

  #headers(access: Access, { streaming, posted }: Omit<Asking, "signal">): Record<string, string> {
    return {
      accept: "application/json",
      ...(posted === undefined ? {} : { "content-type": "application/json" }),
      // Kubernetes 1.37 compresses streams as one gzip member a flush, which decoders do not expect
      // (kube-rs#2079).
      ...(streaming ? { "accept-encoding": "identity" } : {}),
      "user-agent": this.#deps.userAgent,
      ...access.headers,
    };
  }

  /** Trust and client certificate belong to a client: when they change, so does the client. */
  #client(trust: string | undefined, access: Access, streaming: boolean): Deno.HttpClient {
    if (!this.#clients?.fits(trust, access)) {
      this.#clients?.close();
      this.#clients = new Clients(trust, access, this.#cluster.proxy);
    }
    return streaming ? this.#clients.streaming : this.#clients.plain;
  }
}

class Clients {
  readonly plain: Deno.HttpClient;
  readonly streaming: Deno.HttpClient;
  readonly #trust: string | undefined;
  readonly #access: Access;

  constructor(trust: string | undefined, access: Access, proxy: Proxy | undefined) {
    this.#trust = trust;
    this.#access = access;
    const options = {
      ...tlsOptions(trust, access),
      ...(proxy === undefined ? {} : { proxy: runtimeProxy(proxy) }),
    };
    this.plain = createClient(options);
    // A watch that breaks must not be followed by one on a pooled connection that is dead too (deno#36542).
    this.streaming = createClient({ ...options, poolMaxIdlePerHost: 0 });
  }

  fits(trust: string | undefined, access: Access): boolean {
    return trust === this.#trust && access.cert === this.#access.cert && access.key === this.#access.key;
  }

  /** Answers that are still being read are read to their end: closing only ends the pool. */
  close(): void {
    this.plain.close();
    this.streaming.close();
  }
}

type ClientOptions = Deno.CreateHttpClientOptions & Partial<Deno.TlsCertifiedKeyPem>;

function tlsOptions(trust: string | undefined, access: Access): ClientOptions {
  // Deno takes a text without any certificate for no certificates at all, and then trusts the system's.
  if (trust !== undefined && !trust.includes("-----BEGIN CERTIFICATE-----")) {
    throw new ClusterError(
      "certificate",
      "The certificate authority for the API server is no PEM certificate: check certificate-authority in the " +
        "kubeconfig, or ca.crt in the service account's folder.",
    );
  }
  return {
    ...(trust === undefined ? {} : { caCerts: [trust] }),
    ...(access.cert === undefined || access.key === undefined ? {} : { cert: access.cert, key: access.key }),
  };
}

function createClient(options: ClientOptions): Deno.HttpClient {
  try {
    // Reads of a reused HTTP/2 connection were seen to hang (deno#21749).
    return Deno.createHttpClient({ http2: false, ...options });
  } catch (cause) {
    throw new ClusterError(
      "certificate",
      "The client certificate and key for the API server cannot be used: they are no PEM, the key is encrypted, " +
        "or they do not belong together. Check client-certificate and client-key in the kubeconfig.",
      { cause },
    );
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
