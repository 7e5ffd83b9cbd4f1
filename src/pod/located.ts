import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from "./json_bytes.ts";

/**
 * JSON whose strings can be changed in place: `locate` finds where each value stands, `splice` puts a mask over parts of
 * strings. What is not masked stays as it was, to the last digit, escape and space.
 *
 * The grammar is RFC 8259's, strictly: what is not JSON is not half understood. Offsets into a text are those of what
 * it says (`textOf`), in UTF-16 units, not those of how it is escaped.
 */

/** A value, and where it stands. */
export type Located = LocatedText | LocatedObject | LocatedList | { kind: "other" };

/** From its first quote to behind its last. */
export interface LocatedText {
  kind: "text";
  from: number;
  to: number;
  isEscaped: boolean;
}

/** Its members in their order; a name may stand there twice. */
export interface LocatedObject {
  kind: "object";
  members: { name: LocatedText; value: Located }[];
}

/** Its items in their order. */
export interface LocatedList {
  kind: "list";
  items: Located[];
}

/** A part of a text, from an offset to the one behind it. */
export interface Span {
  from: number;
  to: number;
}

/** What stands in the place of what was taken out. */
export const MASK = "[redacted]";

const COLON = 0x3a;
const SPACE = 0x20;

const ESCAPE = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * The value that a text of JSON holds.
 *
 * @throws {SyntaxError} where it is not JSON; the message says nothing of the text.
 */
export function locate(json: string): Located {
  const reader = new Reader(json);
  const value = reader.value();
  reader.end();
  return value;
}

/** What a text says. */
export function textOf(json: string, { from, to, isEscaped }: LocatedText): string {
  return isEscaped ? JSON.parse(json.slice(from, to)) : json.slice(from + 1, to - 1);
}

/** Whether this is what a text says; quicker than to compare what `textOf` gives. */
export function says(json: string, text: LocatedText, said: string): boolean {
  if (text.isEscaped) return textOf(json, text) === said;
  return text.to - text.from === said.length + 2 && json.startsWith(said, text.from + 1);
}

/** All strings of a value; members' names only where they are asked for. */
export function* stringsIn(value: Located, withNames = false): Generator<LocatedText> {
  if (value.kind === "text") yield value;
  else if (value.kind === "list") { for (const item of value.items) yield* stringsIn(item, withNames); }
  else if (value.kind === "object") {
    for (const member of value.members) {
      if (withNames) yield member.name;
      yield* stringsIn(member.value, withNames);
    }
  }
}

/** The same JSON with a mask over these parts of its strings; parts may overlap and come in any order. */
export function splice(json: string, parts: ReadonlyMap<LocatedText, readonly Span[]>): string {
  const strings = [...parts].filter(([, spans]) => spans.length > 0).sort(([a], [b]) => a.from - b.from);
  let result = "";
  let at = 0;
  for (const [text, spans] of strings) {
    const offsets = new Offsets(json, text);
    for (const { from, to } of merged(spans)) {
      result += json.slice(at, offsets.indexOf(from)) + MASK;
      at = offsets.indexOf(to);
    }
  }
  return result + json.slice(at);
}

/** In order, those that touch one another as one: how many there were is nobody's business. */
function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else result.push({ from, to });
  }
  return result;
}

/** Where in the JSON each offset of a text is, for offsets that grow. */
class Offsets {
  readonly #json: string;
  readonly #hasEscapes: boolean;
  #at: number;
  #offset = 0;

  constructor(json: string, { from, isEscaped }: LocatedText) {
    this.#json = json;
    this.#hasEscapes = isEscaped;
    this.#at = from + 1;
  }

  indexOf(offset: number): number {
    if (!this.#hasEscapes) {
      this.#at += offset - this.#offset;
      this.#offset = offset;
    }
    for (; this.#offset < offset; this.#offset++) {
      const isEscape = this.#json.charCodeAt(this.#at) === BACKSLASH;
      this.#at += !isEscape ? 1 : this.#json[this.#at + 1] === "u" ? 6 : 2;
    }
    return this.#at;
  }
}

/** Reads one value after the other. */
class Reader {
  readonly #json: string;
  #at = 0;

  constructor(json: string) {
    this.#json = json;
  }

  value(): Located {
    switch (this.#next()) {
      case QUOTE:
        return this.#text();
      case OPEN_BRACE:
        return this.#object();
      case OPEN_BRACKET:
        return this.#list();
      default:
        this.#match(SCALAR);
        return OTHER;
    }
  }

  end(): void {
    if (!Number.isNaN(this.#next())) throw notJson();
  }

  #object(): LocatedObject {
    const members: LocatedObject["members"] = [];
    this.#at++;
    if (this.#skip(CLOSE_BRACE)) return { kind: "object", members };
    do {
      if (this.#next() !== QUOTE) throw notJson();
      const name = this.#text();
      if (!this.#skip(COLON)) throw notJson();
      members.push({ name, value: this.value() });
    } while (this.#skip(COMMA));
    if (!this.#skip(CLOSE_BRACE)) throw notJson();
    return { kind: "object", members };
  }

  #list(): LocatedList {
    const items: Located[] = [];
    this.#at++;
    if (this.#skip(CLOSE_BRACKET)) return { kind: "list", items };
    do items.push(this.value()); while (this.#skip(COMMA));
    if (!this.#skip(CLOSE_BRACKET)) throw notJson();
    return { kind: "list", items };
  }

  #text(): LocatedText {
    const from = this.#at++;
    let isEscaped = false;
    for (;;) {
      const code = this.#json.charCodeAt(this.#at);
      if (code === QUOTE) return { kind: "text", from, to: ++this.#at, isEscaped };
      if (code === BACKSLASH) {
        isEscaped = true;
        this.#match(ESCAPE);
      } else if (code >= SPACE) this.#at++;
      // A control character; or the end, which is no number.
      else throw notJson();
    }
  }

  #match(form: RegExp): void {
    form.lastIndex = this.#at;
    if (!form.test(this.#json)) throw notJson();
    this.#at = form.lastIndex;
  }

  /** The code of what comes after white space; NaN at the end. */
  #next(): number {
    for (;;) {
      const code = this.#json.charCodeAt(this.#at);
      if (code !== SPACE && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.#at++;
    }
  }

  #skip(code: number): boolean {
    const isNext = this.#next() === code;
    if (isNext) this.#at++;
    return isNext;
  }
}

const OTHER: Located = { kind: "other" };

function notJson(): SyntaxError {
  return new SyntaxError("What is to be redacted is not JSON");
}
