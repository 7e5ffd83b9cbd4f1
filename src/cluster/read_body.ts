import type { Clock } from "../runtime/clock.ts";
import { type Piece, PieceReader } from "../runtime/piece_reader.ts";
import { Silence } from "../runtime/silence.ts";
import { ClusterError } from "./error.ts";

/** Bytes that a new buffer has at first. */
const FIRST = 64 * 1024;

/** How long a piece may take to come once it is asked for, in milliseconds. */
const PATIENCE = 15_000;

/** Bytes of one object, of which etcd keeps 1.5 MiB by default. What has no end is something else's. */
const LARGEST = 32 * 1024 * 1024;

/** How an answer is read. */
export interface Reading {
  clock: Clock;
  /** Ends it at any moment. */
  signal: AbortSignal;
}

/** The body of an answer, read as fast as its reader wants it. */
export class BodyReader implements Disposable {
  readonly #pieces: PieceReader;
  readonly #reading: Reading;
  readonly #late = new AbortController();
  /** From the first read on: a body that is never read needs no timer. */
  #silence: Silence | undefined;

  constructor(body: ReadableStream<Uint8Array>, reading: Reading) {
    this.#reading = reading;
    this.#pieces = new PieceReader(body, AbortSignal.any([reading.signal, this.#late.signal]));
  }

  /**
   * The next piece, put into a buffer from an offset on; that is the caller's again with it. One read at a time.
   *
   * @throws {ClusterError} `unreachable` when the body breaks off, or nothing comes for 15 s; the signal's reason
   * after an abort.
   */
  async read(buffer: ArrayBuffer, offset: number, least?: number): Promise<Piece> {
    const { clock, signal } = this.#reading;
    this.#silence ??= new Silence(clock, PATIENCE, () => this.#late.abort());
    this.#silence.heard();
    try {
      return await this.#pieces.read(buffer, offset, least);
    } catch (cause) {
      signal.throwIfAborted();
      throw new ClusterError(
        "unreachable",
        "The connection to the API server broke off in the middle of an answer.",
        { cause },
      );
    } finally {
      this.#silence.rest();
    }
  }

  /** Called once, last. Lets go of the connection, unless the body was read to its end. */
  [Symbol.dispose](): void {
    this.#silence?.end();
    this.#pieces[Symbol.dispose]();
  }
}

/** Reads an answer to its end. @throws as `BodyReader.read`, and {ClusterError} `protocol` where it is too long for one object */
export async function readBody(
  body: ReadableStream<Uint8Array>,
  reading: Reading,
): Promise<Uint8Array<ArrayBuffer>> {
  using reader = new BodyReader(body, reading);
  let buffer = new ArrayBuffer(FIRST);
  for (let length = 0;;) {
    if (length === buffer.byteLength) buffer = buffer.transfer(length * 2);
    const { bytes, done } = await reader.read(buffer, length);
    buffer = bytes.buffer;
    if (done) return new Uint8Array(buffer, 0, length);
    length += bytes.length;
    if (length > LARGEST) throw tooLong();
  }
}

function tooLong(): ClusterError {
  return new ClusterError(
    "protocol",
    "The API server answered with more than one object can be (32 MiB): check that the address is an API server's.",
  );
}
