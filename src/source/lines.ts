const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A line of a watch holds one pod, and etcd stores at most about 1.5 MiB: anything near this is a fault. */
const LONGEST_LINE = 32 * 1024 * 1024;

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
  #decoder = new TextDecoder();

  constructor(readonly longest: number = LONGEST_LINE) {}

  get unfinished(): boolean {
    return this.#length > 0;
  }

  /**
   * Takes the next bytes and returns the lines that they complete.
   *
   * @throws {LineTooLongError} when a line has reached `longest` bytes; the reader is of no use then.
   */
  push(bytes: Uint8Array): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      this.#keep(bytes.subarray(start, end));
      const line = this.#take();
      if (line !== "") lines.push(line);
      start = end + 1;
    }
    // A copy: the rest would otherwise keep the whole network buffer alive.
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
  #take(): string {
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
    if (line[line.length - 1] === CARRIAGE_RETURN) line = line.subarray(0, -1);
    return this.#decoder.decode(line);
  }
}
