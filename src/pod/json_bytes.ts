/**
 * JSON as bytes: where a value ends, and the members of an object, without parsing it.
 *
 * Two ways of finding an end, which differ in what they prove. `endOfValue` counts brackets, whatever their kind: for
 * what is parsed afterwards anyhow. `endOfProved` knows the grammar: for what is left out and never parsed. Both say
 * `INCOMPLETE` where the bytes are at an end before the value is. Indexes may lie in a buffer that is filled up to `end`
 * only; what lies behind that counts for nothing.
 */
import { Buffer, isAscii } from "node:buffer";

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
/** `"` */
export const QUOTE = 0x22;
/** `,` */
export const COMMA = 0x2c;
const COLON = 0x3a;
/** `[` */
export const OPEN_BRACKET = 0x5b;
/** A backslash. */
export const BACKSLASH = 0x5c;
/** `]` */
export const CLOSE_BRACKET = 0x5d;
/** `{` */
export const OPEN_BRACE = 0x7b;
/** `}` */
export const CLOSE_BRACE = 0x7d;
const BEYOND_ASCII = 0x80;

/** A place where the bytes are at an end before the object is. */
export const INCOMPLETE = -1;

/** A byte order mark is no JSON: it must not vanish on the way. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `Buffer`'s own, which takes any bytes: to make a Buffer of them costs as much as to decode them. */
const { latin1Slice } = Buffer.prototype as unknown as { latin1Slice: (this: Uint8Array) => string };

/** Text as UTF-8. */
export const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Goes through the members of an object, and is strict about what stands between them. */
export class Members {
  /** Where the name of this member begins. */
  key = 0;
  /** Where its value begins. */
  value = 0;
  /** Behind what was read. */
  at: number;
  /** Whether the object's own end was reached, and rightly so. */
  ended = false;
  #keyEnd = 0;
  #isFirst = true;

  /** @param open where the object begins */
  constructor(readonly bytes: Uint8Array, open: number, readonly end: number) {
    this.at = bytes[open] === OPEN_BRACE ? open + 1 : end;
  }

  /** Goes to the value of the next member. False at the end, of the bytes too, and where the scan is not sure. */
  next(): boolean {
    const { bytes, end } = this;
    let at = skipSpace(bytes, this.at, end);
    if (at < end && bytes[at] === CLOSE_BRACE) {
      this.at = at + 1;
      this.ended = true;
      return false;
    }
    if (!this.#isFirst) {
      if (bytes[at] !== COMMA) return false;
      at = skipSpace(bytes, at + 1, end);
    }
    this.#isFirst = false;
    if (at >= end || bytes[at] !== QUOTE) return false;
    this.key = at++;
    for (; at < end && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) return false;
    this.#keyEnd = ++at;
    at = skipSpace(bytes, at, end);
    if (bytes[at] !== COLON) return false;
    at = skipSpace(bytes, at + 1, end);
    this.value = at;
    return at < end;
  }

  /** Whether the member has this name, given with its quotes. */
  isNamed(name: Uint8Array): boolean {
    return isAt(this.bytes, this.key, this.#keyEnd, name);
  }

  /** Says where the value of this member ends. */
  close(to: number): void {
    this.at = to;
  }
}

/** Whether these bytes are a text. */
export function isAt(bytes: Uint8Array, from: number, to: number, text: Uint8Array): boolean {
  if (to - from !== text.length) return false;
  for (let index = 0; index < text.length; index++) if (bytes[from + index] !== text[index]) return false;
  return true;
}

/** The next index that is no white space. */
export function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB) break;
    at++;
  }
  return at;
}

/** Where a value ends: the brackets are counted, whatever their kind, and what stands in strings is none. */
export function endOfValue(bytes: Uint8Array, at: number, end: number): number {
  let depth = 0;
  for (let i = at; i < end; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      for (i++; i < end; i++) {
        const inside = bytes[i];
        if (inside === QUOTE) break;
        if (inside === BACKSLASH) i++;
      }
      if (i >= end) return INCOMPLETE;
      if (depth === 0) return i + 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth++;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return i;
      if (--depth === 0) return i + 1;
    } else if (depth === 0 && (byte === COMMA || skipSpace(bytes, i, end) > i)) {
      return i;
    }
  }
  return INCOMPLETE;
}

/** The same for a value that is left out of the body, so that nothing else proves it to be JSON. */
export function endOfProved(bytes: Uint8Array, at: number, end: number): number {
  const plain = endOfPlain(bytes, at, end);
  if (plain !== INCOMPLETE) return plain;
  const to = endOfValue(bytes, at, end);
  if (to !== INCOMPLETE) parse(decode(bytes.subarray(at, to)));
  return to;
}

/** What the grammar allows next: a value, a name, or what comes after a value. */
const VALUE = 0;
const NAME = 1;
const AFTER = 2;

/** Deeper nesting does not fit into the bits of a number. */
const DEEPEST = 30;

/**
 * Where a value ends that is made of objects, arrays and ASCII strings alone, without white space, by the whole
 * grammar of RFC 8259: what `managedFields` is. INCOMPLETE for any other.
 */
function endOfPlain(bytes: Uint8Array, at: number, end: number): number {
  let depth = 0;
  /** A bit for each level, the innermost lowest: whether it is an object. */
  let kinds = 0;
  let next: number = VALUE;
  for (let i = at; i < end;) {
    const byte = bytes[i];
    if (byte === QUOTE && next !== AFTER) {
      i = endOfPlainString(bytes, i + 1, end);
      if (i === INCOMPLETE) return INCOMPLETE;
      if (next === NAME) {
        if (bytes[i++] !== COLON) return INCOMPLETE;
        next = VALUE;
        continue;
      }
    } else if (next === VALUE && (byte === OPEN_BRACE || byte === OPEN_BRACKET)) {
      const isObject = byte === OPEN_BRACE;
      i++;
      if (bytes[i] === (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
        i++;
      } else {
        if (++depth > DEEPEST) return INCOMPLETE;
        kinds = (kinds << 1) | Number(isObject);
        next = isObject ? NAME : VALUE;
        continue;
      }
    } else if (next === AFTER && byte === COMMA) {
      i++;
      next = (kinds & 1) === 1 ? NAME : VALUE;
      continue;
    } else if (next === AFTER && byte === ((kinds & 1) === 1 ? CLOSE_BRACE : CLOSE_BRACKET)) {
      i++;
      depth--;
      kinds >>= 1;
    } else return INCOMPLETE;
    if (depth === 0) return i;
    next = AFTER;
  }
  return INCOMPLETE;
}

function endOfPlainString(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === QUOTE) return i + 1;
    if (byte < SPACE || byte >= BEYOND_ASCII) return INCOMPLETE;
    // Of the escapes, those of quotes are the ones that occur: `k:{\"name\":\"app\"}`.
    if (byte === BACKSLASH && bytes[++i] !== QUOTE && bytes[i] !== BACKSLASH) return INCOMPLETE;
  }
  return INCOMPLETE;
}

/** @throws {SyntaxError} where the bytes are no UTF-8: in JSON they must be. */
export function decode(bytes: Uint8Array): string {
  // Nearly all pods are ASCII, which both encodings share; this one costs a fifth.
  if (isAscii(bytes)) return latin1Slice.call(bytes);
  try {
    return UTF8.decode(bytes);
  } catch {
    throw notJson();
  }
}

/** @throws {SyntaxError} where the text is no JSON. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8's message quotes the text, which may be a pod's environment.
    throw notJson();
  }
}

/** Says nothing of what was sent. */
export function notJson(): SyntaxError {
  return new SyntaxError("What the API server sent is not JSON");
}
