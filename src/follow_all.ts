import type { Health } from "./admin/health.ts";
import type { Options } from "./cli/options.ts";
import type { ApiServer } from "./cluster/api.ts";
import { follow } from "./follow.ts";
import type { Pipeline } from "./pipeline.ts";
import type { PodRef } from "./pod/pod.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Log } from "./runtime/log.ts";
import { lookUp } from "./source/lookup.ts";
import { pollPods } from "./source/poll.ts";
import { isSelective, selectionsOf } from "./source/query.ts";
import { watchPods } from "./source/watch.ts";
import type { Store } from "./store/store.ts";

/** What is between the sources and the store. */
export interface FollowAllDeps {
  api: ApiServer;
  pipeline: Pipeline;
  store: Store;
  health: Health;
  clock: Clock;
  random: () => number;
  log: Log;
  /** Ends the sources, and so this. */
  stop: AbortSignal;
}

/** Follows each selection; calls `onSynced` at the end of each list, from when all have been listed. */
export async function followAll(
  options: Options,
  { api, pipeline, store, health, clock, random, log, stop }: FollowAllDeps,
  onSynced: () => void,
): Promise<void> {
  const waiting = new Set(selectionsOf(options).map(({ namespace }) => namespace));
  await Promise.all(
    selectionsOf(options).map((selection) => {
      const newest = (): string | undefined => store.inventory.reached(selection.namespace);
      /** What was known when the running list was asked for. */
      let known: string | undefined;
      const listing = (): void => void (known = newest());
      const source = options.source === "watch"
        ? watchPods(api, selection, { clock, random, newest, listing }, stop)
        : pollPods(api, selection, { random, listing, interval: options.interval }, stop);
      return follow(source, selection.namespace, {
        clock,
        log,
        random,
        accept(events, scope): void {
          pipeline.accept(events, scope, known);
          // A list that broke off is begun anew, and told of no second way back.
          if (events.some(({ type }) => type === "sync-start")) known = newest();
        },
        missing: (scope) => store.inventory.missing(scope),
        lookUp: isSelective(selection) ? (pod: PodRef) => lookUp(api, pod, stop) : undefined,
        heard: () => health.heard(selection.namespace),
        synced(): void {
          health.synced(selection.namespace);
          waiting.delete(selection.namespace);
          if (waiting.size === 0) onSynced();
        },
      }, stop);
    }),
  );
}
