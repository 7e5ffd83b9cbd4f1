import type { Health } from "../admin/health.ts";
import type { Options } from "../cli/options.ts";
import type { ApiServer } from "../cluster/api.ts";
import type { PodRef } from "../pod/pod.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { Standstill } from "../runtime/standstill.ts";
import { lookUp } from "../source/lookup.ts";
import { pollPods } from "../source/poll.ts";
import { isSelective, selectionsOf } from "../source/query.ts";
import type { Source } from "../source/source.ts";
import { watchPods } from "../source/watch.ts";
import type { Store } from "../store/store.ts";
import { follow } from "./follow.ts";
import { History } from "./history.ts";
import type { Pipeline } from "./pipeline.ts";

/** What is between the sources and the store. */
export interface FollowAllDeps {
  api: ApiServer;
  pipeline: Pipeline;
  store: Store;
  health: Health;
  /** Messages that are pending for the quickest endpoint. */
  backlog: () => number;
  clock: Clock;
  random: () => number;
  log: Log;
  /** Ends the sources, and so this. */
  stop: AbortSignal;
}

/** Follows each selection; calls `onSynced` at the end of each list, from when all have been listed. */
export async function followAll(
  options: Options,
  deps: FollowAllDeps,
  onSynced: () => void,
): Promise<void> {
  const { api, pipeline, store, health, clock, random, log, stop, backlog } = deps;
  const history = new History({ api, store, clock, log });
  const standstill = new Standstill(clock, stop);
  const waiting = new Set(selectionsOf(options).map(({ namespace }) => namespace));
  await Promise.all(
    selectionsOf(options).map((selection) => {
      const scope = selection.namespace;
      const newest = (): string | undefined => store.inventory.reached(scope);
      const open = (signal: AbortSignal): Source =>
        options.source === "watch"
          ? watchPods(api, selection, { clock, random, newest, standstill }, signal)
          : pollPods(api, selection, { random, interval: options.interval }, signal);
      return follow(scope, {
        clock,
        log,
        random,
        open,
        history,
        backlog,
        accept: (events) => pipeline.accept(events, scope),
        abandonList: () => pipeline.abandonList(scope),
        missing: () => store.inventory.missing(scope),
        lookUp: isSelective(selection) ? (pod: PodRef) => lookUp(api, pod, stop) : undefined,
        heard: () => health.heard(scope),
        contradicted: (times) => health.contradicted(scope, times),
        synced(): void {
          health.synced(scope);
          waiting.delete(scope);
          if (waiting.size === 0) onSynced();
        },
      }, stop);
    }),
  );
}
