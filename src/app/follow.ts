import type { Steps } from "../admin/liveness.ts";
import type { Suspicion } from "../change/contradiction.ts";
import type { PodEvent } from "../pod/event.ts";
import type { PodObject } from "../pod/object.ts";
import type { PodRef, Scope } from "../pod/pod.ts";
import { type Backoff, backoffDelay } from "../runtime/backoff.ts";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Source, SourceItem, Wait } from "../source/source.ts";
import { Departures } from "./departures.ts";
import type { History } from "./history.ts";
import type { Outages } from "./outages.ts";
import type { Relist } from "./relist.ts";
import { Trouble } from "./trouble.ts";
import { Unreadables } from "./unreadable.ts";

/*
 * Reads the source of one scope for as long as the program runs: hands each batch on, sleeps when the source says so,
 * and begins the source anew when a list contradicted what is known, when a new epoch began, and when the configuration
 * asks for a list.
 *
 * With a selector, "deleted" and "missing" may also mean that a pod stopped matching: such pods take another way
 * (`departures.ts`), beside this one.
 */

/** What the reader of a source needs. */
export interface FollowDeps {
  clock: Clock;
  random: () => number;
  log: Log;
  /** Opens the source; it ends when the signal aborts. */
  open: (signal: AbortSignal) => Source;
  /** Stores a batch; synchronous. Returns where it contradicted what is known. */
  accept: (events: PodEvent[], scope: Scope) => Suspicion | undefined;
  /** Nothing follows from the list that runs. */
  abandonList: (scope: Scope) => void;
  /** Whether a second read confirms that history was rewritten, the beginning of an epoch, and its end. */
  history: Pick<History, "epoch" | "confirms" | "begin">;
  /** Aborts when the scope is to be listed anew for a reason of the program's own. */
  relist: Pick<Relist, "signal">;
  /** Known pods that the running list of the scope did not hold. */
  missing: (scope: Scope) => PodRef[];
  /** Reads a pod as it is now, undefined when it is gone; given where a selector is used. */
  lookUp?: ((pod: PodRef, signal: AbortSignal) => Promise<PodObject | undefined>) | undefined;
  /** Messages that are pending for the quickest endpoint that takes what it is sent. */
  backlog?: () => number;
  /** Awaited after each batch: whoever takes what came of it may be slower than the API server. */
  taken?: () => Promise<void>;
  /** Says what befalls the API server, for all scopes. */
  outages: Outages;
  /** Called with why nothing is seen of the scope, and with undefined when something is again. */
  troubled?: (trouble: { why: string; lasts: boolean } | undefined) => void;
  /** Called when a complete list has been stored. */
  synced?: () => void;
  /** Called with each batch that is no part of a list: the watch is open, or a poll waits for its next list. */
  followed?: () => void;
  /** Called each time that the API server answered. */
  heard?: () => void;
  /** Notes each thing that is begun, heard or waited for: a loop that notes nothing stands still. */
  steps?: Steps;
  /** Called with the number of lists in a row that contradicted what is known, 0 when one did not. */
  contradicted?: (times: number) => void;
}

/** Between two lists of which the first is behind what was seen, in milliseconds: at least, and at most so much more. */
const SECOND_LIST = 1_000;
const SECOND_LIST_SPREAD = 2_000;

/**
 * A list waits while more messages than this are pending for the quickest endpoint: what was recorded last is sent from
 * memory, and later it would have to be read from the disk. And what waits for longer than the young generation lasts is
 * copied twice and collected with the old one, which costs several times as much. It looks each few milliseconds, and waits for so long at
 * the most after each batch, and in all: what is known of the cluster must not hang on how quick a receiver is.
 */
const BACKLOG = 128;
const BACKLOG_LOOK = 4;
const BACKLOG_WAIT = 40;
const BACKLOG_WAITS = 5_000;

/** How long a list that contradicts what is known, and that no second read confirms, is not made again. */
const CONTRADICTED: Backoff = { base: 2_000, cap: 60_000 };

/** Follows a scope until the signal aborts. @throws {ClusterError} `invalid` where it could never be listed. */
export async function follow(scope: Scope, deps: FollowDeps, signal: AbortSignal): Promise<void> {
  const trouble = new Trouble(scope, deps);
  const unreadables = new Unreadables(deps.log);
  /** Lists in a row that contradicted what is known. */
  let contradictions = 0;
  let wasBehind = false;
  while (!signal.aborted) {
    const turn = AbortSignal.any([signal, deps.history.epoch, deps.relist.signal]);
    const synced = (): void => {
      trouble.listed();
      contradictions = 0;
      wasBehind = false;
      deps.contradicted?.(0);
      deps.synced?.();
    };
    const suspicion = await readSource(scope, { ...deps, synced, unreadables }, trouble, turn);
    deps.abandonList(scope);
    if (suspicion === undefined) continue;
    deps.log.debug("A list contradicts what is known.", { kind: suspicion.kind });
    const isConfirmed = await deps.history.confirms(suspicion, wasBehind, turn);
    if (isConfirmed && deps.history.begin()) continue;
    deps.contradicted?.(++contradictions);
    const isFirstBehind = suspicion.kind === "list-behind" && !wasBehind;
    wasBehind = suspicion.kind === "list-behind";
    const wait = isFirstBehind
      ? SECOND_LIST + deps.random() * SECOND_LIST_SPREAD
      : backoffDelay(CONTRADICTED, contradictions, deps.random());
    deps.steps?.waits(wait);
    await sleep(deps.clock, wait, turn);
  }
  deps.steps?.end();
}

