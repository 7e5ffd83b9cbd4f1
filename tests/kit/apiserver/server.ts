import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Pod } from "../../../src/pod/pod.ts";
import { type Clock, systemClock } from "../../../src/runtime/clock.ts";
import { listenAgain } from "../port.ts";
import { Until } from "../until.ts";
import { type Answer, badRequest, noSuchPath, podNotFound, refusal } from "./answer.ts";
import { Body } from "./body.ts";
import { type FaultAnswer, type Faults, noFaults, type RequestKind, takeAnswer, takeCut } from "./faults.ts";
import { list } from "./list.ts";
import { type PodInput, PodStore, type Ref } from "./pod_store.ts";
import { parseFieldSelector, parseLabelSelector, type Selector, SelectorError } from "./selector.ts";
import { refuseWatch, Watch } from "./watch.ts";

/** A request as it came. */
export interface RecordedRequest {
  kind: RequestKind | "other";
  path: string;
  /** The last value of each parameter. */
  query: Record<string, string>;
  /** By lower-case name. */
  headers: Record<string, string>;
}

/**
 * A Kubernetes API server for pods, in memory, over real HTTP on loopback. `tests/conformance` holds it to
 * what kube-apiserver does. The methods change the cluster; `faults` makes the server misbehave.
 */
export class FakeApiServer {
  readonly store: PodStore;
  readonly faults: Faults = noFaults();
  /** In the order of arrival. */
  readonly requests: RecordedRequest[] = [];
  /** The watches that are open now. */
  readonly watches = new Set<Watch>();
  /** Called before each request is answered: the moment at which the cluster can change under a list. */
  onRequest: (request: RecordedRequest) => void | Promise<void> = () => {};
  /** The UID of kube-system, by which clusters are distinguished. */
  clusterUid = "5f0e1a5c-0000-4000-8000-000000000001";
  #clock: Clock;
  #server: Server;
  #port: number | undefined;
  #until = new Until(() => `${this.requests.length} requests, ${this.watches.size} watches open`);

  /** @param clock moves bookmarks and timeouts; the machine's own by default */
  static async start(clock: Clock = systemClock): Promise<FakeApiServer> {
    const server = new FakeApiServer(clock);
    await server.accept();
    return server;
  }

