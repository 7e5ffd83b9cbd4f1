import type { ApiServer } from "../cluster/api.ts";
import { ClusterError, type ClusterFault } from "../cluster/error.ts";
import { laterVersion } from "../pod/version.ts";
import type { Clock } from "../runtime/clock.ts";
import { Contact } from "./contact.ts";
import { sync } from "./list.ts";
import { podsPath, type Selection } from "./query.ts";
import type { Source, SourceItem } from "./source.ts";
import { streamEvents } from "./stream.ts";
import { waitAfter } from "./wait.ts";

/** What a source needs of the world. */
export interface SourceDeps {
  clock: Clock;
  /** A number in [0, 1), as `Math.random`. */
  random: () => number;
  /** The newest version that is known, of a read of a single pod too: a server that is behind it is not watched. */
  newest?: () => string | undefined;
  /** When the program last stood still (`Standstill`), on the monotonic clock. */
  standstill?: { readonly endedAt: number };
  /** Called each time that bytes of a watch came, though they may be no whole event yet. */
  onRead?: () => void;
  /** Called each time that a watch has ended, or a list or a watch could not begin. */
  restarts?: (reason: RestartReason) => void;
}

/** Why a source begins once more: the server ended a watch, as it does every few minutes, or a fault. */
export type RestartReason = "ended" | ClusterFault;

/**
 * Faults after which the version is still good, so that the watch goes on where it was. After any other the
 * stream can no longer be trusted, and only a list tells what is there (client-go's rule).
 */
const RESUMABLE: ReadonlySet<ClusterFault> = new Set<ClusterFault>([
  "unreachable",
  "certificate",
  "unauthorized",
  "forbidden",
  "busy",
  "too-large",
]);

/** Faults that show no API server: perhaps all of them are away, and etcd is being restored behind them. */
const SILENT: ReadonlySet<ClusterFault> = new Set<ClusterFault>(["unreachable", "certificate", "idle"]);

/** A list is asked for anew after between one and two times this, at random, in milliseconds. */
const RELIST = 6 * 3_600_000;

/**
 * How long the server is asked to keep a stream open, in seconds, chosen at random between these. Below the 240 s after
 * which some load balancers drop a quiet connection without a word.
 */
const SHORTEST = 180;
const LONGEST = 240;

/** A stream that ended so many milliseconds before that, or later, ended in its time. */
const IN_TIME = 5_000;

/** A stream that lived so long, in milliseconds, was a good one, even if it brought nothing. */
const LIVED = 60_000;

/**
 * A stream that ended sooner than this, in milliseconds, and brought nothing, failed (client-go's rule). One that brought
 * something did its work; but where each ends as soon, the next one waits for so long.
 */
const VERY_SHORT = 1_000;

/**
 * Pods by list and watch: lists, then watches from the list's version on, stream after stream. See `Source` for the
 * contract. Lists again:
 *
 * - when the version is lost (410), or the stream brought what it should not;
 * - when the history may be another one by now, because no API server was heard of for a while (`contact.ts`);
 * - every 6 to 12 hours, for whatever else a watch may have missed.
 */