/** What one turn needs besides. */
interface ReadDeps extends FollowDeps {
  unreadables: Unreadables;
}

/** Reads a source to its end, or to the batch that contradicts what is known. Its look-ups end with it. */
async function readSource(
  scope: Scope,
  deps: ReadDeps,
  trouble: Trouble,
  signal: AbortSignal,
): Promise<Suspicion | undefined> {
  const end = new AbortController();
  const either = AbortSignal.any([signal, end.signal]);
  let fault: { error: unknown } | undefined;
  let doubt: Suspicion | undefined;
  const departures = deps.lookUp && new Departures({
    ...deps,
    lookUp: deps.lookUp,
    settle(event): void {
      doubt ??= deps.accept([event], scope);
      if (doubt !== undefined) end.abort();
    },
    fail(error): void {
      fault ??= { error };
      end.abort();
    },
  }, either);
  try {
    const suspicion = await readBatches(deps.open(either), scope, deps, departures, trouble, either);
    if (fault !== undefined) throw (fault as { error: unknown }).error;
    return suspicion ?? doubt;
  } finally {
    end.abort();
    await departures?.ended();
  }
}

async function readBatches(
  source: Source,
  scope: Scope,
  deps: ReadDeps,
  departures: Departures | undefined,
  trouble: Trouble,
  signal: AbortSignal,
): Promise<Suspicion | undefined> {
  const pace = new Pace(deps.clock, deps.backlog);
  let isListing = false;
  /** Whether a list was complete and nothing has come behind it yet. */
  let isJustListed = false;
  for await (const items of source) {
    if (signal.aborted) return undefined;
    deps.steps?.step();
    const events = items.filter((item): item is PodEvent => item.type !== "wait");
    const wait = items.find((item): item is Wait & SourceItem => item.type === "wait");
    if (wait?.error === undefined) {
      deps.heard?.();
      isListing ||= events.some((event) => event.type === "sync-start");
      trouble.over(isListing);
      if (!isListing) deps.followed?.();
      isJustListed = events.some((event) => event.type === "sync-end");
      if (isJustListed) isListing = false;
    }
    deps.unreadables.take(events);
    if (events.length > 0) {
      const suspicion = deps.accept(departures?.sift(events, () => deps.missing(scope)) ?? events, scope);
      if (suspicion !== undefined) return suspicion;
      if (events.some((event) => event.type === "sync-end")) deps.synced?.();
      await pace.afterBatch(events, signal);
      await deps.taken?.();
    }
    if (wait?.error !== undefined) trouble.say(wait.error, isJustListed);
    if (wait === undefined) continue;
    deps.steps?.waits(wait.milliseconds);
    await sleep(deps.clock, wait.milliseconds, signal);
  }
  return undefined;
}

/** When the next batch is asked for: a list waits a little for those who send what it brought (see `BACKLOG`). */
class Pace {
  readonly #clock: Clock;
  readonly #backlog: () => number;
  /** A source begins with a list. */
  #isListing = true;
  /** Milliseconds that the list has waited. */
  #waited = 0;

  constructor(clock: Clock, backlog: () => number = () => 0) {
    this.#clock = clock;
    this.#backlog = backlog;
  }

  async afterBatch(events: readonly PodEvent[], signal: AbortSignal): Promise<void> {
    for (const { type } of events) {
      if (type === "sync-start") [this.#isListing, this.#waited] = [true, 0];
      else if (type === "sync-end") this.#isListing = false;
    }
    if (this.#isListing) await this.#letOthersCatchUp(signal);
  }

  async #letOthersCatchUp(signal: AbortSignal): Promise<void> {
    const began = this.#clock.monotonic();
    let waited = 0;
    while (this.#backlog() > BACKLOG && waited < BACKLOG_WAIT && this.#waited + waited < BACKLOG_WAITS) {
      await sleep(this.#clock, BACKLOG_LOOK, signal);
      if (signal.aborted) return;
      waited = this.#clock.monotonic() - began;
    }
    this.#waited += waited;
  }
}
