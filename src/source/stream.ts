/**
 * One watch, from a version on, until the server ends it (which it does at any moment, and rightly so).
 *
 * Bytes become lines (`LineReader`), lines become events, and what has come is one burst (`read_ahead.ts`). Whatever is
 * not an event ends the stream, and the version does not move past it: what it would have reported is found by a list.
 * What came before it in the same burst is handed on first, since the version moves with that. An event about an object
 * that lacks what every pod has is passed over (`pod/unreadable.ts`); of one of another kind, the whole watch may be.
 */
import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import { statusError } from "../cluster/status.ts";
import { exactPod, findEvent, type Found, takePods } from "../pod/cut.ts";
import { parseExact } from "../pod/json.ts";
import { decode, endOfValue, skipSpace } from "../pod/json_bytes.ts";
import type { Bookmark } from "../pod/event.ts";
import type { PodObject } from "../pod/object.ts";
import { NotAPodError } from "../pod/unreadable.ts";
import { compareVersions } from "../pod/version.ts";
import type { Clock } from "../runtime/clock.ts";
import { PieceReader } from "../runtime/piece_reader.ts";
import { podsPath, type Selection } from "./query.ts";
import { readAhead } from "./read_ahead.ts";
import type { SourceItem } from "./source.ts";

/**
 * How long beyond its time the stream may stay silent, in milliseconds. The server ends each stream with a bookmark
 * and an EOF; when even these do not come, the connection is dead, and without TCP keepalive (which `fetch`
 * does not offer) nothing else would tell. No shorter: an idle server was seen to send its first bookmark
 * after 120 s.
 */
const MARGIN = 15_000;

/** A line holds one pod, and etcd stores at most about 1.5 MiB: anything near this is a fault. */
const LONGEST_LINE = 32 * 1024 * 1024;

const NEWLINE = 0x0a;
const LINE_END = new Uint8Array([NEWLINE]);
const CARRIAGE_RETURN = 0x0d;

/** What came of the stream since the last one: the events, and the version at which a next watch goes on after them. */
export interface Burst {
  items: SourceItem[];
  version: string;
}

/**
 * Watches. The beginning is a burst without items, at the version that was asked for.
 *
 * @param seconds for which the server is asked to keep it open; `onRead` is called each time that bytes came
 * @throws {ClusterError} when the stream could not be started, broke off, fell silent, or reported an error.
 */
