import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";

/**
 * The text of a configuration file as plain data, and where in the text each piece of it stands. YAML 1.2 and strict: what
 * two readers could take for different things (keys twice, `<<`, tags, a second document) is a fault, not a guess.
 * No sentence here shows a value.
 */

/** Keys and indexes, from the top. */
export type Path = readonly (string | number)[];

/** Both from 1; the column counts UTF-16 units, as editors do. */
export interface Place {
  line: number;
  column: number;
}

/** One thing that is wrong. */
export interface Fault extends Place {
  sentence: string;
}

/** What was read. */
export interface Text {
  value: unknown;
  /** Of what stands at a path, or of what would hold it. */
  placeOf(path: Path): Place;
  /** Of its key. */
  keyOf(path: Path): Place;
}

/** Characters; a ConfigMap holds no more. */
const LONGEST = 2 ** 20;

/** Pieces that a file may have when its aliases are written out. */
const MOST = 100_000;

/** A piece of the data, with what is in it. */
interface Piece {
  at: number;
  key: number;
  value: unknown;
  parts: Map<string | number, Piece>;
}

/** Reads a text; its faults otherwise, in the order of their places. */
export function readDocument(given: string): Text | { faults: Fault[] } {
  // A byte order mark is allowed by YAML and seen by nobody; a lone carriage return ends a line.
  const text = given.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const strange = strangeness(text);
  if (strange !== undefined) {
    return { faults: [{ ...placeIn(text, strange.at), sentence: strange.sentence }] };
  }
  const documents = [...parseAllDocuments(text, {
    version: "1.2",
    merge: false,
    logLevel: "silent",
    prettyErrors: false,
    lineCounter: lines,
  })];
  const wrong = documents.flatMap((document, index) => wrongIn(document, index, text));
  const [document] = documents;
  if (wrong.length === 0 && (document === undefined || isEmpty(document))) {
    return {
      faults: [{ line: 1, column: 1, sentence: "The file is empty: it begins with the line version: 1." }],
    };
  }
  const reader = new Reader();
  const root = wrong.length === 0 ? reader.read(document?.contents, 0) : undefined;
  const misread = reader.faults.map(({ at, sentence }) => ({ at, sentence: leftover(text, at) ?? sentence }));
  const faults = [...wrong, ...misread].map(({ at, sentence }) => ({ ...placeAt(at), sentence }));
  if (root === undefined || faults.length > 0) return { faults };
  return {
    value: root.value,
    placeOf: (path) => placeAt(find(root, path).at),
    keyOf: (path) => placeAt(find(root, path).key),
  };
}

function find(root: Piece, path: Path): Piece {
  let piece = root;
  for (const key of path) piece = piece.parts.get(key) ?? piece;
  return piece;
}

interface Wrong {
  at: number;
  sentence: string;
}

/** What no parser need look at. */
function strangeness(text: string): Wrong | undefined {
  if (text.length > LONGEST) {
    return { at: 0, sentence: "The file is larger than 1 MiB, which no ConfigMap can be." };
  }
  if (text.includes("\0")) {
    return { at: 0, sentence: "The file is UTF-16 or no text at all: save it as UTF-8." };
  }
  const at = text.search(/[^\P{Cc}\t\n]|\uFEFF|\uFFFD/u);
  if (at < 0) return copied(text);
  return {
    at,
    sentence: text[at] === "\uFFFD"
      ? "This is no UTF-8: save the file as UTF-8."
      : "Here is a character that cannot be seen: take it out.",
  };
}

/** What pages and word processors put before a key, into it, or behind its colon; it is no fault in a comment. */
function copied(text: string): Wrong | undefined {
  const before = /^[ \t]*(?:-[ \t]+)*[\w.-]*:?(?=[^\P{Z} ]|\p{Cf}|[–—•] )/mu.exec(text);
  if (before === null) return undefined;
  const at = before.index + before[0].length;
  return {
    at,
    sentence: /[–—•]/.test(text[at] ?? "")
      ? "An entry of a list begins with a hyphen (-), and this is another character."
      : "Here is a space that is none to YAML, or what cannot be seen: write a plain space, or take it out.",
  };
}

