import { ClusterError, type ClusterFault } from "../cluster/error.ts";
import type { Gone, PodEvent } from "../pod/event.ts";
import type { PodObject } from "../pod/object.ts";
import type { PodRef } from "../pod/pod.ts";
import { backoffDelay, CLUSTER_BACKOFF } from "../runtime/backoff.ts";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";

/*
 * With a selector, a pod that the watch calls deleted, or that a list does not hold, may also have been relabelled: only
 * a read of that pod tells. These look-ups run beside the reading of the source, so a slow one holds up its own pod and
 * nothing else.
 *
 *   left ──look-up──▶ there: `unselected`
 *                 ──▶ gone: `deleted` (the watch said so) or `gone` (a list did)
 *                 ──▶ nobody may say, or can: `gone`, and it may live
 *   left ──before that, the source shows it again──▶ nothing: it never left
 *   left ──before that, another pod has its name──▶ as gone: two pods never share one
 *
 * Until then the pod counts as known and unchanged. A failure of the network or of the credentials is no answer, and is
 * asked again for as long as it lasts; a refusal of just this read (RBAC without get), or an error of the server about
 * this pod, is one after a few attempts. The departures of a source end with it: what is undecided then is missing from
 * the next list.
 */

/** Look-ups at a time: as many as an API server does not notice. */
const AT_ONCE = 8;

/** Departures that keep the object that the watch brought. Of any further one its name is kept: an end is then inferred. */
const OBJECTS = 500;

/** Such answers in a row that are the last word. A right may be a moment late, an API server ill for a while. */
const LAST_WORD: Partial<Record<ClusterFault, number>> = { forbidden: 3, server: 10, protocol: 10 };

/** What the look-ups need. */
export interface DeparturesDeps {
  clock: Clock;
  random: () => number;
  log: Log;
  /** Reads a pod as it is now; undefined when it is gone. */
  lookUp: (pod: PodRef, signal: AbortSignal) => Promise<PodObject | undefined>;
  /** Takes what became of a pod; synchronous. */
  settle: (event: PodEvent) => void;
  /** Called when a look-up cannot be done because the program is wrong. */
  fail: (error: unknown) => void;
}

/** A pod that left, and what was seen of that. */
interface Departure {
  pod: PodRef;
  /** The version at which it had left. */
  resourceVersion: string;
  /** What the watch brought. Of a pod that was relabelled it has the old labels. */
  object: PodObject | undefined;
}

/** The departures of one source. */
export class Departures {
  readonly #deps: DeparturesDeps;
  readonly #signal: AbortSignal;
  /** Undecided, by UID. */
  readonly #undecided = new Map<string, Departure>();
  /** The same, by namespace/name. */
  readonly #byName = new Map<string, Departure>();
  readonly #running = new Set<Promise<void>>();
  readonly #queue: (() => void)[] = [];
  #free = AT_ONCE;
  /** The version of the list that runs, or ran last. */
  #listed = "";
  /** Whether people have heard that pods cannot be looked up. */
  #isSaid = false;

