import type { Health } from "../admin/health.ts";
import type { Liveness, Steps } from "../admin/liveness.ts";
import type { Options } from "../cli/options.ts";
import type { ApiServer } from "../cluster/api.ts";
import type { Scope } from "../pod/pod.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Standstill } from "../runtime/standstill.ts";
import { counted, duration } from "../runtime/wording.ts";
import { lookUp } from "../source/lookup.ts";
import { pollPods } from "../source/poll.ts";
import { isSelective, type Selection, selectionsOf } from "../source/query.ts";
import { watchPods } from "../source/watch.ts";
import type { Store } from "../store/store.ts";
import { sayNothingFound } from "./first_list.ts";
import type { Figures } from "./figures.ts";
import { follow } from "./follow.ts";
import { History } from "./history.ts";
import { ListProgress } from "./list_progress.ts";
import type { Pipeline } from "./pipeline.ts";
import { Outages } from "./outages.ts";
import type { Relist } from "./relist.ts";
import { sayMissingRight } from "./rights.ts";

/** What is between the sources and the store. */
export interface FollowAllDeps {
  api: ApiServer;
  pipeline: Pipeline;
  store: Store;
  health: Health;
  liveness: Pick<Liveness, "follow">;
  standstill: Standstill;
  figures: Figures;
  /** Aborts when every scope is to be listed anew. */
  relist: Pick<Relist, "signal">;
  /** See `Ways`. */
  watchPods?: typeof watchPods | undefined;
  /** Messages that are pending for the quickest endpoint. */
  backlog: () => number;
  /** See `FollowDeps`. */
  taken?: () => Promise<void>;
  clock: Clock;
  random: () => number;
  log: Log;
  /** Shows how far the first lists are; absent where nobody looks on. */
  show?: (line: string | undefined) => void;
  /** Ends the sources, and so this. */
  stop: AbortSignal;
}

/** Follows each selection; calls `onSynced` at the end of each list, from when all have been listed. */
export async function followAll(
  options: Options,
  deps: FollowAllDeps,
  onSynced: () => void,
): Promise<void> {
  const { store, clock, log } = deps;
  const selections = selectionsOf(options);
  const progress = deps.show && new ListProgress(deps.show, clock);
  const shared = {
    ...deps,
    options,
    progress,
    history: new History(deps),
    outages: new Outages(deps, selections.length),
  };
  const unlisted = new Set(selections);
  const unfollowed = new Set(selections);
  const began = clock.monotonic();
  let took = 0;
  await Promise.all(selections.map((selection) =>
    followOne(selection, shared, {
      listed(): void {
        if (unlisted.delete(selection)) took = clock.monotonic() - began;
        if (unlisted.size > 0) return;
        progress?.end();
        onSynced();
      },
      followed(): void {
        if (!unfollowed.delete(selection) || unfollowed.size > 0) return;
        log.info(lifeSign(store.inventory.count(), took, options));
      },
    })
  )).finally(() => {
    progress?.end();
    shared.outages.close();
  });
}

/** What one selection is followed by, beside what the whole is. */
interface FollowOneDeps extends FollowAllDeps {
  options: Options;
  history: History;
  outages: Outages;
  progress: ListProgress | undefined;
}

/** @param on called when a list is complete, and with each batch that is no part of one */
async function followOne(
  selection: Selection,
  deps: FollowOneDeps,
  on: { listed: () => void; followed: () => void },
): Promise<void> {
  const { options, pipeline, store, health, liveness, figures, random, stop } = deps;
  const { namespace: scope } = selection;
  const steps = liveness.follow(scope);
  const api = stepwise(deps.api, steps);
  const newest = (): string | undefined => store.inventory.reached(scope);
  /** Whether the first list was empty; where there is none, it was not. */
  const isEmpty = Promise.withResolvers<boolean>();
  const following = follow(scope, {
    ...deps,
    open: (signal) =>
      options.source === "watch"
        ? (deps.watchPods ?? watchPods)(api, selection, {
          ...deps,
          newest,
          onRead: () => steps.step(),
          restarts: (why) => void figures.restarts[why]++,
        }, signal)
        : pollPods(api, selection, { random, interval: options.interval }, signal),
    steps,
    accept: (events) => {
      deps.progress?.batch(scope, events);
      return pipeline.accept(events, scope, (suspicion) => deps.history.isRefuted(suspicion));
    },
    abandonList: () => pipeline.abandonList(scope),
    missing: () => store.inventory.missing(scope),
    lookUp: isSelective(selection) ? (pod, signal) => lookUp(api, pod, signal) : undefined,
    heard: () => health.heard(scope),
    troubled: (trouble) => health.troubled(scope, trouble),
    contradicted: (times) => health.contradicted(scope, times),
    synced(): void {
      health.synced(scope);
      figures.lists++;
      isEmpty.resolve(podsIn(store, scope) === 0);
      on.listed();
    },
    followed: on.followed,
  }, stop);
  await Promise.all([
    following.finally(() => isEmpty.resolve(false)),
    isEmpty.promise.then((isEmpty) => isEmpty ? sayNothingFound(selection, deps, stop) : undefined),
    // Who may not even list hears of that.
    isEmpty.promise.then(() => sayMissingRight(selection, deps, stop)),
  ]);
}

/** An API server each of whose requests is a step, and its answer another one. */
function stepwise(api: ApiServer, steps: Steps): ApiServer {
  const step = <T>(asked: Promise<T>): Promise<T> => {
    steps.step();
    return asked.finally(() => steps.step());
  };
  return {
    origin: api.origin,
    identity: () => api.identity(),
    get: (path, signal) => step(api.get(path, signal)),
    post: (path, body, signal) => step(api.post(path, body, signal)),
    open: (path, signal) => step(api.open(path, signal)),
    stream: (path, signal) => step(api.stream(path, signal)),
    close: () => api.close(),
  };
}

function podsIn({ inventory }: Store, scope: Scope): number {
  if (scope === undefined) return inventory.count();
  return [...inventory.pods()].filter(({ namespace }) => namespace === scope).length;
}

function lifeSign(pods: number, took: number, { source, interval }: Options): string {
  const then = source === "watch" ? ", watching" : `, and again in ${duration(interval)}`;
  return `Listed ${counted(pods, "pod")} in ${duration(took)}${then}.`;
}
