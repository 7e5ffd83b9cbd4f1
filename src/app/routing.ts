import type { Options } from "../cli/options.ts";
import type { Workers } from "../delivery/workers.ts";
import type { Pod } from "../pod/pod.ts";
import { isOfAnnotation } from "../route/annotation.ts";
import { plainPodIn } from "../pod/json.ts";
import { workloadOf } from "../pod/workload.ts";
import type { Endpoint } from "../route/endpoint.ts";
import { parseHostPattern } from "../route/host_pattern.ts";
import { limitDistinct } from "../route/limit.ts";
import { type Route, route, type Routing } from "../route/route.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { counted } from "../runtime/wording.ts";
import type { Message, Store } from "../store/store.ts";
import type { FilterFailures } from "./filter_failures.ts";
import type { Observations } from "./observations.ts";
import type { OperatorEndpoints } from "./operator_endpoints.ts";
import { Pipeline } from "./pipeline.ts";
import { Recorder } from "./recorder.ts";

/** Messages in which the URL of an endpoint is looked for at the start. */
const LOOKED_AT = 100;

/** How many complaints about annotations are remembered, so that each is made once. */
const COMPLAINTS = 1_000;

/**
 * The endpoints that the annotations of pods named: which live, and which namespace brought each into being. What is
 * pending for one outlives the pod that named it, and the URL is known from such a pod alone.
 */
export class AnnotationEndpoints {
  readonly #routing: Routing;
  readonly #store: Store;
  readonly #workers: Workers;
  readonly #log: Log;
  /** Of each that has a worker, or gets it back when something comes for it, the namespace whose pod named it first. */
  readonly #namespaces = new Map<string, string>();

  constructor(routing: Routing, store: Store, workers: Workers, log: Log) {
    this.#routing = routing;
    this.#store = store;
    this.#workers = workers;
    this.#log = log;
  }

  /** Where a pod goes, within the limits on the number of such endpoints. */
  route(pod: Pod): Route {
    const wanted = route(pod, this.#routing);
    if (wanted.endpoints.every((endpoint) => endpoint.trusted)) return wanted;
    return limitDistinct(pod, wanted, this.#routing, this.#inUse());
  }

  /** By name, with the namespace. One that was closed and has been woken counts again. */
  #inUse(): Map<string, string> {
    return new Map([...this.#workers.ofAnnotations].map((name) => [name, this.#namespaces.get(name) ?? ""]));
  }

  /** Opens the endpoint that a pod is routed to. */
  open(endpoint: Endpoint, namespace: string): void {
    // The operator's come and go with the configuration alone.
    if (endpoint.trusted) return;
    if (!this.#namespaces.has(endpoint.name)) this.#namespaces.set(endpoint.name, namespace);
    this.#workers.open(endpoint);
  }

  /**
   * At the start: finds the URL of each endpoint that something is pending for in the pod that one of these messages is
   * about. The pod itself may be gone, and would name it to nobody any more.
   */
  reopen(): void {
    const { pending } = this.#store;
    for (const name of pending.endpoints().filter(isOfAnnotation)) {
      // A pod may have named it and, when it ended, another one; the next pod of its name waits behind it.
      for (const listed of pending.list(name, LOOKED_AT)) {
        const message = pending.read(listed);
        const endpoint = message && this.#endpointOf(message);
        if (endpoint === undefined) continue;
        this.open(endpoint, listed.namespace);
        break;
      }
    }
  }

  #endpointOf({ endpoint, body, completeness }: Message): Endpoint | undefined {
    if (completeness === "fetchable") return undefined;
    return route(plainPodIn(body), this.#routing).endpoints.find(({ name }) => name === endpoint);
  }

  /**
   * Once a minute: ends the workers that have nothing to do, and forgets the endpoints that no pod names.
   *
   * @param isComplete whether every pod has been seen, so that a pod that names one would have been seen, too
   */
  tidy(isComplete: boolean): void {
    const { pending, inventory } = this.#store;
    this.#workers.letIdleGo();
    for (const name of this.#namespaces.keys()) {
      if (!this.#workers.reaches(name)) this.#namespaces.delete(name);
    }
    const names = isComplete ? pending.endpoints().filter(isOfAnnotation) : [];
    if (names.length === 0) return;
    const named = new Set([...inventory.pods()].flatMap((pod) => inventory.audience(pod)));
    for (const name of names) {
      const isReached = this.#workers.reaches(name);
      const isIdle = pending.counts(name).pending === 0;
      if (isIdle ? named.has(name) : isReached) continue;
      const messages = pending.forget(name);
      if (messages === 0) continue;
      this.#log.warn(
        `No pod names the endpoint ${name} any more: ${counted(messages, "message")} pending for it ${
          messages === 1 ? "is" : "are"
        } given up.`,
      );
    }
  }
}

/** Where pods go: to the operator's endpoints as they are at the moment, or where annotations may point. */
export function routingOf(
  operators: Pick<OperatorEndpoints, "endpoints">,
  { podWebhooks, ofAnnotations }: Pick<Options, "podWebhooks" | "ofAnnotations">,
): Routing {
  const hosts = podWebhooks.map((host) => parseHostPattern(host));
  return {
    get endpoints(): Endpoint[] {
      return operators.endpoints;
    },
    podWebhooks: hosts,
    ofAnnotations,
  };
}

/** What the data path is made of. */
export interface DataPathParts {
  store: Store;
  operators: OperatorEndpoints;
  annotations: AnnotationEndpoints;
  filterFailures: FilterFailures;
  /** Where somebody can look. */
  observations?: Observations | undefined;
  clock: Clock;
  log: Log;
}

/** The data path with the routes that the options describe, and what records for those endpoints that want it. */
export function openDataPath(
  { environment, cluster, interval }: Pick<Options, "environment" | "cluster" | "interval">,
  { store, operators, annotations, filterFailures, observations, clock, log }: DataPathParts,
): { recorder: Recorder; pipeline: Pipeline } {
  const recorder = new Recorder({
    store,
    clock,
    environment,
    cluster,
    want: (endpoint) => operators.want(endpoint),
    filterFailed: (endpoint, why) => filterFailures.failed(endpoint, why),
    recorded: observations && ((pod, version) => observations.recorded(pod, version)),
  });
  const complaints = new Set<string>();
  const pipeline = new Pipeline({
    store,
    clock,
    recorder,
    get defaults(): readonly string[] {
      return operators.names;
    },
    interval,
    workload: workloadOf,
    route: (pod) => operators.select(annotations.route(pod), pod),
    open: (endpoint, namespace) => annotations.open(endpoint, namespace),
    complain(problem): void {
      if (complaints.has(problem) || complaints.size >= COMPLAINTS) return;
      complaints.add(problem);
      log.warn(problem);
      if (complaints.size < COMPLAINTS) return;
      log.warn(
        `Pods' annotations had ${COMPLAINTS} different faults until now: no other is logged before a restart.`,
      );
    },
  });
  return { recorder, pipeline };
}
