/** What one read brought. The bytes lie in the buffer that was given, which the caller has back with them. */
export interface Piece {
  bytes: Uint8Array<ArrayBuffer>;
  /** Whether the body has ended; there are no bytes then. */
  done: boolean;
}

/**
 * Reads a body of `fetch` piece by piece into a buffer of the caller's: of its own accord the runtime makes one of
 * 64 KiB for each piece, and these lie about until they are collected.
 *
 * An abort of the signal ends a read that waits. `fetch` itself does that only as long as something holds its
 * Response, which whoever reads a body has no reason to (Deno 2.9.6, by experiment).
 */
export class PieceReader implements Disposable {
  readonly #reader: ReadableStreamBYOBReader;
  readonly #signal: AbortSignal;
  #isAtEnd = false;
  readonly #cancel = (): void => {
    // What becomes of it is of no interest: the connection is let go in any case.
    this.#reader.cancel(this.#signal.reason).catch(() => {});
  };

  /** @param body a byte stream, which belongs to this reader from now on */
  constructor(body: ReadableStream<Uint8Array>, signal: AbortSignal) {
    this.#reader = body.getReader({ mode: "byob" });
    this.#signal = signal;
    if (signal.aborted) this.#cancel();
    signal.addEventListener("abort", this.#cancel);
  }

  /**
   * The next piece, put into a buffer from an offset on. One read at a time.
   *
   * @param least bytes that are waited for, as long as the body has them: each piece costs some promises, and a
   * body that was compressed comes in pieces of 3 KB
   * @throws the signal's reason after an abort; whatever broke the body off.
   */
  async read(buffer: ArrayBuffer, offset = 0, least = 1): Promise<Piece> {
    this.#signal.throwIfAborted();
    if (this.#isAtEnd) return { bytes: new Uint8Array(buffer, offset, 0), done: true };
    const { value, done } = await this.#reader.read(new Uint8Array(buffer, offset), { min: least });
    this.#signal.throwIfAborted();
    // The last bytes, if they are fewer, come with the word that they are the last.
    this.#isAtEnd = done;
    return { bytes: value ?? new Uint8Array(), done: done && (value?.length ?? 0) === 0 };
  }

  /** Called once, last. Lets go of the connection, unless the body was read to its end. */
  [Symbol.dispose](): void {
    this.#signal.removeEventListener("abort", this.#cancel);
    this.#cancel();
  }
}
