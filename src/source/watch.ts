import type { ApiServer } from "../cluster/api.ts";
import { ClusterError, type ClusterFault } from "../cluster/error.ts";
import { laterVersion } from "../pod/version.ts";
import type { Clock } from "../runtime/clock.ts";
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
}

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

/** After a silence of so many milliseconds, or so many connects in a row that failed, the version is not trusted. */
const SILENCE = 10_000;
const REFUSALS = 2;

/** A list is asked for anew after between one and two times this, at random, in milliseconds. */
const RELIST = 6 * 3_600_000;

/** A stream that lived so long, in milliseconds, was a good one, even if it brought nothing. */
const LIVED = 60_000;

/** A stream that ended sooner than this, in milliseconds, and brought nothing, failed (client-go's rule). */
const VERY_SHORT = 1_000;

/**
 * Pods by list and watch: lists, then watches from the list's version on, stream after stream. See `Source` for the
 * contract. Lists again:
 *
 * - when the version is lost (410), or the stream brought what it should not;
 * - when no API server answered for a while. A watch goes on without an error in a history that is not the one it
 *   began in: etcd restored from a backup *and* written to until it had passed the version. A restore stops every API
 *   server, so whoever has seen none must look at what there is. Nor has a reader who waited that long between two
 *   attempts, or read nothing for so long (single pods, over and over) and finds the stream ended;
 * - every 6 to 12 hours, for whatever else a watch may have missed.
 */
export async function* watchPods(
  api: ApiServer,
  selection: Selection,
  { clock, random, newest }: SourceDeps,
  signal: AbortSignal,
): AsyncGenerator<SourceItem[], void, void> {
  /** Where the watch goes on; undefined: list first. */
  let version: string | undefined;
  const contact = new Contact(clock);
  /** When a list is due. */
  let relistAt = Infinity;
  /** Failures since a stream last did well. */
  let failures = 0;
  /** Whether the server may be at an older version than ours; see `probe`. */
  let suspicious = false;
  let behind = 0;
  /** Whether the last stream ended as soon as it had begun: that the next one begins says nothing then. */
  let stillborn = false;

  while (!signal.aborted) {
    if (contact.wasLost || clock.monotonic() >= relistAt) version = undefined;
    const start = clock.monotonic();
    let isOpen = false;
    let lively = false;
    try {
      if (version === undefined) {
        version = yield* sync(api, selection, signal);
        contact.made();
        relistAt = clock.monotonic() + RELIST * (1 + random());
        suspicious = false;
      }
      if (suspicious) await probe(api, selection, laterVersion(newest?.(), version) ?? version, signal);
      suspicious = true;
      behind = 0;
      for await (const burst of streamEvents(api, selection, version, { clock, random: random() }, signal)) {
        if (!isOpen && contact.wasLost) break;
        isOpen = true;
        contact.made();
        if (burst.items.length > 0) failures = 0;
        lively ||= burst.items.length > 0 || burst.version !== version;
        // Without items too: on a quiet cluster nothing else tells that it answers.
        if (lively || !stillborn) yield burst.items;
        contact.resumed();
        // Only now: what was yielded has been taken, so a stream that follows may start behind it.
        version = burst.version;
      }
      contact.ended();
      suspicious = !lively;
      stillborn = isOpen && !lively && clock.monotonic() - start < VERY_SHORT;
      if (!stillborn) continue;
      throw new ClusterError("unreachable", "The API server ended a watch at once.");
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ClusterError)) throw error;
      if (clock.monotonic() - start >= LIVED) failures = 0;
      failures++;
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

/** Whether API servers answered all the time. */
class Contact {
  readonly #clock: Clock;
  #silentSince: number | undefined;
  #refusals = 0;
  #heardAt = 0;
  /** When the reader went on after it had read nothing for long, and since when it had not. */
  #looksAgain: { at: number; heardAt: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether none answered for so long that the cluster may be another one by now. Until `made` is called. */
  get wasLost(): boolean {
    const silence = this.#clock.monotonic() - (this.#silentSince ?? Infinity);
    return this.#refusals >= REFUSALS || silence >= SILENCE;
  }

  /** One answered. */
  made(): void {
    this.#silentSince = undefined;
    this.#refusals = 0;
    this.#heardAt = this.#clock.monotonic();
    // What comes soon may have lain in a buffer.
    if (this.#heardAt - (this.#looksAgain?.at ?? -Infinity) >= SILENCE) this.#looksAgain = undefined;
  }

  /** The stream is read on. */
  resumed(): void {
    const now = this.#clock.monotonic();
    if (now - this.#heardAt >= SILENCE) this.#looksAgain = { at: now, heardAt: this.#heardAt };
  }

  /** The stream ended, however that was: where it was not read for long, nobody knows since when. */
  ended(): void {
    if (this.#looksAgain !== undefined) this.#silentSince ??= this.#looksAgain.heardAt;
    this.#looksAgain = undefined;
  }

  /** Nobody was asked since then: for long, that is no better than no answer. */
  slept(since: number): void {
    if (this.#clock.monotonic() - since >= SILENCE) this.#silentSince ??= since;
  }

  /** @param since when none answered any more; whether the connection had been made before it failed */
  failed(since: number, wasOpen: boolean): void {
    this.ended();
    this.#silentSince ??= since;
    if (!wasOpen) this.#refusals++;
  }
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
