/**
 * The cut: how a pod in the API server's bytes becomes the body that is sent, without being printed anew.
 *
 * One scan over the bytes of an object (`findObject`) finds its end, its members, and `metadata.managedFields`. The
 * body (`takePods`) is the slices without that field, behind `{"pod":{"apiVersion":"v1","kind":"Pod",`, so every
 * number and escape in it is the API server's own. It is parsed once, and nothing larger is.
 *
 * **Why a damaged object cannot become a wrong body.** The scan only counts brackets, whatever their kind. What it
 * keeps is proved by the parse of the body: members whose brackets balance and which are valid together are valid
 * each. What it leaves out is proved by itself: the names and values of `apiVersion` and `kind` byte by byte,
 * `managedFields` by its grammar (`endOfProved`) or by a parse of its own, white space and commas one by one. So a
 * body that parses means that the whole object was JSON, and that each field was where the scan saw it.
 *
 * **What the scan is not sure of** (a name with an escape, a known name twice, an apiVersion that is not v1) takes
 * the exact way: `parseExact` and `printPod`. It costs five times as much and is right by construction. Which way an
 * object takes follows from the bytes that are sent alone, so its digests do not change with the way that it came.
 *
 * Everything here throws `SyntaxError` for what is not JSON, and `NotAPodError`, which is one, for an object that is not
 * a pod, with no part of the text in the message.
 */
import { crc32 } from "node:zlib";
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  decode,
  encode,
  endOfProved,
  endOfValue,
  INCOMPLETE,
  isAt,
  Members,
  notJson,
  OPEN_BRACE,
  OPEN_BRACKET,
  parse,
  QUOTE,
  skipSpace,
} from "./json_bytes.ts";
import { parseExact, printPod } from "./json.ts";
import type { PodObject } from "./object.ts";
import type { Pod } from "./pod.ts";
import { isPod, NotAPodError } from "./unreadable.ts";

const PREFIX = encode('{"pod":{"apiVersion":"v1","kind":"Pod",');
/** The prefix without a comma at its end, and the two braces at the end of the body. */
const EMPTY = PREFIX.length + 1;

const API_VERSION = encode('"apiVersion"');
const KIND = encode('"kind"');
const METADATA = encode('"metadata"');
const SPEC = encode('"spec"');
const STATUS = encode('"status"');
const MANAGED_FIELDS = encode('"managedFields"');
const RESOURCE_VERSION = encode('"resourceVersion"');
const V1 = encode('"v1"');
const POD = encode('"Pod"');

/** From an index to the one behind the last byte. */
interface Range {
  from: number;
  to: number;
}

/** Where an object lies in the bytes. Good for as long as these are not written. */
export interface Found extends Range {
  bytes: Uint8Array;
  /** Undefined: the scan is not sure, so the object takes the exact way. */
  layout: Layout | undefined;
}

/** What the scan saw of an object. */
interface Layout {
  /** The members that are kept, each from its name to the end of its value. */
  kept: Range[];
  metadata: MetadataLayout;
  /** The values; empty ranges where there is none. */
  spec: Range;
  status: Range;
}

interface MetadataLayout extends Range {
  /** What is left out of it: managedFields and the comma that belongs to it. Empty where there is none. */
  left: Range;
  /** The member resourceVersion. */
  version: Range;
}

/**
 * Finds the object that begins at an index with `{`.
 *
 * @param end how far the bytes are filled
 * @returns undefined while its end has not come
 */
export function findObject(bytes: Uint8Array, from: number, end: number): Found | undefined {
  const seen = scan(bytes, from, end);
  if (seen !== undefined) return { bytes, from, ...seen };
  const to = endOfValue(bytes, from, end);
  return to === INCOMPLETE ? undefined : { bytes, from, to, layout: undefined };
}

/**
 * Makes pods of objects that were found, their bodies in one buffer of their own.
 *
 * @throws {NotAPodError} where one is an object and not a pod
 * @throws {SyntaxError} where one is not JSON
 */
export function takePods(found: readonly Found[]): PodObject[] {
  let room = 0;
  for (const { from, to, layout } of found) if (layout !== undefined) room += to - from + EMPTY;
  const buffer = new Uint8Array(room);
  let at = 0;
  return found.map(({ bytes, from, to, layout }) => {
    if (layout === undefined) return exactPod(parseExact(decode(bytes.subarray(from, to))));
    const start = at;
    at = write(bytes, layout, buffer, at);
    return fastPod(bytes, layout, buffer.subarray(start, at));
  });
}

/**
 * Makes a pod of one object, which is all of the bytes but for white space around it.
 *
 * @throws {SyntaxError} where it is not JSON or not a pod.
 */
export function takePod(bytes: Uint8Array): PodObject {
  const from = skipSpace(bytes, 0, bytes.length);
  const found = findObject(bytes, from, bytes.length);
  if (found === undefined || skipSpace(bytes, found.to, bytes.length) !== bytes.length) throw notJson();
  const [pod] = takePods([found]);
  if (pod === undefined) throw notJson();
  return pod;
}