  private constructor(clock: Clock) {
    this.#clock = clock;
    this.store = new PodStore(clock);
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** A kubeconfig that leads here. JSON is YAML. */
  get kubeconfig(): string {
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "fake",
      contexts: [{ name: "fake", context: { cluster: "fake", user: "nobody" } }],
      clusters: [{ name: "fake", cluster: { server: this.url } }],
      users: [{ name: "nobody", user: {} }],
    });
  }

  create(pod: PodInput): Pod {
    return this.store.create(pod);
  }

  update(ref: Ref, change: (pod: Pod) => void): Pod {
    return this.store.update(ref, change);
  }

  remove(ref: Ref): void {
    this.store.remove(ref);
  }

  /** Another resource changed. */
  touch(): void {
    this.store.touch();
  }

  /** @param version up to which history is forgotten; all by default */
  compact(version?: number): void {
    this.store.compact(version);
  }

  /** etcd is restored from a backup, and the API server starts anew on it: every stream ends. */
  rewind(version: number): void {
    this.endWatches();
    this.store.rewind(version);
  }

  endWatches(): void {
    for (const watch of [...this.watches]) watch.end();
  }

  resetWatches(): void {
    for (const watch of [...this.watches]) watch.reset();
  }

  /** Writes raw bytes into every open watch. */
  inject(data: string | Uint8Array): void {
    for (const watch of this.watches) watch.inject(data);
  }

  /** Resolves when the predicate holds; it is asked after each request and when a watch opens or closes. */
  async until(predicate: () => boolean, what?: string, deadline?: number): Promise<void> {
    await this.#until.wait(predicate, what, deadline);
  }

  /** Closes every connection; new ones are refused until `accept`. */
  async refuse(): Promise<void> {
    for (const watch of this.watches) watch.stop();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Listens again, on the same port. */
  async accept(): Promise<void> {
    this.#port = await listenAgain(this.#server, this.#port);
  }

  /** Called once, last. */
  async close(): Promise<void> {
    await this.refuse();
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? "/", this.url);
    const route = /^\/api\/v1(?:\/namespaces\/([^/]+))?\/pods(?:\/([^/]+))?$/.exec(url.pathname);
    const kind = kindOf(route, url.searchParams);
    const request: RecordedRequest = {
      kind,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(
        Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
      ),
    };
    this.requests.push(request);
    this.#until.look();
    await this.onRequest(request);
    const namespace = route?.[1];
    const fault = kind === "other" ? undefined : takeAnswer(this.faults, kind);
    if (fault !== undefined) return misbehave(fault, kind, namespace, response);
    if (namespace !== undefined) url.searchParams.set("namespace", namespace);
    if (kind === "other") return answer(this.#other(url.pathname), new Body(response, this.faults), response);
    const body = new Body(response, this.faults, takeCut(this.faults, kind));
    if (kind === "get") return answer(this.#get(namespace, route?.[2] ?? ""), body, response);
    this.#collection(kind, url.searchParams, body, response);
  }

  #collection(kind: "list" | "watch", query: URLSearchParams, body: Body, response: ServerResponse): void {
    let selects: Selector;
    try {
      selects = selectorOf(query);
    } catch (error) {
      if (error instanceof SelectorError) return answer(badRequest(error.message), body, response);
      throw error;
    }
    if (kind === "list") return answer(list(this.store, query, selects, this.#newest(query)), body, response);
    const refused = refuseWatch(this.store, query);
    if (refused !== undefined) return answer(refused, body, response);
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const watch = new Watch(
      { store: this.store, clock: this.#clock, faults: this.faults, query, selects },
      body,
    );
    this.watches.add(watch);
    response.on("close", () => {
      watch.stop();
      this.watches.delete(watch);
      this.#until.look();
    });
    watch.start();
    this.#until.look();
  }

  /** A replica that is behind answers from what it has, unless the request says what it must have. */
  #newest(query: URLSearchParams): number {
    return query.get("resourceVersionMatch") === null
      ? this.faults.behind ?? this.store.version
      : this.store.version;
  }

  #get(namespace: string | undefined, name: string): Answer {
    const pod = this.store.get({ name, ...(namespace !== undefined && { namespace }) });
    if (pod === undefined) return podNotFound(name);
    return { status: 200, body: `{"kind":"Pod","apiVersion":"v1",${pod.text.slice(1)}` };
  }

  #other(path: string): Answer {
    if (path === "/version") {
      return { status: 200, body: '{"major":"1","minor":"37","gitVersion":"v1.37.2"}' };
    }
    const namespace = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(path)?.[1];
    if (namespace !== "kube-system") return noSuchPath();
    const metadata = { name: namespace, uid: this.clusterUid, resourceVersion: "3" };
    return { status: 200, body: JSON.stringify({ kind: "Namespace", apiVersion: "v1", metadata }) };
  }
}

function kindOf(route: RegExpExecArray | null, query: URLSearchParams): RequestKind | "other" {
  if (route === null) return "other";
  if (route[2] !== undefined) return "get";
  return ["1", "true"].includes(query.get("watch") ?? "") ? "watch" : "list";
}

function selectorOf(query: URLSearchParams): Selector {
  const labels = parseLabelSelector(query.get("labelSelector") ?? "");
  const fields = parseFieldSelector(query.get("fieldSelector") ?? "");
  return (pod) => labels(pod) && fields(pod);
}

function answer({ status, headers, body: text }: Answer, body: Body, response: ServerResponse): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  body.write(text);
  body.end();
}

function misbehave(
  fault: FaultAnswer,
  kind: RequestKind | "other",
  namespace: string | undefined,
  response: ServerResponse,
): void {
  if (fault.status === "hang") return;
  if (fault.status === "reset") {
    response.socket?.destroy();
    return;
  }
  const scope = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const { headers = {}, body } = refusal(fault.status, kind, scope, fault.retryAfter);
  response.writeHead(fault.status, { "content-type": "application/json", ...headers });
  response.end(fault.body ?? body);
}
