import { answerError } from "../../src/cluster/answer.ts";
import type { ApiServer } from "../../src/cluster/api.ts";
import { ClusterError } from "../../src/cluster/error.ts";
import { BodyReader, readBody } from "../../src/cluster/read_body.ts";
import { type Clock, sleep } from "../../src/runtime/clock.ts";
import { type Answer, podNotFound, refusal } from "../kit/apiserver/answer.ts";
import { type Faults, noFaults, type RequestKind, takeAnswer, takeCut } from "../kit/apiserver/faults.ts";
import { list } from "../kit/apiserver/list.ts";
import { parseLabelSelector } from "../kit/apiserver/selector.ts";
import { refuseWatch, Watch } from "../kit/apiserver/watch.ts";
import type { Client } from "./client.ts";
import type { ModelCluster } from "./cluster.ts";
import type { Setup } from "./history.ts";
import { Wire } from "./wire.ts";

/** As `HttpApiServer`: how long it waits for an answer to begin. */
const TIMEOUT = 15_000;

type Stream = ReadableStream<Uint8Array<ArrayBuffer>>;

/** An API server without a network. Its answers are the kit's, which are held to the real server's. */
export class ModelApiServer {
  faults: Faults = noFaults();
  refuses = false;
  /** Milliseconds that each answer takes. */
  delay = 0;
  readonly #watches = new Set<Watch>();
  readonly #wires = new Set<Wire>();
  readonly #cluster: ModelCluster;
  readonly #clock: Clock;
  readonly #setup: Setup;