/**
 * Makes a pod of a value that `parseExact` gave: the exact way.
 *
 * @throws {SyntaxError} where it is not a pod.
 */
export function exactPod(value: unknown): PodObject {
  if (typeof value !== "object" || value === null) throw notJson();
  const { kind = "Pod" } = value as Partial<Pod>;
  if (kind !== "Pod" || !isPod(value)) throw new NotAPodError(value);
  const text = `{"pod":${printPod(value)}}`;
  const { managedFields: _fields, resourceVersion: _version, ...metadata } = value.metadata;
  return {
    pod: (JSON.parse(text) as { pod: Pod }).pod,
    body: encode(text),
    digests: {
      metadata: digest(encode(JSON.stringify(metadata))),
      spec: digest(encode(JSON.stringify(value.spec) ?? "")),
      status: digest(encode(JSON.stringify(value.status) ?? "")),
    },
  };
}

/** An event of a watch, as its line says. */
export interface FoundEvent {
  type: string;
  object: Found;
}

/**
 * Finds the object in the line of a watch, `{"type":"ADDED","object":{…}}`.
 *
 * @returns undefined where the line has another form (or is no JSON): only a parse of the whole tells.
 */
export function findEvent(line: Uint8Array): FoundEvent | undefined {
  const members = new Members(line, skipSpace(line, 0, line.length), line.length);
  if (!members.next() || !members.isNamed(TYPE)) return undefined;
  const { value } = members;
  const type = EVENT_TYPES.find(({ bytes }) => isAt(line, value, value + bytes.length, bytes));
  if (type === undefined) return undefined;
  members.close(value + type.bytes.length);
  if (!members.next() || !members.isNamed(OBJECT) || line[members.value] !== OPEN_BRACE) return undefined;
  const object = findObject(line, members.value, line.length);
  if (object === undefined) return undefined;
  members.close(object.to);
  if (members.next() || !members.ended || skipSpace(line, members.at, line.length) !== line.length) {
    return undefined;
  }
  return { type: type.name, object };
}

const TYPE = encode('"type"');
const OBJECT = encode('"object"');
const EVENT_TYPES = ["ADDED", "MODIFIED", "DELETED"].map((name) => ({ name, bytes: encode(`"${name}"`) }));

/** What the bytes of a list's items hold. */
export interface FoundItems {
  items: Found[];
  /** Behind the last of them, or behind the end of the array. */
  to: number;
  /** Whether the array is at its end. */
  ended: boolean;
}

/**
 * Finds where the items of a list begin: behind the `[` of the first array in the outermost object. What stands
 * before it is proved by parsing it with `]}` behind it.
 *
 * @returns undefined while it has not come
 */
export function findList(bytes: Uint8Array, end: number): number | undefined {
  let depth = 0;
  for (let i = 0; i < end; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      for (i++; i < end && bytes[i] !== QUOTE; i++) if (bytes[i] === BACKSLASH) i++;
    } else if (byte === OPEN_BRACKET && depth === 1) return i + 1;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
  }
  return undefined;
}

/**
 * Finds the items of a list that are complete.
 *
 * @param isFirst whether none was found before, so that no comma stands before the next
 * @throws {SyntaxError} where there is anything but objects: a list must not look empty that is not.
 */
export function findItems(bytes: Uint8Array, from: number, end: number, isFirst: boolean): FoundItems {
  const items: Found[] = [];
  for (let to = from;;) {
    let at = skipSpace(bytes, to, end);
    if (at < end && bytes[at] === CLOSE_BRACKET) return { items, to: at + 1, ended: true };
    if (!isFirst || items.length > 0) {
      if (at < end && bytes[at] !== COMMA) throw notJson();
      at = skipSpace(bytes, at + 1, end);
    }
    if (at >= end) return { items, to, ended: false };
    if (bytes[at] !== OPEN_BRACE) throw notJson();
    const found = findObject(bytes, at, end);
    if (found === undefined) return { items, to, ended: false };
    items.push(found);
    to = found.to;
  }
}

