/**
 * The log beside the state file: what small batches changed, until SQLite is told of many of them together.
 *
 * A transaction of SQLite costs ten times what it costs to append the same to a file: it writes whole pages, of each table
 * that is touched, and later writes them back. So a small batch is appended here as one *record*, and after a megabyte
 * the journal writes all of it in one transaction, which says up to which record it goes (`meta`, key `log`). When that
 * is durable the log begins anew, from its first byte, over what was there.
 *
 *     record   "k8sl", length, CRC-32 of number and payload, number, payload
 *
 * Records are numbered without a gap. What counts at a start are those that follow the number in `meta`, up to the first
 * that is cut, damaged or out of turn: such a one was never durable, or is left of an earlier round.
 */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

/** "k8sl", little-endian. */
const MAGIC = 0x6c73386b;

/** Bytes before the payload. */
const HEAD = 20;

/** Where small batches go first. */
export interface Log {
  /** Bytes since it last began; the number of the last record. */
  readonly size: number;
  readonly last: number;
  /** The payloads of the records that follow a number. Called once, first; the next record goes behind them. */
  recordsAfter(number: number): Iterable<Uint8Array>;
  /** @throws the disk's error; what was written of it then counts for nothing */
  append(payload: Uint8Array): void;
  /** All records are in the database, durably: the next one takes the place of the first. */
  restart(): void;
}

/** A row that has changed; null: it is gone. */
export type Change = [table: string, key: string | number, row: Readonly<Record<string, unknown>> | null];

/** Rows as the payload of a record: as JSON, and behind that the bytes of blocks, of which the rows have the lengths. */
export function printRecord(changes: readonly Change[]): Uint8Array {
  const blobs: Uint8Array[] = [];
  const said = changes.map(([table, key, row]): Change => {
    const z = row?.["z"];
    if (!(z instanceof Uint8Array)) return [table, key, row];
    blobs.push(z);
    return [table, key, { ...row, z: z.length }];
  });
  return Buffer.concat([Buffer.from(`${JSON.stringify(said)}\n`), ...blobs]);
}

/** The opposite. */
export function parseRecord(payload: Uint8Array): Change[] {
  let at = payload.indexOf(0x0a) + 1;
  const said = JSON.parse(new TextDecoder().decode(payload.subarray(0, at))) as Change[];
  return said.map(([table, key, row]): Change => {
    const length = row?.["z"];
    return typeof length === "number"
      ? [table, key, { ...row, z: new Uint8Array(payload.subarray(at, at += length)) }]
      : [table, key, row];
  });
}

/** Appends to one file, which is written by nobody else. */
export class LogFile implements Log {
  readonly #file: Deno.FsFile;
  /** Where the next record goes, and its number. */
  #at = 0;
  #next = 1;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Undefined where something is there that is no log: SQLite alone will do.
   *
   * @throws the disk's error
   */
  static open(path: string): LogFile | undefined {
    const file = Deno.openSync(path, { create: true, read: true, write: true, mode: 0o600 });
    const magic = new Uint8Array(4);
    const length = file.readSync(magic) ?? 0;
    if (length === 0 || numberAt(magic, 0) === MAGIC) return new LogFile(file);
    file.close();
    return undefined;
  }

  get size(): number {
    return this.#at;
  }

  get last(): number {
    return this.#next - 1;
  }

  *recordsAfter(number: number): Generator<Uint8Array> {
    this.#next = number + 1;
    const bytes = new Uint8Array(this.#file.seekSync(0, Deno.SeekMode.End));
    this.#file.seekSync(0, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) at += this.#file.readSync(bytes.subarray(at)) ?? bytes.length;
    for (let record = recordAt(bytes, 0); record !== undefined; record = recordAt(bytes, this.#at)) {
      // Those before were written by a transaction already.
      if (record.number > number && record.number !== this.#next) break;
      this.#at += HEAD + record.payload.length;
      if (record.number <= number) continue;
      this.#next++;
      yield record.payload;
    }
  }

  append(payload: Uint8Array): void {
    const record = new Uint8Array(HEAD + payload.length);
    const view = new DataView(record.buffer);
    view.setUint32(0, MAGIC, true);
    view.setUint32(4, payload.length, true);
    view.setFloat64(12, this.#next, true);
    record.set(payload, HEAD);
    view.setUint32(8, crc32(record.subarray(12)), true);
    this.#file.seekSync(this.#at, Deno.SeekMode.Start);
    for (let at = 0; at < record.length;) at += this.#file.writeSync(record.subarray(at));
    this.#at += record.length;
    this.#next++;
  }

  restart(): void {
    this.#at = 0;
  }

  /** Resolves when what was appended before is safe from a power cut. */
  sync(): Promise<void> {
    return this.#file.syncData();
  }

  close(): void {
    this.#file.close();
  }
}

function recordAt(bytes: Uint8Array, at: number): { number: number; payload: Uint8Array } | undefined {
  if (at + HEAD > bytes.length || numberAt(bytes, at) !== MAGIC) return undefined;
  const end = at + HEAD + numberAt(bytes, at + 4);
  if (end > bytes.length || crc32(bytes.subarray(at + 12, end)) !== numberAt(bytes, at + 8)) return undefined;
  const number = new DataView(bytes.buffer, bytes.byteOffset + at).getFloat64(12, true);
  return { number, payload: bytes.subarray(at + HEAD, end) };
}

function numberAt(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}
