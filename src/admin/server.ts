import type { Clock } from "../runtime/clock.ts";
import type { Answer, Reply, Service, Stream } from "./answer.ts";
import { BodyReader } from "./body.ts";
import { type Head, LARGEST_HEAD, type Read, readHead } from "./request.ts";

/**
 * A small HTTP/1.1 server for probes and metrics, for page and API, and for `k8svent receive`. Whoever can reach the port
 * must not be able to hurt the program's main job, so everything is bounded, which `Deno.serve` cannot do: 1,100
 * connections end the program. So they do with `node:http` on one of the two versions of the runtime that this must hold
 * on; a loop over `Deno.listen` holds on both.
 *
 * - **in number**: 100 connections. One more takes the place of the oldest on which no request is being answered: a
 *   good client sends its request at once and is answered before it is the oldest. 32 of them may be answers that go on
 *   (`Stream`), which ends with its connection, and each piece of which is to be taken within the time for an answer.
 * - **in time**: a head within 5 s of the connection, or of its first byte on a kept one; a body, and an answer made and
 *   taken, within what the service allows (5 s for probes); 30 s of rest between two requests. Then the connection is closed without a word.
 * - **in bytes**: a head of 16 KiB; a body as the service takes it (none for probes); 1,000 requests on one connection.
 *
 * ```
 * reading ──a head──▶ answering ──kept──▶ resting ──a byte──▶ reading
 *    │                    │                  │
 *    │ refused            │ not kept         │ 30 s, or the peer closes
 *    ▼                    ▼                  ▼
 *  answering ─────────▶ lingering ───────▶ closed        from each: its deadline, or a newer one needs its place
 * ```
 *
 * Lingering is what lets a peer read an answer that it is still sending to: closing at once would reset the connection,
 * and the answer would be lost with it (RFC 9112 §9.6).
 */

/** Connections at a time. */
export const MOST_CONNECTIONS = 100;

/** Answers that go on, of those. The others must leave room for requests that end. */
export const MOST_STREAMS = 32;

/** Milliseconds for the head of a request. */
export const HEAD_WITHIN = 5_000;

/** Milliseconds between two requests. */
export const REST_FOR = 30_000;

/** Milliseconds for what a peer still sends behind its last request. */
const LINGER_FOR = 1_000;

/** Bytes of a body that are read to throw them away, so that an answer before it is read. */
const LINGER_BYTES = 256 * 1024;

/** Bytes that are asked for at a time. */
const READ_AT_ONCE = 4_096;
const NOTHING = new Uint8Array(0);

/** Requests on one connection: a peer that sends without end must let others come. */
const MOST_REQUESTS = 1_000;

/** What a body is refused with. */
const REFUSED = { 400: "The end of the body cannot be known.", 413: "The body is too large." } as const;

const CONTINUE = new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n");

/** A connection, as `Deno.Conn` has it. */
export interface Wire {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the own half. */
  closeWrite(): Promise<void>;
  close(): void;
}

/** What a status is called. */
export const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  204: "No Content",
  303: "See Other",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  421: "Misdirected Request",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

function withoutPieces({ type, headers = {}, full }: Stream, method: string): Answer {
  return method === "HEAD" ? { status: 200, text: "", type, headers } : full;
}

/** All connections of one port. */
export class Server {
  readonly #service: Service;
  readonly #clock: Clock;
  /** In the order in which they came. */
  readonly #open = new Set<Connection>();
  /** Those that are closed and have not ended yet, too. */
  readonly #running = new Set<Promise<void>>();

  constructor(service: Service, clock: Clock) {
    this.#service = service;
    this.#clock = clock;
  }

  /** Whether there is room for one more answer that goes on. */
  #hasRoomToStream(): boolean {
    let streams = 0;
    for (const { isStreaming } of this.#open) if (isStreaming) streams++;
    return streams < MOST_STREAMS;
  }

