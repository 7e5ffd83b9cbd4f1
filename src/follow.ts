import { ClusterError } from "./cluster/error.ts";
import type { PodEvent } from "./pod/event.ts";
import type { PodObject } from "./pod/object.ts";
import type { PodRef, Scope } from "./pod/pod.ts";
import { type Clock, sleep } from "./runtime/clock.ts";
import type { Log } from "./runtime/log.ts";
import type { Source, SourceItem, Wait } from "./source/source.ts";
import { waitAfter } from "./source/wait.ts";

/** What the reader of a source needs. */
export interface FollowDeps {
  clock: Clock;
  random: () => number;
  log: Log;
  /** Stores a batch; synchronous. */
  accept: (events: PodEvent[], scope: Scope) => void;
  /** Known pods that the running list of the scope did not hold. */
  missing: (scope: Scope) => PodRef[];
  /** Reads a pod as it is now, undefined when it is gone; given where a selector is used. */
  lookUp?: ((pod: PodRef) => Promise<PodObject | undefined>) | undefined;
  /** Called when a complete list has been stored. */
  synced?: () => void;
  /** Called each time that the API server answered. */
  heard?: () => void;
}

/**
 * Reads a source to its end: hands each batch on, sleeps when the source says so, and tells people, once, that
 * the cluster does not answer, and once that it does again.
 */
export async function follow(
  source: Source,
  scope: Scope,
  deps: FollowDeps,
  signal: AbortSignal,
): Promise<void> {
  const trouble = new Trouble(deps);
  for await (const items of source) {
    const events = items.filter((item): item is PodEvent => item.type !== "wait");
    const wait = items.find((item): item is Wait & SourceItem => item.type === "wait");
    if (wait?.error === undefined) {
      trouble.over();
      deps.heard?.();
    }
    if (events.length > 0) {
      const settled = await settleDeletions(events, scope, deps, trouble, signal);
      if (signal.aborted) return;
      deps.accept(settled, scope);
      if (settled.some((event) => event.type === "sync-end")) deps.synced?.();
    }
    if (wait?.error !== undefined) trouble.say(wait.error);
    if (wait !== undefined) await sleep(deps.clock, wait.milliseconds, signal);
  }
}

/**
 * With a selector, "deleted" and "missing" may mean that the pod stopped matching. Each such pod is looked up;
 * one that is still there becomes `unselected`. What cannot be looked up now is asked for until it can: a
 * deletion must neither be invented nor lost.
 */
async function settleDeletions(
  events: PodEvent[],
  scope: Scope,
  deps: FollowDeps,
  trouble: Trouble,
  signal: AbortSignal,
): Promise<PodEvent[]> {
  if (deps.lookUp === undefined) return events;
  const settled: PodEvent[] = [];
  for (const event of events) {
    const doubtful = event.type === "deleted"
      ? [event.object.pod.metadata]
      : event.type === "sync-end"
      ? deps.missing(scope)
      : [];
    const present: PodEvent[] = [];
    for (const ref of doubtful) {
      const object = await lookUpPersistently(ref, deps, trouble, signal);
      if (object !== undefined) present.push({ type: "unselected", object });
    }
    settled.push(...present);
    if (event.type !== "deleted" || present.length === 0) settled.push(event);
  }
  return settled;
}

async function lookUpPersistently(
  ref: PodRef,
  { lookUp, clock, random }: FollowDeps,
  trouble: Trouble,
  signal: AbortSignal,
): Promise<PodObject | undefined> {
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      return await lookUp?.(ref);
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof ClusterError)) throw error;
      trouble.say(error);
      await sleep(clock, waitAfter(error, failures, random()).milliseconds, signal);
    }
  }
  return undefined;
}

/** What people hear about a cluster that does not answer. */
class Trouble {
  readonly #deps: Pick<FollowDeps, "clock" | "log">;
  #since: number | undefined;
  #said: string | undefined;

  constructor(deps: Pick<FollowDeps, "clock" | "log">) {
    this.#deps = deps;
  }

  say(error: ClusterError): void {
    const { clock, log } = this.#deps;
    // A stream that ended, fell silent or expired is mended by the next one: everyday life of a watch.
    const everyday = error.fault === "expired" || error.fault === "idle";
    if (everyday || error.message === this.#said) return log.debug(error.message, { fault: error.fault });
    this.#since ??= clock.monotonic();
    this.#said = error.message;
    log.warn(error.message, { fault: error.fault });
  }

  over(): void {
    if (this.#since === undefined) return;
    const seconds = Math.round((this.#deps.clock.monotonic() - this.#since) / 1000);
    this.#deps.log.info(`The cluster answers again after ${seconds} s.`);
    this.#since = this.#said = undefined;
  }
}
