import type { Answer } from "./outcome.ts";
import { ResponseReader } from "./response.ts";

/** Bytes in and out: a connection of Deno's, plain or TLS, or one of Node's in that form. */
export interface Wire {
  /** How many bytes were read, null at the end. Rejects where the connection broke. */
  read(into: Uint8Array): Promise<number | null>;
  /** How many were written, which may be less than all. */
  write(from: Uint8Array): Promise<number>;
  /** At once; ends reads and writes that are under way. */
  close(): void;
}

/** What came of a request on a connection. */
export type Exchange =
  | { kind: "answer"; answer: Answer }
  /** The connection ended, with an error or without one, before the head of an answer was there. */
  | { kind: "ended"; received: number; flaw: string; error: unknown }
  /** What came is no answer of HTTP/1.1. */
  | { kind: "malformed"; flaw: string }
  /** It was cut before the head of an answer was there. */
  | { kind: "cut"; isWritten: boolean };

/**
 * One connection: one request at a time, and a read that is always pending.
 *
 * ```
 *        exchange()            answer complete, request written, nothing left over
 * idle ─────────────▶ busy ──────────────────────────────────────────────────────▶ idle
 *   │ a byte, an end    │ anything else: the exchange ends with what is known
 *   └──────▶ closed ◀───┘
 * ```
 *
 * The pending read is what makes a kept connection safe. It sees at once that the peer closed it, so that no attempt is
 * spent on it; and it sees bytes that nobody asked for, which would be taken for the answer to the next request. An
 * answer that comes while the request is still being written (413, mostly) counts; the connection does not outlive it.
 */
export class Connection {
  readonly #wire: Wire;
  readonly #onEnd: () => void;
  readonly #buffer = new Uint8Array(READ_SIZE);
  #out = new Uint8Array(0);
  #busy: Busy | undefined;
  #isOpen = true;
  /** How it ended. */
  #over: Exchange | undefined;
  /** Requests that were answered, so that the next one meets a kept connection. */
  #served = 0;
  #idleLimit: number | undefined;

  /**
   * @param openedAt the clock's monotonic instant
   * @param onEnd called once, when it is closed, whoever did it
   */
  constructor(wire: Wire, readonly openedAt: number, onEnd: () => void) {
    this.#wire = wire;
    this.#onEnd = onEnd;
    void this.#pump();
  }

  /** Whether another request may be sent now. */
  get isReady(): boolean {
    return this.#isOpen && this.#busy === undefined;
  }

  get served(): number {
    return this.#served;
  }

  /** Milliseconds that the peer says it keeps an idle connection (`keep-alive: timeout`), as of its last answer. */
  get idleLimit(): number | undefined {
    return this.#idleLimit;
  }

  /** Sends a request whose head is ASCII and ends with its blank line. Never rejects. */
  exchange(head: string, body: Uint8Array): Promise<Exchange> {
    // The peer may have ended it since it was made: in TLS 1.3 it refuses a client certificate after the handshake.
    if (this.#over !== undefined) return Promise.resolve(this.#over);
    return new Promise((resolve) => {
      const busy: Busy = { reader: new ResponseReader(), isWritten: false, resolve };
      this.#busy = busy;
      void this.#write(head, body).then((isWritten) => busy.isWritten = isWritten);
    });
  }

  /** Ends it. A request that is under way ends with the answer whose head has come, else as `cut`. */
  close(): void {
    this.#end({ kind: "cut", isWritten: this.#busy?.isWritten ?? true });
  }

  async #pump(): Promise<void> {
    try {
      for (;;) {
        const count = await this.#wire.read(this.#buffer);
        if (count === null) return this.#ended(undefined);
        const busy = this.#busy;
        // Nobody asked for it: see above.
        if (busy === undefined) return this.close();
        busy.reader.push(this.#buffer.subarray(0, count));
        if (busy.reader.phase === "done") this.#complete(busy);
        else if (busy.reader.phase === "broken") this.#end({ kind: "malformed", flaw: busy.reader.flaw });
        if (!this.#isOpen) return;
      }
    } catch (error) {
      this.#ended(error);
    }
  }

  #complete(busy: Busy): void {
    const { reader } = busy;
    if (!reader.keeps || !busy.isWritten) return this.close();
    const idle = KEEP_ALIVE_TIMEOUT.exec(reader.headers.get("keep-alive") ?? "")?.[1];
    this.#idleLimit = idle === undefined ? undefined : Number(idle) * 1000;
    this.#busy = undefined;
    this.#served++;
    busy.resolve(answered(reader));
  }

  /** The peer ended it. Without close_notify TLS says so with an error, and many servers do not send that. */
  #ended(error: unknown): void {
    const reader = this.#busy?.reader;
    reader?.end();
    const cause = error instanceof Deno.errors.UnexpectedEof ? undefined : error;
    this.#end({ kind: "ended", received: reader?.received ?? 0, flaw: reader?.flaw ?? "", error: cause });
  }

  #end(without: Exchange): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#over = without;
    const busy = this.#busy;
    this.#busy = undefined;
    this.#wire.close();
    this.#onEnd();
    busy?.resolve(busy.reader.status > 0 ? answered(busy.reader) : without);
  }

  /** Whether all was written. Where not, the pending read tells why: an early answer, or the end. */
  async #write(head: string, body: Uint8Array): Promise<boolean> {
    const length = head.length + body.length;
    try {
      if (length > ONE_WRITE) {
        await this.#writeAll(ENCODER.encode(head));
        await this.#writeAll(body);
        return true;
      }
      if (this.#out.length < length) this.#out = new Uint8Array(Math.min(ONE_WRITE, 2 * length));
      const { written } = ENCODER.encodeInto(head, this.#out);
      this.#out.set(body, written);
      await this.#writeAll(this.#out.subarray(0, length));
      return true;
    } catch {
      return false;
    }
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    let at = await this.#wire.write(bytes);
    while (at < bytes.length) at += await this.#wire.write(bytes.subarray(at));
  }
}

interface Busy {
  reader: ResponseReader;
  isWritten: boolean;
  resolve: (exchange: Exchange) => void;
}

/** Bytes. Answers are a few hundred, and there may be hundreds of connections. */
const READ_SIZE = 4_096;

/** Bytes up to which head and body are copied together: a second write costs as much as copying this. */
const ONE_WRITE = 65_536;

const ENCODER = new TextEncoder();
const KEEP_ALIVE_TIMEOUT = /\btimeout\s*=\s*"?(\d{1,6})/i;

function answered(reader: ResponseReader): Exchange {
  const { status, headers } = reader;
  return { kind: "answer", answer: { kind: "answer", status, headers, body: reader.text() } };
}