export async function* streamEvents(
  api: ApiServer,
  selection: Selection,
  version: string,
  { clock, seconds, onRead = () => {} }: { clock: Clock; seconds: number; onRead?: (() => void) | undefined },
  signal: AbortSignal,
): AsyncGenerator<Burst, void, void> {
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
  const idle = seconds * 1000 + MARGIN;
  const onIdle = (): void => {
    const what =
      "Nothing came on a watch for longer than it was to last: the connection is dead, or something on " +
      "the way holds back what comes, as a proxy that buffers does.";
    stop.abort(new ClusterError("idle", what));
  };
  try {
    yield { items: [], version };
    for await (const bytes of readAhead(reader, { clock, idle, onIdle, onRead })) {
      const { error, ...burst } = readBurst(lines.push(bytes), version);
      if (burst.version !== version || burst.items.length > 0) yield burst;
      if (error !== undefined) throw error;
      version = burst.version;
    }
    if (!lines.unfinished) return;
    // Clients of Go read values, so what comes last may have no line end.
    const { error, ...burst } = readBurst(lines.push(LINE_END), version);
    if (burst.version !== version || burst.items.length > 0) yield burst;
    if (error instanceof ClusterError) throw error;
    if (error !== undefined) {
      throw new ClusterError("unreachable", "The watch ended in the middle of an event.", { cause: error });
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw streamError(cause);
  } finally {
    stop.abort();
  }
}

function streamError(cause: unknown): ClusterError {
  if (cause instanceof ClusterError) return cause;
  if (cause instanceof SyntaxError) return notAnEvent(cause);
  if (cause instanceof LineTooLongError) return new ClusterError("protocol", `${cause.message}.`, { cause });
  return new ClusterError("unreachable", "The connection to the API server broke off during a watch.", {
    cause,
  });
}

/** What lines say, up to the first one that is no event, and why that one ends the stream. */
function readBurst(lines: Uint8Array[], version: string): Burst & { error?: unknown } {
  let burst: Burst = { items: [], version };
  try {
    return readLines(lines, burst);
  } catch {
    // Which of them it was shows when they are read one by one.
  }
  for (const event of lines.flatMap(valuesIn)) {
    try {
      burst = readLines([event], burst);
    } catch (error) {
      const isOfPods = error instanceof NotAPodError && error.object.kind === undefined;
      if (!isOfPods) return { ...burst, error };
      burst = { ...burst, items: [...burst.items, { type: "unreadable", odd: error.object }] };
    }
  }
  return burst;
}

/** The JSON values of a line: one each, but clients of Go take several, so something may have joined lines on the way. */
function valuesIn(line: Uint8Array): Uint8Array[] {
  const values: Uint8Array[] = [];
  const end = line.length;
  for (let at = skipSpace(line, 0, end); at < end;) {
    const to = endOfValue(line, at, end);
    // What is not cut is parsed as it is, and found to be no event.
    if (to <= at) return [...values, line.subarray(at)];
    values.push(line.subarray(at, to));
    at = skipSpace(line, to, end);
  }
  return values;
}

/** All at once: their bodies then share one buffer. @throws {ClusterError} where one of them is no event of a pod. */
function readLines(lines: Uint8Array[], { items, version }: Burst): Burst {
  const events = lines.map(readEvent);
  const pods = takePods(events.flatMap((event) => event.type === "bookmark" ? [] : event.found ?? []))
    .values();
  const more = events.flatMap((event): SourceItem[] => {
    if (event.type === "bookmark") {
      const { resourceVersion } = event;
      if (resourceVersion === NOWHERE) return [];
      // A watch that went on from an older one would be sent anew what it knows, or be too late for it.
      if (compareVersions(resourceVersion, version) > 0) version = resourceVersion;
      return [event];
    }
    const object = event.found === undefined ? event.object : pods.next().value;
    if (object === undefined) return [];
    version = object.pod.metadata.resourceVersion;
    return [{ type: event.type, object }];
  });
  return { items: [...items, ...more], version };
}

/** One line: a pod that is still to be taken, one that was, or a bookmark. */
type Line = { type: "applied" | "deleted"; found?: Found; object?: PodObject } | Bookmark;

function readEvent(line: Uint8Array): Line {
  const event = findEvent(line);
  if (event !== undefined) {
    return { type: event.type === "DELETED" ? "deleted" : "applied", found: event.object };
  }
  const parsed = parseLine(line);
  const { type, kind, object } = parsed;
  // Proxies answer with a bare Status where an event should stand.
  if (type === undefined && kind === "Status") throw statusError(parsed);
  if (type === "ERROR") throw statusError(object);
  if (type === "BOOKMARK") return { type: "bookmark", resourceVersion: versionOf(object) };
  if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED") throw notAnEvent();
  return { type: type === "DELETED" ? "deleted" : "applied", object: exactPod(object) };
}

interface WatchEvent {
  type?: unknown;
  kind?: unknown;
  object?: unknown;
}

function parseLine(line: Uint8Array): WatchEvent {
  return (parseExact(decode(line)) ?? {}) as WatchEvent;
}

/** Of a bookmark, only the version is of use: the rest is an empty pod. */
function versionOf(object: unknown): string {
  const version = (object as { metadata?: { resourceVersion?: unknown } } | null)?.metadata?.resourceVersion;
  return typeof version === "string" && version !== "" ? version : NOWHERE;
}

/**
 * The version of a bookmark that says nothing (kine was seen to send it, k3s#13305). A watch from it begins with whatever
 * there is, and what was deleted in between is in none of it.
 */
const NOWHERE = "0";

function notAnEvent(cause?: unknown): ClusterError {
  return new ClusterError("protocol", "The watch brought something that is not an event about a pod.", {
    cause,
  });
}

/** Thrown when a line does not end within the limit. */
export class LineTooLongError extends Error {
  override readonly name = "LineTooLongError";
}

/**
 * Cuts a stream of bytes into lines, wherever the network cut the stream. A line ends with LF or CRLF and
 * nothing else: U+2028 and U+2029 are plain characters of a JSON string. Empty lines are left out. Bytes
 * after the last line end stay until they are completed: `unfinished` tells whether there are any.
 */
export class LineReader {
  #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(readonly longest: number = LONGEST_LINE) {}

  get unfinished(): boolean {
    return this.#length > 0;
  }

  /**
   * Takes the next bytes and returns the lines that they complete, good for as long as these bytes are.
   *
   * @throws {LineTooLongError} when a line has reached `longest` bytes; the reader is of no use then.
   */
  push(bytes: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      this.#keep(bytes.subarray(start, end));
      const line = this.#take();
      if (line.length > 0) lines.push(line);
      start = end + 1;
    }
    // A copy: the bytes are written anew.
    this.#keep(bytes.slice(start));
    return lines;
  }

  #keep(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#length += piece.length;
    if (this.#length >= this.longest) {
      throw new LineTooLongError(`A line of the watch stream is longer than ${this.longest} bytes`);
    }
    this.#pieces.push(piece);
  }

  /** Joins the pieces once, when the line is complete: joining at each read would be quadratic. */
  #take(): Uint8Array {
    let line = this.#pieces[0] ?? new Uint8Array();
    if (this.#pieces.length > 1) {
      line = new Uint8Array(this.#length);
      let offset = 0;
      for (const piece of this.#pieces) {
        line.set(piece, offset);
        offset += piece.length;
      }
    }
    this.#pieces = [];
    this.#length = 0;
    return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
  }
}
