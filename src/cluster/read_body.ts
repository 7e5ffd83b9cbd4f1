import type { Clock } from "../runtime/clock.ts";
import { PieceReader } from "../runtime/piece_reader.ts";
import { Silence } from "../runtime/silence.ts";
import { ClusterError } from "./error.ts";

/** Bytes that a new buffer has at first. */
const FIRST = 64 * 1024;

/** How long a piece may take to come, in milliseconds. */
const PATIENCE = 15_000;

/** How an answer is read. */
export interface Reading {
  clock: Clock;
  /** Ends it at any moment. */
  signal: AbortSignal;
  /** Where the bytes go, if they fit. A page comes in some hundred pieces: buffers of their own take 60 MB. */
  buffer?: ArrayBuffer | undefined;
}

/**
 * Reads an answer to its end.
 *
 * @throws {ClusterError} `unreachable` when the body breaks off, or nothing comes for 15 s; the signal's reason
 * after an abort.
 */
export async function readBody(
  body: ReadableStream<Uint8Array> | null,
  { clock, signal, buffer = new ArrayBuffer(FIRST) }: Reading,
): Promise<Uint8Array<ArrayBuffer>> {
  if (body === null) return new Uint8Array();
  const late = new AbortController();
  const silence = new Silence(clock, PATIENCE, () => late.abort());
  using reader = new PieceReader(body, AbortSignal.any([signal, late.signal]));
  try {
    for (let length = 0;;) {
      if (length === buffer.byteLength) buffer = buffer.transfer(length * 2);
      const { bytes, done } = await reader.read(buffer, length);
      silence.heard();
      buffer = bytes.buffer;
      if (done) return new Uint8Array(buffer, 0, length);
      length += bytes.length;
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw new ClusterError(
      "unreachable",
      "The connection to the API server broke off in the middle of an answer.",
      { cause },
    );
  } finally {
    silence.end();
  }
}
