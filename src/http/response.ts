/**
 * Reads one answer from the bytes of a connection, as they come. Pure: it knows nothing of sockets and time.
 *
 * ```
 * head ──▶ body ──▶ done
 *   │ 1xx: head again (16 times at the most)
 *   └────▶ broken: the status is unknown
 * ```
 *
 * Two questions are answered, and strictly apart:
 *
 * - **What is the status?** That of the first complete head that is not 1xx. Here the reader is as lenient as curl: lines
 *   that end with LF alone, no reason phrase, folded lines, a space before a colon, lines that are no field. A receiver
 *   that took the message and says so clumsily must not get it twice.
 * - **May the connection serve another request?** Only where there is not the slightest doubt of where this answer ends.
 *   Every leniency above, every contradiction about the length, every byte too many ends it: bytes that were left over
 *   and taken for the next answer would acknowledge a message that nobody has read.
 *
 * So once the status is known nothing breaks the answer any more: a body that is damaged, cut or endless costs the
 * connection alone.
 */
export class ResponseReader {
  #phase: "head" | "body" | "done" | "broken" = "head";
  #flaw = "";
  #received = 0;
  #interim = 0;

  /** The head as far as it came in earlier pieces, and their length. */
  #held: Uint8Array[] = [];
  #heldLength = 0;
  /** How many characters of `HTTP/1.` were seen. */
  #magic = 0;
  /** Where a blank line would begin: 0 within a line, 1 after LF, 2 after LF and CR. */
  #lineStart = 0;

  #status = 0;
  #headers: ReadonlyMap<string, string> = NO_HEADERS;
  #keeps = true;
  #hasExcess = false;
  #body: BodyEnd = { by: "close" };
  #length = 0;
  #pieces: Uint8Array[] = [];

  /** @param isTunnel the answer to a CONNECT: after a 2xx head the bytes belong to the tunnel (RFC 9110 §9.3.6) */
  constructor(readonly isTunnel = false) {}

  /** `done` and `broken` are final; from `body` on the status is known. */
  get phase(): "head" | "body" | "done" | "broken" {
    return this.#phase;
  }

  /** Why the answer is broken: a clause whose subject is the receiver. */
  get flaw(): string {
    return this.#flaw;
  }

  /** Bytes that were given to it, 1xx included. */
  get received(): number {
    return this.#received;
  }

  /** 0 until the head has come. */
  get status(): number {
    return this.#status;
  }

  get headers(): ReadonlyMap<string, string> {
    return this.#headers;
  }

  /** Whether the connection may serve another request. Meaningful once `done`. */
  get keeps(): boolean {
    return this.#keeps && this.#phase === "done";
  }

  /** Whether bytes came behind the end of the answer. */
  get hasExcess(): boolean {
    return this.#hasExcess;
  }