  /** Takes a connection over until it is closed; never throws, never rejects. */
  serve(wire: Wire): void {
    if (this.#open.size >= MOST_CONNECTIONS) this.makeRoom();
    const connection = new Connection(wire, this.#service, this.#clock, () => this.#hasRoomToStream());
    this.#open.add(connection);
    const running = connection.run().finally(() => {
      this.#open.delete(connection);
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  /** Closes the oldest connection on which no request is being answered; else the oldest whose answer has an end. */
  makeRoom(): void {
    const open = [...this.#open];
    const oldest = open.find(({ isAnswering }) => !isAnswering) ??
      open.find(({ isStreaming }) => !isStreaming) ?? open[0];
    if (oldest === undefined) return;
    this.#open.delete(oldest);
    oldest.close();
  }

  /** Closes all of them, and waits until nothing of them is left. */
  async close(): Promise<void> {
    for (const connection of this.#open) connection.close();
    await Promise.all(this.#running);
  }
}

class Connection {
  readonly #wire: Wire;
  readonly #service: Service;
  readonly #clock: Clock;
  /** What was read and is of no request yet. Made with the first byte, since many connections never send one. */
  #buffer: Uint8Array | undefined;
  #filled = 0;
  #cancelDeadline = (): void => {};
  /** Rejects when it is closed, whatever a route still waits for. */
  readonly #closed = Promise.withResolvers<never>();
  readonly #abort = new AbortController();
  readonly #mayStream: () => boolean;
  isAnswering = false;
  isStreaming = false;

  constructor(wire: Wire, service: Service, clock: Clock, mayStream: () => boolean) {
    this.#wire = wire;
    this.#service = service;
    this.#clock = clock;
    this.#mayStream = mayStream;
    this.#closed.promise.catch(() => {});
  }

  async run(): Promise<void> {
    try {
      await this.#serve();
    } catch {
      // The peer reset it, or it was closed from this side: either way nobody is there to answer.
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.#abort.signal.aborted) return;
    this.#cancelDeadline();
    this.#abort.abort();
    this.#closed.reject(new Error("closed"));
    this.#wire.close();
  }

  async #serve(): Promise<void> {
    for (let requests = 1; requests <= MOST_REQUESTS; requests++) {
      const read = await this.#nextHead(requests === 1);
      if (read === undefined) return;
      this.isAnswering = true;
      this.#within(this.#service.within);
      if (read.kind === "refused") return await this.#refuse(read.status, read.why);
      const { head } = read;
      const body = this.#service.largestBody > 0 ? await this.#readBody(head) : undefined;
      if (body?.refused !== undefined) return await this.#refuse(body.refused, REFUSED[body.refused]);
      const isRead = body !== undefined || head.framing.kind === "none";
      const keepsAlive = head.keepsAlive && isRead && requests < MOST_REQUESTS;
      this.#within(this.#service.within);
      const given = await this.#respond(head, body?.take() ?? NOTHING);
      if (given === "hang up") return;
      if ("run" in given && head.method !== "HEAD" && this.#mayStream()) return await this.#stream(given);
      const reply = "run" in given ? withoutPieces(given, head.method) : given;
      await this.#write(reply, { hasBody: head.method !== "HEAD", keepsAlive });
      this.isAnswering = false;
      if (!keepsAlive) return await this.#linger();
    }
  }

  async #refuse(status: number, why: string): Promise<void> {
    await this.#write(this.#refusal(status, why), { hasBody: true, keepsAlive: false });
    await this.#linger();
  }

  #refusal(status: number, text: string): Answer {
    return this.#service.refusal?.(status, text) ?? { status, text };
  }

  /** Ends when the answer does, when the peer leaves (or sends anything more), or when it does not take a piece in time. */
  async #stream({ type, headers = {}, run }: Stream): Promise<void> {
    this.isStreaming = true;
    const send = async (text: string): Promise<void> => {
      this.#within(this.#service.within);
      await this.#send(new TextEncoder().encode(text));
      this.#cancelDeadline();
    };
    await send(this.#head(200, { "content-type": type, ...headers }, false));
    const gone = this.#wire.read(new Uint8Array(1)).catch(() => null).then(() => this.close());
    await Promise.race([run(send, this.#abort.signal), this.#closed.promise]);
    this.close();
    await gone;
  }

  async #readBody({ framing, fields }: Head): Promise<BodyReader> {
    const reader = new BodyReader(framing, this.#service.largestBody);
    const asks = fields.get("expect")?.toLowerCase() === "100-continue";
    if (asks && !reader.isComplete && reader.refused === undefined) await this.#send(CONTINUE);
    for (;;) {
      if (this.#buffer !== undefined) this.#take(reader.push(this.#buffer.subarray(0, this.#filled)));
      if (reader.isComplete || reader.refused !== undefined) return reader;
      if (!await this.#more()) throw new Error("The peer ended in its body.");
    }
  }

  /** Undefined: the peer has ended. */
  async #nextHead(isFirst: boolean): Promise<Exclude<Read, { kind: "unfinished" }> | undefined> {
    let isResting = !isFirst && this.#filled === 0;
    this.#within(isResting ? REST_FOR : HEAD_WITHIN);
    for (let seen = 0;;) {
      const read = readHead(this.#buffer?.subarray(0, this.#filled) ?? NOTHING, seen);
      if (read.kind !== "unfinished") {
        if (read.kind === "head") this.#take(read.length);
        return read;
      }
      seen = this.#filled;
      if (!await this.#more()) return undefined;
      if (isResting) this.#within(HEAD_WITHIN);
      isResting = false;
    }
  }

  async #more(): Promise<boolean> {
    const into = new Uint8Array(READ_AT_ONCE);
    const count = await this.#wire.read(into);
    if (count === null) return false;
    this.#buffer ??= new Uint8Array(LARGEST_HEAD + READ_AT_ONCE);
    this.#buffer.set(into.subarray(0, count), this.#filled);
    this.#filled += count;
    return true;
  }

  #take(length: number): void {
    this.#buffer?.copyWithin(0, length, this.#filled);
    this.#filled -= length;
  }

  async #respond(head: Head, body: Uint8Array): Promise<Reply | Stream> {
    try {
      return await Promise.race([this.#service.respond(head, body), this.#closed.promise]);
    } catch {
      return this.#refusal(500, "This cannot be answered now.");
    }
  }

  async #write(
    { status, text, type = "text/plain; charset=utf-8", headers = {} }: Answer,
    { hasBody, keepsAlive }: { hasBody: boolean; keepsAlive: boolean },
  ): Promise<void> {
    // Neither has a body, whatever its fields say (RFC 9110 §15.3.5).
    const isEmpty = status === 204 || status === 304;
    const body = isEmpty ? NOTHING : new TextEncoder().encode(`${text}\n`);
    const content = { "content-type": type, "content-length": String(body.length) };
    const fields = { ...!isEmpty && content, ...headers };
    const head = new TextEncoder().encode(this.#head(status, fields, keepsAlive));
    const bytes = new Uint8Array(head.length + (hasBody ? body.length : 0));
    bytes.set(head);
    if (hasBody) bytes.set(body, head.length);
    await this.#send(bytes);
  }

  #head(status: number, more: Record<string, string>, keepsAlive: boolean): string {
    const fields: Record<string, string> = {
      date: new Date(this.#clock.now()).toUTCString(),
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      connection: keepsAlive ? "keep-alive" : "close",
      ...more,
    };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    return `HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n${lines}\r\n`;
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) sent += await this.#wire.write(bytes.subarray(sent));
  }

  async #linger(): Promise<void> {
    this.isAnswering = false;
    this.#within(LINGER_FOR);
    await this.#wire.closeWrite();
    const into = new Uint8Array(16 * 1024);
    for (let bytes = 0; bytes < LINGER_BYTES;) {
      const count = await this.#wire.read(into);
      if (count === null) return;
      bytes += count;
    }
  }

  /** Closes it unless something else happens within so many milliseconds. */
  #within(milliseconds: number): void {
    this.#cancelDeadline();
    // What was under way when it was closed may come here once more.
    if (this.#abort.signal.aborted) return;
    this.#cancelDeadline = this.#clock.after(milliseconds, () => this.close());
  }
}
