import type { Clock } from "../runtime/clock.ts";
import { type Answer, answer, type Routes } from "./answer.ts";
import { type Head, LARGEST_HEAD, type Read, readHead } from "./request.ts";

/**
 * A small HTTP/1.1 server for probes and metrics. Whoever can reach the port must not be able to hurt the program's
 * main job, so everything is bounded, which `Deno.serve` cannot do:
 *
 * - **in number**: 100 connections. One more takes the place of the oldest on which no request is being answered: a
 *   good client sends its request at once and is answered before it is the oldest.
 * - **in time**: a head within 5 s of the connection, or of its first byte on a kept one; an answer made and taken within
 *   5 s; 30 s of rest between two requests. Then the connection is closed without a word.
 * - **in bytes**: a head of 16 KiB; a body is not read; 1,000 requests on one connection.
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

/** Milliseconds for the head of a request. */
export const HEAD_WITHIN = 5_000;

/** Milliseconds between two requests. */
export const REST_FOR = 30_000;

/** Milliseconds for an answer; for what a peer still sends behind its last request. */
const ANSWER_WITHIN = 5_000;
const LINGER_FOR = 1_000;

/** Bytes of a body that are read to throw them away, so that an answer before it is read. */
const LINGER_BYTES = 256 * 1024;

/** Bytes that are asked for at a time. */
const READ_AT_ONCE = 4_096;
const NOTHING = new Uint8Array(0);

/** Requests on one connection: a peer that sends without end must let others come. */
const MOST_REQUESTS = 1_000;

/** A connection, as `Deno.Conn` has it. */
export interface Wire {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the own half. */
  closeWrite(): Promise<void>;
  close(): void;
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

/** All connections of one port. */
export class Server {
  readonly #routes: Routes;
  readonly #clock: Clock;
  /** In the order in which they came. */
  readonly #open = new Set<Connection>();
  /** Those that are closed and have not ended yet, too. */
  readonly #running = new Set<Promise<void>>();

  constructor(routes: Routes, clock: Clock) {
    this.#routes = routes;
    this.#clock = clock;
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#open.size;
  }

  /** Takes a connection over until it is closed; never throws, never rejects. */
  serve(wire: Wire): void {
    if (this.#open.size >= MOST_CONNECTIONS) this.makeRoom();
    const connection = new Connection(wire, this.#routes, this.#clock);
    this.#open.add(connection);
    const running = connection.run().finally(() => {
      this.#open.delete(connection);
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  /** Closes the oldest connection on which no request is being answered. */
  makeRoom(): void {
    const [oldest] = this.#open;
    const idle = [...this.#open].find((connection) => !connection.isAnswering) ?? oldest;
    if (idle === undefined) return;
    this.#open.delete(idle);
    idle.close();
  }

  /** Closes all of them, and waits until nothing of them is left. */
  async close(): Promise<void> {
    for (const connection of this.#open) connection.close();
    await Promise.all(this.#running);
  }
}

class Connection {
  readonly #wire: Wire;
  readonly #routes: Routes;
  readonly #clock: Clock;
  /** What was read and is of no request yet. Made with the first byte, since many connections never send one. */
  #buffer: Uint8Array | undefined;
  #filled = 0;
  #cancelDeadline = (): void => {};
  /** Rejects when it is closed, whatever a route still waits for. */
  readonly #closed = Promise.withResolvers<never>();
  #isClosed = false;
  isAnswering = false;

  constructor(wire: Wire, routes: Routes, clock: Clock) {
    this.#wire = wire;
    this.#routes = routes;
    this.#clock = clock;
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
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelDeadline();
    this.#closed.reject(new Error("closed"));
    this.#wire.close();
  }

  async #serve(): Promise<void> {
    for (let requests = 1; requests <= MOST_REQUESTS; requests++) {
      const read = await this.#nextHead(requests === 1);
      if (read === undefined) return;
      this.isAnswering = true;
      this.#within(ANSWER_WITHIN);
      if (read.kind === "refused") {
        await this.#write({ status: read.status, text: read.why }, { hasBody: true, keepsAlive: false });
        return await this.#linger();
      }
      const keepsAlive = read.head.keepsAlive && requests < MOST_REQUESTS;
      const hasBody = read.head.method !== "HEAD";
      await this.#write(await this.#answer(read.head), { hasBody, keepsAlive });
      this.isAnswering = false;
      if (!keepsAlive) return await this.#linger();
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

  async #answer(head: Head): Promise<Answer> {
    try {
      return await Promise.race([answer(this.#routes, head), this.#closed.promise]);
    } catch {
      return { status: 500, text: "This cannot be answered now." };
    }
  }

  async #write(
    { status, text, type = "text/plain; charset=utf-8", headers = {} }: Answer,
    { hasBody, keepsAlive }: { hasBody: boolean; keepsAlive: boolean },
  ): Promise<void> {
    const body = new TextEncoder().encode(`${text}\n`);
    const fields: Record<string, string> = {
      date: new Date(this.#clock.now()).toUTCString(),
      "content-type": type,
      "content-length": String(body.length),
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      connection: keepsAlive ? "keep-alive" : "close",
      ...headers,
    };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const head = new TextEncoder().encode(`HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n${lines}\r\n`);
    const bytes = new Uint8Array(head.length + (hasBody ? body.length : 0));
    bytes.set(head);
    if (hasBody) bytes.set(body, head.length);
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
    this.#cancelDeadline = this.#clock.after(milliseconds, () => this.close());
  }
}