  /** What came of the body so far, its first 64 KiB at most. A character that was cut in two is left out. */
  text(): string {
    if (this.#pieces.length === 0) return "";
    return new TextDecoder().decode(joined(this.#pieces), { stream: true });
  }

  /** Takes the next bytes; they are not kept, the caller may write over them. */
  push(bytes: Uint8Array): void {
    this.#received += bytes.length;
    let at = 0;
    while (at < bytes.length) {
      if (this.#phase === "head") at = this.#readHead(bytes, at);
      else if (this.#phase === "body") at = this.#readBody(bytes, at);
      else {
        // More than the answer: whatever it is, it is not the answer to a request that was not sent yet.
        this.#hasExcess = true;
        this.#keeps = false;
        return;
      }
    }
  }

  /** The connection ended: nothing more comes. */
  end(): void {
    this.#keeps = false;
    if (this.#phase === "body") this.#phase = "done";
    else if (this.#phase === "head") {
      this.#break(
        this.#received === 0
          ? "closed the connection before it answered"
          : "closed the connection in the middle of its answer",
      );
    }
  }

  #break(flaw: string): void {
    this.#phase = "broken";
    this.#flaw = flaw;
    this.#keeps = false;
  }

  #readHead(bytes: Uint8Array, from: number): number {
    for (let at = from; this.#magic < MAGIC.length && at < bytes.length; at++, this.#magic++) {
      if (bytes[at] !== MAGIC.charCodeAt(this.#magic)) {
        this.#break(flawOf(bytes));
        return bytes.length;
      }
    }
    const end = this.#seekBlankLine(bytes, from);
    const piece = bytes.subarray(from, end === -1 ? bytes.length : end);
    if (this.#heldLength + piece.length > LONGEST_HEAD) {
      this.#break(`sent a head of more than ${LONGEST_HEAD} bytes`);
      return bytes.length;
    }
    if (end === -1) {
      this.#held.push(piece.slice());
      this.#heldLength += piece.length;
      return bytes.length;
    }
    const head = this.#heldLength === 0 ? piece : joined([...this.#held, piece]);
    this.#held = [];
    this.#heldLength = this.#magic = this.#lineStart = 0;
    this.#interpret(LATIN1.decode(head));
    return end;
  }

  /** The index behind the blank line that ends a head; -1: not here. */
  #seekBlankLine(bytes: Uint8Array, from: number): number {
    let state = this.#lineStart;
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === LF) {
        if (state > 0) return at + 1;
        state = 1;
      } else state = byte === CR && state === 1 ? 2 : 0;
    }
    this.#lineStart = state;
    return -1;
  }

  #interpret(text: string): void {
    const lines = text.split("\n");
    const [, minor, digits] = STATUS_LINE.exec(lines[0] ?? "") ?? [];
    if (digits === undefined || text.includes("\0")) return this.#break("sent a damaged head");
    const status = Number(digits);
    if (status === 101) {
      return this.#break("answered 101, which switches to a protocol that nobody asked for");
    }
    if (status < 200) {
      if (++this.#interim > MOST_INTERIM) return this.#break(`sent more than ${MOST_INTERIM} answers of 1xx`);
      return;
    }
    const { fields, isTidy } = parseFields(lines);
    if (fields === undefined) return this.#break(`sent more than ${MOST_FIELDS} header fields`);
    this.#status = status;
    this.#headers = fields;
    this.#phase = "body";
    const isOld = minor === "0";
    this.#keeps = isTidy && text.endsWith("\r\n\r\n") && isCrAtEndOnly(lines[0] ?? "") &&
      staysOpen(fields, isOld);
    if (status === 204 || status === 304 || (this.isTunnel && status < 300)) this.#phase = "done";
    else this.#frame(fields, isOld);
  }

  /** Where the body ends (RFC 9112 §6.3). */
  #frame(fields: ReadonlyMap<string, string>, isOld: boolean): void {
    const encoding = fields.get("transfer-encoding");
    const length = fields.get("content-length");
    if (encoding !== undefined) {
      // Both at once is how requests are smuggled; HTTP/1.0 has no chunks.
      if (length !== undefined || isOld) this.#keeps = false;
      if (encoding.toLowerCase() === "chunked") this.#body = { by: "chunks", at: "size", left: 0, line: "" };
      // A body that nobody here can decode: the status is all there is to know.
      else this.#endBody(false);
    } else if (length !== undefined) {
      const left = parseLength(length);
      if (left === undefined) return this.#endBody(false);
      if (left > MOST_DRAINED) this.#keeps = false;
      if (left === 0) this.#endBody(true);
      else this.#body = { by: "length", left };
    } else {
      this.#keeps = false;
      this.#body = { by: "close" };
    }
  }

  #endBody(isClean: boolean): void {
    this.#phase = "done";
    if (!isClean) this.#keeps = false;
  }

  #readBody(bytes: Uint8Array, from: number): number {
    const body = this.#body;
    if (body.by === "chunks") return this.#readChunks(body, bytes, from);
    const end = body.by === "length" ? Math.min(bytes.length, from + body.left) : bytes.length;
    this.#keep(bytes.subarray(from, end));
    if (body.by === "length" && (body.left -= end - from) === 0) this.#endBody(true);
    return end;
  }

  /** Takes a piece of the body. Ends the reading where more of it is of no use. */
  #keep(piece: Uint8Array): void {
    if (this.#length < MOST_KEPT) this.#pieces.push(piece.slice(0, MOST_KEPT - this.#length));
    this.#length += piece.length;
    // Read on only for the sake of the connection.
    if (this.#length > (this.#keeps ? MOST_DRAINED : MOST_KEPT - 1)) this.#endBody(false);
  }

  /** RFC 9112 §7.1: size lines, data, and trailers, which are skipped. */
  #readChunks(chunks: Chunks, bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && this.#phase === "body") {
      if (chunks.at === "data") {
        const end = Math.min(bytes.length, at + chunks.left);
        this.#keep(bytes.subarray(at, end));
        chunks.left -= end - at;
        at = end;
        if (chunks.left === 0) chunks.at = "data-end";
        continue;
      }
      const byte = bytes[at++] ?? 0;
      if (byte !== LF) {
        chunks.line += String.fromCharCode(byte);
        if (chunks.line.length > LONGEST_CHUNK_LINE) this.#endBody(false);
        continue;
      }
      if (!chunks.line.endsWith("\r")) this.#keeps = false;
      const line = chunks.line.replace(/\r$/, "");
      chunks.line = "";
      this.#readChunkLine(chunks, line);
    }
    return at;
  }

  #readChunkLine(chunks: Chunks, line: string): void {
    if (chunks.at === "data-end") {
      if (line !== "") return this.#endBody(false);
      chunks.at = "size";
    } else if (chunks.at === "trailers") {
      if (line === "") return this.#endBody(true);
      if ((chunks.left += line.length) > LONGEST_HEAD) this.#endBody(false);
    } else {
      const [, hex] = CHUNK_SIZE.exec(line) ?? [];
      if (hex === undefined) return this.#endBody(false);
      chunks.left = parseInt(hex, 16);
      chunks.at = chunks.left > 0 ? "data" : "trailers";
    }
  }
}