export async function* watchPods(
  api: ApiServer,
  selection: Selection,
  { clock, random, newest, standstill, onRead, restarts = () => {} }: SourceDeps,
  signal: AbortSignal,
): AsyncGenerator<SourceItem[], void, void> {
  /** Where the watch goes on; undefined: list first. */
  let version: string | undefined;
  const contact = new Contact({ clock, standstill });
  /** When a list is due. */
  let relistAt = Infinity;
  /** Failures since a stream last did well. */
  let failures = 0;
  /** Whether the server may be at an older version than ours; see `probe`. */
  let suspicious = false;
  let behind = 0;
  /** Whether the last stream ended as soon as it had begun. */
  let wasShort = false;
  /** The same, or only a list mends what it failed of, and it brought nothing: that the next one begins says nothing then. */
  let stillborn = false;

  while (!signal.aborted) {
    const { isDoubtful } = contact;
    if (contact.wasLost || isDoubtful || clock.monotonic() >= relistAt) version = undefined;
    const start = clock.monotonic();
    const seconds = Math.floor(SHORTEST + random() * (LONGEST - SHORTEST));
    /** When the stream began; undefined: it has not. */
    let openedAt: number | undefined;
    let lively = false;
    try {
      if (version === undefined) {
        version = yield* sync(api, selection, signal);
        contact.listed(start, isDoubtful);
        relistAt = clock.monotonic() + RELIST * (1 + random());
        suspicious = false;
        behind = 0;
      }
      if (suspicious) await probe(api, selection, laterVersion(newest?.(), version) ?? version, signal);
      suspicious = true;
      for await (const burst of streamEvents(api, selection, version, { clock, seconds, onRead }, signal)) {
        if (openedAt === undefined && (contact.wasLost || contact.isDoubtful)) break;
        openedAt ??= clock.monotonic();
        contact.made();
        lively ||= burst.items.length > 0 || burst.version !== version;
        // Not once the probe is content: of several servers, another one may answer that.
        if (lively) behind = 0;
        // Without items too: on a quiet cluster nothing else tells that it answers.
        if (lively || !stillborn) yield burst.items;
        contact.resumed();
        // Only now: what was yielded has been taken, so a stream that follows may start behind it.
        version = burst.version;
      }
      behind = 0;
      contact.ended(isEarly(openedAt, seconds, clock));
      suspicious = !lively;
      const lived = age(openedAt, clock);
      const isShort = openedAt !== undefined && lived < VERY_SHORT;
      stillborn = isShort && !lively;
      if (stillborn) throw endedAtOnce();
      if (didWell(lived, lively)) failures = 0;
      restarts("ended");
      if (isShort && wasShort) yield [{ type: "wait", milliseconds: VERY_SHORT }];
      wasShort = isShort;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ClusterError)) throw error;
      if (didWell(age(openedAt, clock), lively && RESUMABLE.has(error.fault))) failures = 0;
      failures++;
      restarts(error.fault);
      const isOpen = openedAt !== undefined;
      if (isOpen && !lively && !RESUMABLE.has(error.fault)) stillborn = true;
      if (isOpen) contact.ended(isEarly(openedAt, seconds, clock));
      if (SILENT.has(error.fault)) contact.failed(isOpen ? clock.monotonic() : start, isOpen);
      else contact.made();
      if (error.fault === "too-large") behind++;
      // Said twice, it is no cache that lags for a moment: a list tells what the cluster holds now.
      if (!RESUMABLE.has(error.fault) || behind >= 2) version = undefined;
      const asleep = clock.monotonic();
      yield [waitAfter(error, failures, random())];
      contact.slept(asleep);
    }
  }
}

/** Why a watch is none. */
export function endedAtOnce(): ClusterError {
  return new ClusterError("unreachable", "The API server ended a watch at once.");
}

/** Whether a stream that ends now had more time left than a clean end leaves. */
function isEarly(openedAt: number | undefined, seconds: number, clock: Clock): boolean {
  return openedAt !== undefined && age(openedAt, clock) < seconds * 1000 - IN_TIME;
}

/** For how long a stream is open; 0: it did not begin. Not since it was asked for: a list before it takes its time. */
function age(openedAt: number | undefined, clock: Clock): number {
  return openedAt === undefined ? 0 : clock.monotonic() - openedAt;
}

/**
 * Whether what failed before a stream counts no more.
 *
 * @param isOfUse whether it brought something, and the next one goes on there: where a list has to follow, a server that
 * ends each stream behind its first event would be asked for one list after another
 */
function didWell(lived: number, isOfUse: boolean): boolean {
  return lived >= (isOfUse ? VERY_SHORT : LIVED);
}

/**
 * Asks whether the server has reached a version. A watch from a version that it has not reached is not refused:
 * it stays silent, bookmarks included, until the counter passes that version. So after etcd was restored from
 * a backup, a client would see nothing, perhaps for days (kubernetes#107457). Only a list that must not be
 * older than a version tells.
 *
 * @throws {ClusterError} `too-large` when the server is behind the version.
 */
async function probe(
  api: ApiServer,
  selection: Selection,
  version: string,
  signal: AbortSignal,
): Promise<void> {
  const parameters = { limit: "1", resourceVersion: version, resourceVersionMatch: "NotOlderThan" };
  await api.get(podsPath(selection, parameters), signal);
}

/** `watchPods` is a `Source`; the compiler checks it here. */
watchPods satisfies (...parameters: never[]) => Source;