/** Undefined: not sure, or not complete. */
function scan(bytes: Uint8Array, from: number, end: number): { to: number; layout: Layout } | undefined {
  const members = new Members(bytes, from, end);
  const kept: Range[] = [];
  let metadata: MetadataLayout | undefined;
  let spec: Range | undefined;
  let status: Range | undefined;
  let hasVersion = false;
  let hasKind = false;
  while (members.next()) {
    const { key, value } = members;
    let to: number;
    if (members.isNamed(METADATA)) {
      if (metadata !== undefined) return undefined;
      metadata = scanMetadata(bytes, value, end);
      if (metadata === undefined) return undefined;
      ({ to } = metadata);
    } else {
      to = endOfValue(bytes, value, end);
      if (to === INCOMPLETE) return undefined;
      if (members.isNamed(API_VERSION)) {
        if (hasVersion || !isAt(bytes, value, to, V1)) return undefined;
        hasVersion = true;
      } else if (members.isNamed(KIND)) {
        if (hasKind || !isAt(bytes, value, to, POD)) return undefined;
        hasKind = true;
      } else if (members.isNamed(SPEC)) {
        if (spec !== undefined) return undefined;
        spec = { from: value, to };
      } else if (members.isNamed(STATUS)) {
        if (status !== undefined) return undefined;
        status = { from: value, to };
      }
    }
    members.close(to);
    if (!members.isNamed(API_VERSION) && !members.isNamed(KIND)) kept.push({ from: key, to });
  }
  if (!members.ended || metadata === undefined) return undefined;
  return { to: members.at, layout: { kept, metadata, spec: spec ?? NOTHING, status: status ?? NOTHING } };
}

const NOTHING: Range = { from: 0, to: 0 };

function scanMetadata(bytes: Uint8Array, from: number, end: number): MetadataLayout | undefined {
  if (bytes[from] !== OPEN_BRACE) return undefined;
  const members = new Members(bytes, from, end);
  let version: Range | undefined;
  let left: Range | undefined;
  /** managedFields came first, so that the comma behind it goes, too. */
  let isFirst = false;
  let before = INCOMPLETE;
  while (members.next()) {
    const { key, value } = members;
    if (isFirst && left !== undefined) {
      left.to = key;
      isFirst = false;
    }
    let to: number;
    if (members.isNamed(MANAGED_FIELDS)) {
      if (left !== undefined) return undefined;
      to = endOfProved(bytes, value, end);
      if (to === INCOMPLETE) return undefined;
      isFirst = before === INCOMPLETE;
      left = { from: isFirst ? key : before, to };
    } else {
      to = endOfValue(bytes, value, end);
      if (to === INCOMPLETE) return undefined;
      if (members.isNamed(RESOURCE_VERSION)) {
        if (version !== undefined) return undefined;
        version = { from: key, to };
      }
    }
    members.close(to);
    before = to;
  }
  if (!members.ended || version === undefined) return undefined;
  return { from, to: members.at, left: left ?? NOTHING, version };
}

/** Writes a body into a buffer from an index on; returns the index behind it. */
function write(bytes: Uint8Array, { kept, metadata }: Layout, buffer: Uint8Array, at: number): number {
  const { left } = metadata;
  buffer.set(PREFIX, at);
  // Each member puts a comma before itself; of the first it is the prefix's own.
  at += PREFIX.length - 1;
  for (const { from, to } of kept) {
    buffer[at++] = COMMA;
    const isMetadata = from < metadata.from && metadata.to === to;
    if (isMetadata && left.to > left.from) {
      at = copy(bytes, from, left.from, buffer, at);
      at = copy(bytes, left.to, to, buffer, at);
    } else at = copy(bytes, from, to, buffer, at);
  }
  buffer[at++] = CLOSE_BRACE;
  buffer[at++] = CLOSE_BRACE;
  return at;
}

function copy(bytes: Uint8Array, from: number, to: number, buffer: Uint8Array, at: number): number {
  buffer.set(bytes.subarray(from, to), at);
  return at + to - from;
}

function fastPod(
  bytes: Uint8Array,
  { metadata, spec, status }: Layout,
  body: Uint8Array<ArrayBuffer>,
): PodObject {
  const { pod } = parse(decode(body)) as { pod: Pod };
  if (!isPod(pod)) throw new NotAPodError(pod);
  const { from, to, left, version } = metadata;
  // The rest of the metadata in its order, without the two members whose bytes say nothing of it.
  const [first, second] = left.to === 0
    ? [version, version]
    : version.from < left.from
    ? [version, left]
    : [left, version];
  const rest = Math.max(first.to, second.to);
  return {
    pod,
    body,
    digests: {
      metadata: digest(
        bytes.subarray(from, first.from),
        bytes.subarray(first.to, Math.max(first.to, second.from)),
        // Mostly nothing but the closing brace.
        bytes.subarray(rest, to - 1),
      ),
      spec: digest(bytes.subarray(spec.from, spec.to)),
      status: digest(bytes.subarray(status.from, status.to)),
    },
  };
}

/**
 * What tells one part of a pod from another version of it: the length and the CRC-32, at a tenth of what SHA-1 costs.
 * Where two were alike by chance, one reason of several would be missing from a header, and nothing else.
 */
function digest(...parts: Uint8Array[]): string {
  let sum = 0;
  let length = 0;
  for (const part of parts) {
    if (part.length === 0) continue;
    sum = crc32(part, sum);
    length += part.length;
  }
  return `${length.toString(36)}.${sum.toString(36)}`;
}
