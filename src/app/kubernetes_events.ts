import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import type { Pod } from "../pod/pod.ts";
import { type Backoff, backoffDelay } from "../runtime/backoff.ts";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { EndpointEvent, EndpointEventKind } from "./endpoint_events.ts";

/*
 * What happens to endpoints, as Kubernetes Events about the program's own pod: `kubectl describe pod` and `kubectl get
 * events` show them, and whatever exports events takes them along.
 *
 * An extra, and treated as one. It takes a right that only kube/events grants; where that is missing nobody hears of it but
 * the log at its level `debug`, and what waits is given up. There is one request at a time, and of an endpoint only the
 * newest event waits. None is a series: they are at least ten minutes apart.
 */

/** What it needs of the world. */
export interface KubernetesEventsDeps {
  api: Pick<ApiServer, "post">;
  /** Reads the program's own pod. */
  ownPod: (signal: AbortSignal) => Promise<Pod>;
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  log: Log;
}

/** Who reports. */
const CONTROLLER = "k8svent";

/** The wait after a request that failed. */
const RETRY: Backoff = { base: 2_000, cap: 300_000 };

/** An event is given up after so many tries: an hour later nobody looks for it. */
const TRIES = 15;

/** Bytes of a note, and characters of names, that the API takes. */
const LONGEST_NOTE = 1_024;
const LONGEST_INSTANCE = 128;
const LONGEST_NAME = 253;

const REASONS: Readonly<Record<EndpointEventKind, string>> = {
  "failing": "EndpointFailing",
  "recovered": "EndpointRecovered",
  "dead-letters": "DeadLetters",
  "evicted": "MessagesEvicted",
};

/** See above. */
export class KubernetesEvents {
  readonly #deps: KubernetesEventsDeps;
  /** The newest of each endpoint that was not reported yet, with the instant at which it happened. */
  readonly #waiting = new Map<string, { event: EndpointEvent; at: number }>();
  #wake = (): void => {};
  #number = 0;

  constructor(deps: KubernetesEventsDeps) {
    this.#deps = deps;
  }

  /** Reports it as soon as that is possible. */
  report(event: EndpointEvent): void {
    this.#waiting.set(event.endpoint, { event, at: this.#deps.clock.now() });
    this.#wake();
  }

  /** Reports what is given, until the signal aborts. Never rejects for what the API server answers. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const [next] = this.#waiting;
      if (next === undefined) {
        await this.#somethingOrAbort(signal);
        continue;
      }
      const [endpoint, { event, at }] = next;
      this.#waiting.delete(endpoint);
      await this.#create(event, at, signal);
    }
  }

  async #create(event: EndpointEvent, at: number, signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#deps;
    // Of this event, so that a request whose answer was lost makes no second one.
    const suffix = `${at.toString(16)}${(this.#number++).toString(16)}`;
    for (let tries = 1; tries <= TRIES && !signal.aborted && !this.#waiting.has(event.endpoint); tries++) {
      try {
        await this.#post(event, at, suffix, signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ClusterError)) throw error;
        log.debug("The Kubernetes Event about an endpoint was not taken.", {
          endpoint: event.endpoint,
          error,
        });
        if (!isPassing(error)) return;
        await sleep(clock, Math.max(error.retryAfter ?? 0, backoffDelay(RETRY, tries, random())), signal);
      }
    }
  }

  async #post(event: EndpointEvent, at: number, suffix: string, signal: AbortSignal): Promise<void> {
    const { api, ownPod } = this.#deps;
    const body = bodyOf(event, at, { suffix, pod: await ownPod(signal) });
    const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(body.metadata.namespace)}/events`;
    await api.post(path, JSON.stringify(body), signal);
  }

  #somethingOrAbort(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#wake = () => {};
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener("abort", done);
    });
  }
}

/** Whether the same request may be taken later. What is forbidden, or there already (409), is not asked for again. */
function isPassing({ fault, details: { status = 0 } }: ClusterError): boolean {
  if (fault === "forbidden" || fault === "missing" || fault === "invalid") return false;
  return fault !== "server" || status >= 500;
}

/** An Event of events.k8s.io/v1, as far as it is set. */
interface Body {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string };
  [field: string]: unknown;
}

function bodyOf(
  { kind, why }: EndpointEvent,
  at: number,
  { suffix, pod: { metadata } }: { suffix: string; pod: Pod },
): Body {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: nameOf(name, suffix), namespace },
    eventTime: new Date(at).toISOString().replace(/Z$/, "000Z"),
    type: kind === "recovered" ? "Normal" : "Warning",
    reason: REASONS[kind],
    action: "Deliver",
    note: cut(why),
    reportingController: CONTROLLER,
    reportingInstance: name.slice(0, LONGEST_INSTANCE),
    regarding: { apiVersion: "v1", kind: "Pod", name, namespace, uid, resourceVersion },
  };
}

/** Of a long name, the beginning: what stands before a dot ends with a letter or a digit. */
function nameOf(pod: string, suffix: string): string {
  return `${pod.slice(0, LONGEST_NAME - suffix.length - 1).replace(/[.-]+$/, "")}.${suffix}`;
}

/** As many whole characters as the API takes in bytes. */
function cut(text: string): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= LONGEST_NOTE) return text;
  return `${new TextDecoder().decode(bytes.subarray(0, LONGEST_NOTE - 6)).replace(/\uFFFD$/, "")}…`;
}
