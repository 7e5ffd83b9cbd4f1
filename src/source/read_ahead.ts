import type { Clock } from "../runtime/clock.ts";
import type { PieceReader } from "../runtime/piece_reader.ts";

/*
 * Reads a watch ahead of whoever takes from it, so that one take gives all that has come.
 *
 * The runtime hands on one chunk of HTTP at a time, and of a watch each event is one: who reads, works and reads again
 * gets one event each time, however many wait. What is done once for a batch, whatever its size (a transaction, an
 * fdatasync, the wake-up of workers), is then done for each event, and at hundreds of changes a second that was most of
 * what a change cost.
 *
 *     body ──▶ pieces, one after the other ──▶ room ──▶ take, which leaves the other room to be filled
 */

/** Bytes that are read at the most at a time. */
const READ = 64 * 1024;

/** Bytes that are read ahead at the most. Memory that nothing was written to is none yet. */
const ROOM = 512 * 1024;

/**
 * Milliseconds. An event that comes so soon after a take is one of many, and waits with those behind it until `APART` after
 * the take: at 100 changes a second four come together. What a take costs, whatever it holds, is 1.5 ms of the processor,
 * and each change 0.3 (by experiment).
 */
const BUSY = 14;
const APART = 40;

const NEWLINE = 0x0a;

/** How the stream is read. */
export interface Ahead {
  clock: Clock;
  /** Milliseconds of silence after which it is given up. */
  idle: number;
  /** Called then; what it does must end the reader. */
  onIdle: () => void;
  /** Called each time that bytes came. */
  onRead: () => void;
}

/**
 * The stream's bytes, each time all that have come, good until the next ones are asked for. What came before the stream
 * broke off is given first.
 *
 * @throws whatever broke the stream off
 */
export async function* readAhead(reader: PieceReader, ahead: Ahead): AsyncGenerator<Uint8Array, void, void> {
  const inflow = new Inflow(reader, ahead);
  try {
    for (;;) {
      await inflow.news();
      const { end } = inflow;
      const bytes = inflow.take();
      if (bytes.length > 0) yield bytes;
      else if (end?.fault !== undefined) throw end.fault.error;
      else if (end !== undefined) return;
    }
  } finally {
    inflow.close();
  }
}

/** What has come and was not taken. */
class Inflow {
  /** Whether the stream has ended, and of which fault. */
  end: { fault?: { error: unknown } } | undefined;
  readonly #reader: PieceReader;
  readonly #clock: Clock;
  readonly #onRead: () => void;
  readonly #watchdog: Watchdog;
  #room = new Uint8Array(ROOM);
  #other = new Uint8Array(ROOM);
  #length = 0;
  /** Whether the end of an event is among it. */
  #hasLine = false;
  #lastTake = -Infinity;
  #cancel = (): void => {};
  #news = Promise.withResolvers<void>();
  #taken = Promise.withResolvers<void>();
  #isClosed = false;

  constructor(reader: PieceReader, { clock, idle, onIdle, onRead }: Ahead) {
    this.#reader = reader;
    this.#clock = clock;
    this.#onRead = onRead;
    this.#watchdog = new Watchdog(clock, idle, onIdle);
    this.#fill().then(() => this.#ended({}), (error: unknown) => this.#ended({ fault: { error } }));
  }

  /** Resolves when it is time to take what has come, or nothing will come any more. */
  news(): Promise<void> {
    return this.#news.promise;
  }

  /** All that has come, good until the next take. */
  take(): Uint8Array {
    const bytes = this.#room.subarray(0, this.#length);
    [this.#room, this.#other] = [this.#other, this.#room];
    this.#length = 0;
    this.#hasLine = false;
    this.#cancel();
    this.#lastTake = this.#clock.monotonic();
    if (this.end === undefined) this.#news = Promise.withResolvers();
    this.#taken.resolve();
    return bytes;
  }

  /** Nothing more is taken. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#taken.resolve();
    this.#watchdog.close();
  }

  async #fill(): Promise<void> {
    let buffer = new ArrayBuffer(READ);
    while (!this.#isClosed) {
      this.#watchdog.waits();
      const { bytes, done } = await this.#reader.read(buffer);
      this.#watchdog.rests();
      if (done) return;
      this.#onRead();
      this.#keep(bytes);
      buffer = bytes.buffer;
      if (!this.#isFull) continue;
      this.#taken = Promise.withResolvers();
      this.#news.resolve();
      await this.#taken.promise;
    }
  }

  get #isFull(): boolean {
    return this.#length + READ > ROOM;
  }

  #keep(bytes: Uint8Array): void {
    this.#room.set(bytes, this.#length);
    this.#length += bytes.length;
    // A part of an event is of no use, and whoever took it would have the rest of it wait.
    if (this.#hasLine || !bytes.includes(NEWLINE)) return;
    this.#hasLine = true;
    const since = this.#clock.monotonic() - this.#lastTake;
    if (since >= BUSY) this.#news.resolve();
    else this.#cancel = this.#clock.after(APART - since, () => this.#news.resolve());
  }

  #ended(end: { fault?: { error: unknown } }): void {
    this.end = end;
    this.#watchdog.close();
    this.#news.resolve();
  }
}

/** Barks when somebody has waited for too long. One timer for all waits: to set one for each read would cost more. */
class Watchdog {
  readonly #clock: Clock;
  readonly #longest: number;
  readonly #bark: () => void;
  #since: number | undefined;
  #cancel: () => void;

  /** @param longest milliseconds */
  constructor(clock: Clock, longest: number, bark: () => void) {
    this.#clock = clock;
    this.#longest = longest;
    this.#bark = bark;
    this.#cancel = clock.after(longest, () => this.#look());
  }

  waits(): void {
    this.#since = this.#clock.monotonic();
  }

  rests(): void {
    this.#since = undefined;
  }

  close(): void {
    this.#cancel();
  }

  #look(): void {
    const waited = this.#since === undefined ? 0 : this.#clock.monotonic() - this.#since;
    if (waited >= this.#longest) return this.#bark();
    this.#cancel = this.#clock.after(this.#longest - waited, () => this.#look());
  }
}