/** How the end of the body is known. */
type BodyEnd = { by: "close" } | { by: "length"; left: number } | Chunks;

interface Chunks {
  by: "chunks";
  at: "size" | "data" | "data-end" | "trailers";
  /** Of the chunk's data; of the trailers, how much there was. */
  left: number;
  /** The line that is being read. */
  line: string;
}

const CR = 13;
const LF = 10;
const MAGIC = "HTTP/1.";

/** Bytes of a head, and fields in it: what nginx, Apache and Node send is a tenth of it. */
const LONGEST_HEAD = 65_536;
const MOST_FIELDS = 300;
const MOST_INTERIM = 16;

/** Bytes of a body that are kept, and that are read to save the connection: more costs more than a new one. */
const MOST_KEPT = 65_536;
const MOST_DRAINED = 262_144;

/** A size and its extensions, or a trailer. */
const LONGEST_CHUNK_LINE = 8_192;

/** The reason phrase is of no interest and often missing. */
const STATUS_LINE = /^HTTP\/1\.(\d) +([1-9]\d\d)(?:[ \t\r]|$)/;
/** More than 12 digits would be a body of 256 TiB. */
const CHUNK_SIZE = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const LATIN1 = new TextDecoder("latin1");
const NO_HEADERS: ReadonlyMap<string, string> = new Map();

/** `fields` undefined: too many. `isTidy`: every line is written as RFC 9112 §5 wants it. */
function parseFields(lines: string[]): { fields: Map<string, string> | undefined; isTidy: boolean } {
  const fields = new Map<string, string>();
  let isTidy = true;
  let last = "";
  // The last two elements are the blank line and what follows its LF: nothing.
  const count = lines.length - 2;
  if (count - 1 > MOST_FIELDS) return { fields: undefined, isTidy };
  for (let at = 1; at < count; at++) {
    const line = lines[at] ?? "";
    const colon = line.indexOf(":");
    const first = line.charCodeAt(0);
    if (first === 32 || first === 9) {
      isTidy = false;
      const before = fields.get(last);
      if (before !== undefined) fields.set(last, `${before} ${clean(line)}`);
      continue;
    }
    let name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!TOKEN.test(name)) {
      isTidy = false;
      name = name.trimEnd();
      if (!TOKEN.test(name)) continue;
    }
    const value = clean(line.slice(colon + 1));
    if (!isCrAtEndOnly(line)) isTidy = false;
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
    last = name;
  }
  return { fields, isTidy };
}

/** A CR elsewhere ends the line for some, who would see another field behind it; without one it ends with LF alone. */
function isCrAtEndOnly(line: string): boolean {
  return line.indexOf("\r") === line.length - 1;
}

function clean(value: string): string {
  return value.trim().replaceAll("\r", " ");
}

/** Several lengths that agree are one (RFC 9112 §6.3); undefined: nobody knows. */
function parseLength(value: string): number | undefined {
  const [first = "", ...others] = value.split(",").map((part) => part.trim());
  return /^\d{1,15}$/.test(first) && others.every((other) => other === first) ? Number(first) : undefined;
}

function staysOpen(fields: ReadonlyMap<string, string>, isOld: boolean): boolean {
  const connection = fields.get("connection")?.toLowerCase();
  if (connection === undefined) return !isOld;
  const options = connection.split(",").map((option) => option.trim());
  return !options.includes("close") && (!isOld || options.includes("keep-alive"));
}

/** Of what does not begin as an answer. */
function flawOf(bytes: Uint8Array): string {
  // An alert: what came before it was no handshake.
  if (bytes[0] === 0x15 && bytes[1] === 3) return "speaks TLS, not plain HTTP";
  return isHttp2(bytes) ? "speaks HTTP/2 only" : "does not speak HTTP/1.1";
}

/** A SETTINGS frame (RFC 9113 §6.5), with which such a server begins whatever it was sent; or GOAWAY. */
function isHttp2(bytes: Uint8Array): boolean {
  return bytes.length >= 9 && bytes[0] === 0 && (bytes[3] === 4 || bytes[3] === 7) && (bytes[5] ?? 0) < 0x80;
}

function joined(pieces: Uint8Array[]): Uint8Array {
  if (pieces.length === 1 && pieces[0] !== undefined) return pieces[0];
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