  constructor(cluster: ModelCluster, clock: Clock, setup: Setup) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#setup = setup;
  }

  /** The server as one run of the program reaches it. */
  reachedBy(client: Client): ApiServer {
    const clock = this.#clock;
    return {
      origin: "https://model",
      identity: () => Promise.resolve("model"),
      get: async (path, signal) => await readBody(await this.#open(path, client, signal), { clock, signal }),
      // Nothing follows from what it would say.
      post: () => Promise.reject(new ClusterError("missing", "The model has no reviews.")),
      open: async (path, signal) => new BodyReader(await this.#open(path, client, signal), { clock, signal }),
      stream: (path, signal) => this.#open(path, client, signal),
      close: () => {},
    };
  }

  async #open(path: string, client: Client, signal: AbortSignal): Promise<Stream> {
    client.call();
    const either = AbortSignal.any([signal, client.dead]);
    const body = await this.#answer(new URL(path, "https://model"), client, either);
    either.throwIfAborted();
    return body;
  }

  /** Ends every open watch, or tells it something first. */
  tellStreams(how: keyof typeof SAID | "end" | "reset"): void {
    for (const watch of [...this.#watches]) {
      if (how === "reset") watch.reset();
      else {
        if (how !== "end") watch.inject(SAID[how]);
        watch.end();
      }
    }
  }

  /** Every connection breaks, and what is on its way is lost. */
  breakConnections(): void {
    for (const wire of this.#wires) wire.reset();
    this.#wires.clear();
  }

  /** Everything is as it should be from now on; connections that are dead stay so. */
  heal(): void {
    this.faults = Object.assign(this.faults, noFaults());
    this.refuses = false;
    this.delay = 0;
  }

  async #answer(url: URL, client: Client, signal: AbortSignal): Promise<Stream> {
    const pods = /^\/api\/v1(?:\/namespaces\/([^/]+))?\/pods(?:\/([^/]+))?$/.exec(url.pathname);
    // Whether a namespace exists decides nothing but a line of the log.
    if (pods === null) throw new ClusterError("server", "The model has nothing but pods.");
    const [, namespace, name] = pods;
    const { searchParams: query } = url;
    const kind = name !== undefined ? "get" : query.has("watch") ? "watch" : "list";
    if (namespace !== undefined) query.set("namespace", namespace);
    client.sightings.begin(kind, namespace, query);
    const { generation } = this.#cluster;
    if (this.delay > 0) await sleep(this.#clock, this.delay, signal);
    if (this.refuses) throw unreachable();
    await this.#misbehave(kind, signal);
    signal.throwIfAborted();
    this.#checkAlive(generation);
    const cut = takeCut(this.faults, kind);
    if (kind === "watch") return await this.#watch(namespace, query, client, cut, signal);
    const { body } = await this.#check(kind === "get" ? this.#get(namespace, name) : this.#list(query));
    this.#checkAlive(generation);
    // A list that must not be older than a version is a probe: the program throws away which pods it holds.
    const seen = query.has("resourceVersionMatch")
      ? UNSEEN
      : kind === "get"
      ? client.sightings.ofGet()
      : client.sightings.ofList(namespace, generation);
    const wire = new Wire(this.faults, cut, Infinity, {
      ...seen,
      closed: (complete): void => {
        this.#wires.delete(wire);
        seen.closed(complete);
      },
    });
    this.#wires.add(wire);
    wire.write(body);
    wire.end();
    return wire.body(signal);
  }

  /** A server that was there before a restore answers nobody. */
  #checkAlive(generation: number): void {
    if (generation !== this.#cluster.generation) throw unreachable();
  }

  async #misbehave(kind: RequestKind, signal: AbortSignal): Promise<void> {
    const fault = takeAnswer(this.faults, kind);
    if (fault?.status === "hang" || this.faults.silent) {
      await sleep(this.#clock, TIMEOUT, signal);
      throw unreachable();
    }
    if (fault?.status === "reset") throw unreachable();
    if (fault !== undefined) {
      await this.#check(refusal(fault.status, kind, "at the cluster scope", fault.retryAfter));
    }
  }

  async #watch(
    namespace: string | undefined,
    query: URLSearchParams,
    client: Client,
    cut: ReturnType<typeof takeCut>,
    signal: AbortSignal,
  ): Promise<Stream> {
    const refused = refuseWatch(this.#cluster.store, query);
    if (refused !== undefined) await this.#check(refused);
    const seen = client.sightings.ofWatch(namespace, () => this.#cluster.generation);
    const wire = new Wire(this.faults, cut, this.#setup.fragment, {
      ...seen,
      closed: (complete): void => {
        seen.closed(complete);
        watch.stop();
        this.#watches.delete(watch);
        this.#wires.delete(wire);
      },
    });
    const selects = parseLabelSelector(query.get("labelSelector") ?? "");
    const watch = new Watch(
      { store: this.#cluster.store, clock: this.#clock, faults: this.faults, query, selects },
      wire,
    );
    this.#watches.add(watch);
    this.#wires.add(wire);
    const body = wire.body(signal);
    watch.start();
    return body;
  }

  /** Real pages hold up to 500 pods; the model has a handful, so that its pages are smaller. */
  #list(query: URLSearchParams): Answer {
    if (query.has("limit")) query.set("limit", String(this.#setup.page));
    return list(this.#cluster.store, query, parseLabelSelector(query.get("labelSelector") ?? ""));
  }

  #get(namespace = "", name = ""): Answer {
    const pod = this.#cluster.store.get({ namespace, name });
    if (pod === undefined) return podNotFound(name);
    return { status: 200, body: `{"kind":"Pod","apiVersion":"v1",${pod.text.slice(1)}` };
  }

  /** What is not a success becomes an error the way in which the real client makes it one. */
  async #check(answer: Answer): Promise<Answer> {
    if (answer.status === 200) return answer;
    const { status, headers = {}, body } = answer;
    throw await answerError(new Response(body, { status, headers }), "the API server", this.#clock.now());
  }
}

function unreachable(): ClusterError {
  return new ClusterError("unreachable", "The API server cannot be reached.");
}

const UNSEEN = { handed: (): void => {}, closed: (): void => {} };

/** What a watch can get that is not an event. */
const SAID = {
  expired: error(410, "Expired"),
  error: error(500, "InternalError"),
  busy: error(429, "TooManyRequests"),
  status: `${status(500, "InternalError")}\n`,
  garbage: "<html>\n",
};

function error(code: number, reason: string): string {
  return `{"type":"ERROR","object":${status(code, reason)}}\n`;
}

function status(code: number, reason: string): string {
  return JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    message: "made up",
    reason,
    code,
  });
}
