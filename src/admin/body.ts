import type { Framing } from "./request.ts";

/**
 * Reads the body of a request as its bytes come (RFC 9112 §6), up to a size. Strict where two programs could see two
 * different ends of it: what follows would then be another request to one of them.
 */
export class BodyReader {
  /** Why it cannot be read, as the status to answer with; undefined: nothing is wrong. */
  refused: 400 | 413 | undefined;
  isComplete = false;
  readonly #largest: number;
  readonly #isChunked: boolean;
  readonly #pieces: Uint8Array[] = [];
  #size = 0;
  /** Bytes of the body, or of the chunk, that are still to come. */
  #missing = 0;
  /** A line of the framing, as far as it has come: the size of a chunk, its end, a trailer. */
  #line = "";
  #expects: "size" | "data" | "end of chunk" | "trailer" = "data";
  /** Characters of the framing of one body: sizes of a byte each would else cost without end. */
  #overhead = 0;

  /** @param largest bytes that the body may have */
  constructor(framing: Framing, largest: number) {
    this.#largest = largest;
    this.#isChunked = framing.kind === "chunked";
    if (framing.kind === "unclear") this.refused = 400;
    if (framing.kind === "chunked") this.#expects = "size";
    if (framing.kind === "length") this.#await(framing.bytes);
    this.isComplete = !this.#isChunked && this.#missing === 0 && this.refused === undefined;
  }

  /** Takes what it can, and says how many bytes that were: the rest is of what follows. The bytes may be used again. */
  push(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && !this.isComplete && this.refused === undefined) {
      if (this.#expects === "data") at += this.#pushData(bytes.subarray(at));
      else this.#pushCharacter(bytes[at++] ?? 0);
    }
    return at;
  }

  /** The whole body. Called once it is complete. */
  take(): Uint8Array<ArrayBuffer> {
    const body = new Uint8Array(this.#size);
    let at = 0;
    for (const piece of this.#pieces) {
      body.set(piece, at);
      at += piece.length;
    }
    return body;
  }

  #await(bytes: number): void {
    this.#missing = bytes;
    if (this.#size + bytes > this.#largest) this.refused = 413;
  }

  #pushData(bytes: Uint8Array): number {
    const piece = bytes.slice(0, this.#missing);
    this.#pieces.push(piece);
    this.#size += piece.length;
    this.#missing -= piece.length;
    if (this.#missing === 0) {
      if (this.#isChunked) this.#expects = "end of chunk";
      else this.isComplete = true;
    }
    return piece.length;
  }

  #pushCharacter(byte: number): void {
    if (++this.#overhead > MOST_OVERHEAD) this.refused = 413;
    if (byte !== LF) {
      this.#line += String.fromCharCode(byte);
      return;
    }
    const line = this.#line.replace(/\r$/, "");
    this.#line = "";
    this.#take(line);
  }

  #take(line: string): void {
    if (this.#expects === "trailer") {
      this.isComplete = line === "";
    } else if (this.#expects === "end of chunk") {
      if (line !== "") this.refused = 400;
      this.#expects = "size";
    } else {
      const [, digits] = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line) ?? [];
      if (digits === undefined) return void (this.refused = 400);
      this.#await(Number.parseInt(digits, 16));
      this.#expects = this.#missing === 0 ? "trailer" : "data";
    }
  }
}

const LF = 10;

/** Characters. Chunks of 4 KiB of a body of 16 MiB have as many. */
const MOST_OVERHEAD = 64 * 1024;