function placeIn(text: string, offset: number): Place {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** By the parser's code. Its own messages quote the text. */
const SYNTAX: Record<string, string> = {
  ALIAS_PROPS: "An alias (*name) takes neither a tag nor an anchor.",
  BAD_DIRECTIVE: "This directive (%) is not understood: leave it out.",
  BAD_DQ_ESCAPE:
    'In double quotes, a "\\" begins an escape, and this is none: write \\\\, or use single quotes.',
  BAD_INDENT: "This line begins at another column than those that it belongs to.",
  BAD_SCALAR_START: "A value cannot begin with this character: put the value in quotes.",
  BLOCK_AS_IMPLICIT_KEY: 'There are two ": " in one line: put the value in quotes, or begin a new line.',
  DUPLICATE_KEY: "This key stands twice in one map: keep one of them.",
  KEY_OVER_1024_CHARS: "This key is longer than 1024 characters: is its colon missing?",
  MULTILINE_IMPLICIT_KEY: "A key is one line: is a colon missing in it?",
  MULTIPLE_ANCHORS: "Here are two anchors (&name): keep one.",
  RESOURCE_EXHAUSTION: "The file is nested too deeply to be read.",
  TAB_AS_INDENT: "The line is indented with a tab: YAML takes spaces alone.",
  TAG_RESOLVE_FAILED: "Tags (!name) are not understood here: leave it out.",
};

/** The first fault of the grammar, as the next ones may follow from it, and every key that stands twice. */
function wrongIn(document: Document.Parsed, index: number, text: string): Wrong[] {
  if (index > 0) {
    const at = document.contents?.range?.[0] ?? document.range[0];
    return index > 1
      ? []
      : [{ at, sentence: 'A second document begins here (after "---" or "..."): the file is one.' }];
  }
  const { yaml } = document.directives;
  if (yaml.explicit === true && yaml.version !== "1.2") {
    return [{ at: 0, sentence: "The file is read as YAML 1.2: leave the %YAML directive out." }];
  }
  const found = [...document.errors, ...document.warnings];
  const first = found.find(({ code }) => code !== "DUPLICATE_KEY");
  const twice = found.filter(({ code, pos }) =>
    code === "DUPLICATE_KEY" && pos[0] <= (first?.pos[0] ?? Infinity)
  );
  return [...twice, ...first === undefined ? [] : [first]].map(({ code, pos }) => ({
    // Where the parser gives up on what is nested too deeply depends on its stack.
    at: code === "RESOURCE_EXHAUSTION" ? 0 : pos[0],
    sentence: leftover(text, pos[0]) ?? (isCut(text, pos[0]) ? CUT : SYNTAX[code] ?? NO_YAML),
  }));
}

/** What other programs left in the line of a fault. */
function leftover(text: string, at: number): string | undefined {
  const from = text.lastIndexOf("\n", at - 1) + 1;
  const line = text.slice(from).split("\n", 1)[0] ?? "";
  if (/\{\{|\{%/.test(line)) return "Here is a template ({{ … }}) that was not filled in.";
  if (/^(<{7}|={7}|>{7})( |$)/.test(line)) {
    return "Here git left two versions: keep one of them, and take its marks out.";
  }
  return undefined;
}

const CUT = "The file ends in the midst of a value: close the quote or the bracket.";
const NO_YAML = "This is not YAML: check the indentation, the quotes and the brackets above.";

/** Whether nothing follows. */
function isCut(text: string, at: number): boolean {
  return at >= text.trimEnd().length;
}

function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || isScalar(contents) && contents.value === null && contents.source === "";
}

/** Tags of the core schema, which change nothing that is not said. */
const CORE = /^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/;

/** Turns nodes into data, and follows aliases by itself: they may lead round in a circle, or to too much. */
class Reader {
  readonly faults: Wrong[] = [];
  readonly #anchors = new Map<string, unknown>();
  /** The nodes that are being read. */
  readonly #open = new Set<unknown>();
  #followed = 0;
  #count = 0;

  read(node: unknown, around: number, key = around): Piece {
    const at = (node as { range?: [number, number, number] } | null)?.range?.[0] ?? around;
    const piece: Piece = { at, key, value: null, parts: new Map() };
    if (++this.#count > MOST) {
      if (this.#count === MOST + 1) this.#wrong(at, "The aliases (*name) of the file lead to too much.");
      return piece;
    }
    const { tag, anchor } = (node ?? {}) as { tag?: string; anchor?: string };
    if (anchor !== undefined && this.#followed === 0) this.#anchors.set(anchor, node);
    if (tag !== undefined && !CORE.test(tag)) this.#wrong(at, SYNTAX["TAG_RESOLVE_FAILED"] ?? "");
    if (isAlias(node)) return this.#follow(node.source, at, key);
    if (isScalar(node) && typeof node.value === "number" && /^[-+]?0\d/.test(node.source ?? "")) {
      this.#wrong(
        at,
        "A number with a 0 before it is octal to some: leave that out, or put a text in quotes.",
      );
    }
    this.#open.add(node);
    if (isScalar(node)) piece.value = node.value;
    else if (isSeq(node)) piece.value = this.#list(node.items, piece);
    else if (isMap(node)) piece.value = this.#map(node.items, piece);
    this.#open.delete(node);
    return piece;
  }

  #wrong(at: number, sentence: string): void {
    this.faults.push({ at, sentence });
  }

  #follow(name: string, at: number, key: number): Piece {
    const target = this.#anchors.get(name);
    if (target !== undefined && !this.#open.has(target)) {
      this.#followed++;
      const piece = this.read(target, at, key);
      this.#followed--;
      return piece;
    }
    this.#wrong(
      at,
      target === undefined
        ? "There is no anchor (&name) above for this alias (*name)."
        : "This alias (*name) leads round in a circle.",
    );
    return { at, key, value: null, parts: new Map() };
  }

  #list(items: readonly unknown[], piece: Piece): unknown[] {
    return items.map((item, index) => {
      const part = this.read(item, piece.at);
      piece.parts.set(index, { ...part, key: part.at });
      return part.value;
    });
  }

  #map(pairs: readonly { key: unknown; value: unknown }[], piece: Piece): Record<string, unknown> {
    const map: Record<string, unknown> = Object.create(null);
    for (const { key, value } of pairs) {
      const at = (key as { range?: [number] } | null)?.range?.[0] ?? piece.at;
      const name = isScalar(key) && typeof key.value === "string" ? key.value : undefined;
      if (name === "<<") {
        this.#wrong(at, 'Merge keys (<<) are not of YAML 1.2: write what is shared under "defaults".');
      } else if (name === undefined || name === "__proto__") {
        this.#wrong(at, "A key must be a text (a number or a word such as true needs quotes).");
      } else {
        const part = this.read(value, at, at);
        piece.parts.set(name, part);
        map[name] = part.value;
      }
    }
    return map;
  }
}
