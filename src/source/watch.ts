import type { ApiServer } from "../cluster/api.ts";
import { ClusterError, type ClusterFault } from "../cluster/error.ts";
import { laterVersion } from "../pod/version.ts";
import type { Clock } from "../runtime/clock.ts";
import { podsPath, type Selection } from "./query.ts";
import type { Source, SourceItem } from "./source.ts";
import { streamEvents } from "./stream.ts";
import { type Reached, sync } from "./sync.ts";
import { waitAfter } from "./wait.ts";

/** What a source needs of the world. */
export interface SourceDeps {
  clock: Clock;
  /** A number in [0, 1), as `Math.random`. */
  random: () => number;
  /**
   * The newest version that is known, from before the start or by a read of a single pod: a list below it tells that
   * the cluster went back. Asked for before each list and each watch.
   */
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
  "idle",
  "too-large",
]);

/** A stream that lived so long, in milliseconds, was a good one, even if it brought nothing. */
const LIVED = 60_000;

/** A stream that ended sooner than this, in milliseconds, and brought nothing, failed (client-go's rule). */
const VERY_SHORT = 1_000;

/**
 * Pods by list and watch: lists once, then watches from the list's version on, stream after stream, and lists
 * again only when the version is lost. See `Source` for the contract.
 */
export async function* watchPods(
  api: ApiServer,
  selection: Selection,
  { clock, random, newest }: SourceDeps,
  signal: AbortSignal,
): AsyncGenerator<SourceItem[], void, void> {
  /** Where the watch goes on; undefined: list first. */
  let version: string | undefined;
  /** The newest version ever seen. */
  const reached: Reached = { version: undefined };
  /** Failures since a stream last did well. */
  let failures = 0;
  /** Whether the server may be at an older version than ours; see `probe`. */
  let suspicious = false;
  let behind = 0;
  /** Whether the last stream ended as soon as it had begun: that the next one begins says nothing then. */
  let stillborn = false;

  while (!signal.aborted) {
    reached.version = laterVersion(reached.version, newest?.());
    const start = clock.monotonic();
    let lively = false;
    try {
      if (version === undefined) {
        version = yield* sync(api, selection, reached, signal);
        suspicious = false;
      }
      if (suspicious) await probe(api, selection, reached.version ?? version, signal);
      suspicious = true;
      behind = 0;
      for await (const burst of streamEvents(api, selection, version, { clock, random: random() }, signal)) {
        if (burst.items.length > 0) failures = 0;
        lively ||= burst.items.length > 0 || burst.version !== version;
        // Without items too: on a quiet cluster nothing else tells that it answers.
        if (lively || !stillborn) yield burst.items;
        // Only now: what was yielded has been taken, so a stream that follows may start behind it.
        version = reached.version = burst.version;
      }
      suspicious = !lively;
      stillborn = !lively && clock.monotonic() - start < VERY_SHORT;
      if (!stillborn) continue;
      throw new ClusterError("unreachable", "The API server ended a watch at once.");
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ClusterError)) throw error;
      if (clock.monotonic() - start >= LIVED) failures = 0;
      failures++;
      if (error.fault === "too-large") behind++;
      // Said twice, it is no cache that lags for a moment: a list tells what the cluster holds now.
      if (!RESUMABLE.has(error.fault) || behind >= 2) version = undefined;
      yield [waitAfter(error, failures, random())];
    }
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
