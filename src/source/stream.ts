import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import { statusError } from "../cluster/status.ts";
import { parseExact } from "../pod/json.ts";
import type { Pod } from "../pod/pod.ts";
import type { Clock } from "../runtime/clock.ts";
import { PieceReader } from "../runtime/piece_reader.ts";
import { isPod } from "./list.ts";
import { LineReader, LineTooLongError } from "./lines.ts";
import { podsPath, type Selection } from "./query.ts";
import type { SourceItem } from "./source.ts";

/**
 * How long the server keeps a watch open, in seconds, chosen at random between these. Below the 240 s after
 * which some load balancers drop a quiet connection without a word.
 */
const SHORTEST = 180;
const LONGEST = 240;

/**
 * How long beyond that the stream may stay silent, in milliseconds. The server ends each stream with a bookmark
 * and an EOF; when even these do not come, the connection is dead, and without TCP keepalive (which `fetch`
 * does not offer) nothing else would tell. No shorter: an idle server was seen to send its first bookmark
 * after 120 s.
 */
const MARGIN = 15_000;

/** Bytes that are read at the most at a time. */
const READ = 64 * 1024;

/** What one read of the stream brought: the events, and the version at which a next watch goes on after them. */
export interface Burst {
  items: SourceItem[];
  version: string;
}

/**
 * One watch, from a version on, until the server ends it (which it does at any moment, and rightly so).
 * Bookmarks give a burst without items: only the version moves. So does the beginning, at the same version.
 *
 * @param random a number in [0, 1), for the stream's length.
 * @throws {ClusterError} when the stream could not be started, broke off, fell silent, or told of an error.
 */
export async function* streamEvents(
  api: ApiServer,
  selection: Selection,
  version: string,
  { clock, random }: { clock: Clock; random: number },
  signal: AbortSignal,
): AsyncGenerator<Burst, void, void> {
  const seconds = Math.floor(SHORTEST + random * (LONGEST - SHORTEST));
  const path = podsPath(selection, {
    watch: "1",
    resourceVersion: version,
    allowWatchBookmarks: "true",
    timeoutSeconds: String(seconds),
  });
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  using reader = new PieceReader(await api.stream(path, either), either);
  const lines = new LineReader();
  try {
    yield { items: [], version };
    for await (const bytes of readWithDeadline(reader, seconds * 1000 + MARGIN, clock, stop)) {
      const burst = readBurst(lines.push(bytes), version);
      if (burst.version !== version || burst.items.length > 0) yield burst;
      version = burst.version;
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw streamError(cause);
  } finally {
    stop.abort();
  }
  if (lines.unfinished) throw new ClusterError("unreachable", "The watch ended in the middle of an event.");
}

/**
 * The stream's bytes, each piece good until the next one is asked for. When none come for `idle` milliseconds, it
 * is aborted with an `idle` error.
 */
async function* readWithDeadline(
  reader: PieceReader,
  idle: number,
  clock: Clock,
  stop: AbortController,
): AsyncGenerator<Uint8Array, void, void> {
  let buffer = new ArrayBuffer(READ);
  const silent = new ClusterError(
    "idle",
    `Nothing came on the watch for ${idle / 1000} s: the connection is dead.`,
  );
  for (;;) {
    const cancel = clock.after(idle, () => stop.abort(silent));
    try {
      const { bytes, done } = await reader.read(buffer);
      if (done) return;
      cancel();
      yield bytes;
      buffer = bytes.buffer;
    } finally {
      cancel();
    }
  }
}

function streamError(cause: unknown): ClusterError {
  if (cause instanceof ClusterError) return cause;
  if (cause instanceof LineTooLongError) return new ClusterError("protocol", `${cause.message}.`, { cause });
  return new ClusterError("unreachable", "The connection to the API server broke off during a watch.", {
    cause,
  });
}

function readBurst(lines: string[], version: string): Burst {
  const items: SourceItem[] = [];
  for (const line of lines) {
    const event = readEvent(line);
    if (event.type !== "BOOKMARK") {
      items.push({ type: event.type === "DELETED" ? "deleted" : "applied", pod: event.object });
    }
    version = event.object.metadata.resourceVersion;
  }
  return { items, version };
}

interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  /** Of a bookmark, only the version is of use: the rest is an empty pod. */
  object: Pod;
}

/**
 * One line of the stream. Whatever is not an event about a pod ends the stream, and the version must not move
 * past it: what it would have told is then found by a list.
 */
function readEvent(line: string): WatchEvent {
  let parsed: { type?: unknown; kind?: unknown; object?: unknown };
  try {
    parsed = (parseExact(line) ?? {}) as typeof parsed;
  } catch (cause) {
    throw new ClusterError("protocol", "The watch brought a line that is not JSON.", { cause });
  }
  const { type, kind, object } = parsed;
  // Proxies answer with a bare Status where an event should stand.
  if (type === undefined && kind === "Status") throw statusError(parsed);
  if (type === "ERROR") throw statusError(object);
  if (type === "BOOKMARK" && hasVersion(object)) return { type, object };
  if ((type === "ADDED" || type === "MODIFIED" || type === "DELETED") && isPod(object)) {
    return { type, object };
  }
  throw new ClusterError("protocol", "The watch brought something that is not an event about a pod.");
}

function hasVersion(object: unknown): object is Pod {
  return typeof (object as Partial<Pod> | undefined)?.metadata?.resourceVersion === "string";
}