  /** @param signal ends the look-ups; nothing is concluded then */
  constructor(deps: DeparturesDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  /**
   * Goes through what the source brought, in its order: keeps back what says that a pod left, and looks that pod up.
   *
   * @param missing the known pods that the list which ends here did not hold
   */
  sift(events: readonly PodEvent[], missing: () => readonly PodRef[]): PodEvent[] {
    return events.flatMap((event): PodEvent[] => {
      switch (event.type) {
        case "sync-start":
          this.#listed = event.resourceVersion;
          return [event];
        case "applied":
          return [...this.#shown(event.object.pod.metadata), event];
        case "deleted": {
          const { uid, namespace, name, resourceVersion } = event.object.pod.metadata;
          return this.#left({ pod: { uid, namespace, name }, resourceVersion, object: event.object });
        }
        case "sync-end": {
          const left = missing().flatMap((pod) =>
            this.#left({ pod, resourceVersion: this.#listed, object: undefined })
          );
          return [...left, { ...event, undecided: new Set(this.#undecided.keys()) }];
        }
        default:
          return [event];
      }
    });
  }

  /** Resolves when no look-up is under way any more. Called once, after the signal. */
  async ended(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** A pod is shown: it did not leave, or whoever had its name before it is gone. Returns the end of that one. */
  #shown({ uid, namespace, name }: PodRef): PodEvent[] {
    const former = this.#byName.get(`${namespace}/${name}`);
    if (former === undefined) return [];
    this.#forget(former);
    return former.pod.uid === uid ? [] : [endOf(former)];
  }

  #left(departure: Departure): PodEvent[] {
    const { pod } = departure;
    // What the watch said of it is more than what a list did not say.
    if (this.#undecided.has(pod.uid)) return [];
    const former = this.#shown(pod);
    if (this.#undecided.size >= OBJECTS) departure.object = undefined;
    this.#undecided.set(pod.uid, departure);
    this.#byName.set(`${pod.namespace}/${pod.name}`, departure);
    const run = this.#decide(departure).catch(this.#deps.fail).finally(() => this.#running.delete(run));
    this.#running.add(run);
    return former;
  }

  #forget({ pod }: Departure): void {
    this.#undecided.delete(pod.uid);
    this.#byName.delete(`${pod.namespace}/${pod.name}`);
  }

  async #decide(departure: Departure): Promise<void> {
    const { clock, random, settle } = this.#deps;
    let last: ClusterFault | undefined;
    let alike = 0;
    for (let failures = 1;; failures++) {
      const answer = await this.#ask(departure);
      if (this.#signal.aborted || this.#undecided.get(departure.pod.uid) !== departure) return;
      if (answer instanceof ClusterError) {
        alike = answer.fault === last ? alike + 1 : 1;
        last = answer.fault;
      }
      const isFinal = !(answer instanceof ClusterError) || alike >= (LAST_WORD[answer.fault] ?? Infinity);
      if (isFinal) {
        this.#forget(departure);
        this.#say(answer);
        return settle(conclusion(departure, answer));
      }
      const wait = Math.max(backoffDelay(CLUSTER_BACKOFF, failures, random()), answer.retryAfter ?? 0);
      await sleep(clock, wait, this.#signal);
    }
  }

  /** One look-up, when it is its turn. */
  async #ask({ pod }: Departure): Promise<PodObject | ClusterError | undefined> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#free--;
    try {
      return this.#signal.aborted ? undefined : await this.#deps.lookUp(pod, this.#signal);
    } catch (error) {
      if (this.#signal.aborted) return undefined;
      if (error instanceof ClusterError) return error;
      throw error;
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }

  #say(answer: PodObject | ClusterError | undefined): void {
    const { log } = this.#deps;
    const isRefused = answer instanceof ClusterError;
    if (isRefused === this.#isSaid) return;
    this.#isSaid = isRefused;
    if (!isRefused) return log.info("Pods that leave the selection can be looked up again.");
    log.warn(
      "A pod that left the selection cannot be looked up, so it is sent as deleted with k8svent-observed: false, " +
        `and so are others until that works. ${answer.message}`,
      { fault: answer.fault },
    );
  }
}

function conclusion(departure: Departure, answer: PodObject | ClusterError | undefined): PodEvent {
  if (answer instanceof ClusterError) return goneFrom(departure, true);
  return answer === undefined ? endOf(departure) : { type: "unselected", object: answer };
}

/** The pod is gone, for sure. */
function endOf(departure: Departure): PodEvent {
  const { object } = departure;
  return object === undefined ? goneFrom(departure, false) : { type: "deleted", object };
}

function goneFrom(departure: Departure, mayLive: boolean): Gone {
  return { type: "gone", ...departure, mayLive };
}
