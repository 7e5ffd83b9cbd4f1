/**
 * The bodies, deflated together in blocks of at most 128 KB: neighbours look alike, so a pod of 6 KB takes 1.2 KB in
 * a block and 2.6 alone, and to deflate it costs 4 µs in place of 30. A body that is larger has a block of its own.
 *
 * The one body of a small batch, which is what a watch brings, stays as it is: to deflate it alone would cost more than
 * all else that is done for a change, and most are superseded soon. When those that stay are many, `compact` deflates
 * them together.
 *
 * - `add` puts a body into the open block. It is sealed at the end of a batch, or when it is full.
 * - `read` gives a body back: from the open block, from a raw block that is still in memory, or by inflating.
 * - `use` and `release` say that one version more, or less, points into a block. A block goes with the last of them.
 * - `compact` writes what still lives of sparse blocks into new ones (see there).
 */
import { Buffer } from "node:buffer";
import { crc32, deflateSync, inflateSync } from "node:zlib";
import { damaged as damagedFile, type StoreError } from "./disk_fault.ts";
import type { Journal, VersionRow } from "./journal.ts";

/** Larger blocks deflate no better by much, and take milliseconds to inflate for one body. */
const BLOCK = 128 * 1024;

/** A body of a batch of its own is not deflated up to this size. */
const STORED = 16 * 1024;

/** Bytes of those that may stay so. */
const STORED_KEPT = 8 * 1024 * 1024;

/** Bytes of raw blocks that stay in memory: what was recorded or inflated last is what is sent next. */
const RAW_KEPT = 1 * 1024 * 1024;

/**
 * Bytes of the room of a raw block, and how many rooms are kept to be used again: memory outside of V8's heap that comes
 * and goes makes it collect all garbage again and again, and that was a quarter of the processor of a first sync. So what
 * is in such a room never leaves: `read` copies.
 */
const ROOM = BLOCK;
const SPARE = 4;

/** The disk may hold so much that nothing points at before it is compacted: as much again, and a little. */
const SLACK = 8 * 1024 * 1024;

/** Blocks in memory beyond what their bodies need at least: each takes some 200 bytes. */
const SPARE_BLOCKS = 2_048;

/** Blocks that one look for sparse ones finds. */
const CANDIDATES = 256;

/** Where a body is. Block 0: nowhere. */
export type Place = Pick<VersionRow, "block" | "at" | "length">;

/** The place of a body that is not kept. */
export const NOWHERE: Place = { block: 0, at: 0, length: 0 };

interface Block {
  /** Bytes on the disk: `raw` and a checksum where it is not deflated; 0 while it is open. */
  z: number;
  /** Bytes before that, and how many of them versions point at (twice where two do). */
  raw: number;
  live: number;
  /** The versions that point at it. It goes with the last. */
  versions: number[];
}

/** Bytes with a buffer of their own. */
type Raw = Uint8Array<ArrayBuffer>;

/** The bodies of all versions. */
export class Bodies {
  readonly #journal: Journal;
  readonly #blocks = new Map<number, Block>();
  #lastBlock = 0;
  /** The block that is being filled. */
  #open: { id: number; parts: { at: number; body: Uint8Array }[]; size: number } | undefined;
  /** Raw blocks in memory, the least recently used first. */
  readonly #raw = new Map<number, Raw>();
  #rawBytes = 0;
  /** Room for raw blocks to come; see `ROOM`. */
  readonly #spare: Raw[] = [];
  #z = 0;
  #liveZ = 0;
  #rawLive = 0;
  #references = 0;
  /** Blocks that are one body which was not deflated, the oldest first, and their bytes. */
  readonly #stored = new Set<number>();
  #storedBytes = 0;
  #candidates: number[] = [];

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** A block that is on the disk already. Those that nothing uses are dropped by `sweep`. */
  load(id: number, raw: number, z: number): void {
    this.#blocks.set(id, { z, raw, live: 0, versions: [] });
    this.#lastBlock = Math.max(this.#lastBlock, id);
    this.#z += z;
    const block = this.#blocks.get(id);
    if (block !== undefined && raw <= STORED && isStored(block)) this.#store(id, block);
  }

  sweep(): void {
    for (const [id, block] of this.#blocks) if (block.versions.length === 0) this.#drop(id, block);
  }

  /** Bytes of all blocks, deflated. */
  get bytes(): number {
    return this.#z;
  }

  /** An estimate of how many of them something points at. */
  get liveBytes(): number {
    return this.#liveZ;
  }

  /** How many versions point at one. */
  get count(): number {
    return this.#references;
  }

  /** What a body takes, deflated. */
  get meanBytes(): number {
    return this.#references === 0 ? 0 : this.#liveZ / this.#references;
  }

  /** Keeps a body. It may be a view of a buffer that is not written again. `use` follows. */
  add(body: Uint8Array): Place {
    if (this.#open !== undefined && this.#open.size + body.length > BLOCK) this.seal();
    const open = this.#open ??= this.#begin();
    const place = { block: open.id, at: open.size, length: body.length };
    open.parts.push({ at: open.size, body });
    open.size += body.length;
    return place;
  }

  /** A version points at a body. */
  use({ block: id, length }: Place, version: number): void {
    const block = this.#blocks.get(id);
    if (block === undefined) return;
    block.versions.push(version);
    this.#references++;
    this.#setLive(block, block.live + length);
  }

  /** It does so no more. */
  release({ block: id, length }: Place, version: number): void {
    const block = this.#blocks.get(id);
    const index = block?.versions.indexOf(version) ?? -1;
    if (block === undefined || index < 0) return;
    block.versions.splice(index, 1);
    this.#setLive(block, block.live - length);
    this.#references--;
    if (block.versions.length === 0 && this.#open?.id !== id) this.#drop(id, block);
  }

  /**
   * A body, which is the caller's own. Undefined where it is nowhere.
   *
   * @throws {StoreError} if it is not what was added
   */
  read({ block, at, length }: Place): Raw | undefined {
    if (block === 0) return undefined;
    const part = this.#open?.id === block ? this.#open.parts.find((one) => one.at === at) : undefined;
    if (part !== undefined) return part.body as Raw;
    return this.#rawOf(block).slice(at, at + length);
  }

  /** The end of a batch: what was added becomes a block. */
  seal(): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const block = this.#blocks.get(open.id);
    if (block === undefined) return;
    if (block.versions.length === 0) return this.#drop(open.id, block);
    const isAlone = open.parts.length === 1 && open.size <= STORED;
    // The bytes of one that is stored as it is are the journal's until they are written.
    const room = isAlone ? new Uint8Array(open.size + CHECKSUM) : this.#roomFor(open.size);
    const raw = room.subarray(0, open.size);
    for (const { at, body } of open.parts) raw.set(body, at);
    const z = isAlone ? checked(room) : deflate(raw);
    block.raw = open.size;
    block.z = z.length;
    this.#z += z.length;
    if (open.parts.length === 1 && isStored(block)) this.#store(open.id, block);
    const { live } = block;
    block.live = 0;
    this.#setLive(block, live);
    this.#journal.blocks.put(open.id, { raw: open.size, z });
    this.#keepRaw(open.id, raw);
  }

  /** Whether `compact` would find something worth its while. */
  isSparse(limit: number): boolean {
    const least = this.#rawLive / BLOCK;
    return this.#storedBytes > STORED_KEPT || this.#z > 2 * this.#liveZ + SLACK ||
      this.#blocks.size > SPARE_BLOCKS + 4 * least ||
      (this.#z > 0.9 * limit && this.#liveZ < 0.9 * this.#z);
  }

  /**
   * Writes the bodies of one block's worth of the sparsest blocks into the open block, so that the disk holds at most
   * twice what lives and each body is rewritten a few times at most.
   *
   * @param move adds the body of a version once more, and points the version at that
   */
  compact(move: (version: number) => void): void {
    if (this.#candidates.length === 0) this.#candidates = this.#sparsest();
    for (let moved = 0; moved < BLOCK;) {
      const id = this.#candidates.pop();
      const block = id === undefined ? undefined : this.#blocks.get(id);
      if (id === undefined) return;
      if (block === undefined || block.z === 0) continue;
      moved += block.live;
      block.versions.slice().forEach(move);
    }
  }

  /** The same of one block, if less than half of it lives. Returns how many bodies that were. */
  compactBlock(id: number, move: (version: number) => void): number {
    const block = this.#blocks.get(id);
    if (block === undefined || block.z === 0 || block.live >= block.raw / 2) return 0;
    const versions = block.versions.slice();
    versions.forEach(move);
    return versions.length;
  }

  /** The sparsest last; those that were not deflated, the oldest last, where they are too many. */
  #sparsest(): number[] {
    if (this.#storedBytes > STORED_KEPT) return [...this.#stored].slice(0, CANDIDATES).reverse();
    return [...this.#blocks].filter(([, { z, live }]) => z > 0 && live < BLOCK / 2)
      .sort(([, a], [, b]) => b.live - a.live).slice(-CANDIDATES).map(([id]) => id);
  }

  #begin(): { id: number; parts: { at: number; body: Uint8Array }[]; size: number } {
    const id = ++this.#lastBlock;
    this.#blocks.set(id, { z: 0, raw: 0, live: 0, versions: [] });
    return { id, parts: [], size: 0 };
  }

  #setLive(block: Block, live: number): void {
    // Two versions may point at one body, so what lives may be more than there is.
    const part = (bytes: number): number => block.raw === 0 ? 0 : block.z * Math.min(1, bytes / block.raw);
    this.#liveZ += part(live) - part(block.live);
    if (block.raw > 0) this.#rawLive += live - block.live;
    block.live = live;
  }

  #store(id: number, { z }: Block): void {
    this.#stored.add(id);
    this.#storedBytes += z;
  }

  #drop(id: number, block: Block): void {
    if (this.#stored.delete(id)) this.#storedBytes -= block.z;
    this.#setLive(block, 0);
    this.#z -= block.z;
    this.#blocks.delete(id);
    this.#journal.blocks.delete(id);
    this.#forgetRaw(id);
  }

  /** A body that is larger than a block has a room of its own, which is not used again. */
  #roomFor(size: number): Raw {
    return size > ROOM ? new Uint8Array(size) : this.#spare.pop() ?? new Uint8Array(ROOM);
  }

  #rawOf(id: number): Raw {
    const kept = this.#raw.get(id);
    if (kept !== undefined) {
      // Used last, so it stays longest.
      this.#raw.delete(id);
      this.#raw.set(id, kept);
      return kept;
    }
    const row = this.#journal.blocks.get(id);
    const raw = row !== undefined && isStored({ raw: row.raw, z: row.z.length })
      ? verified(row.z)
      : inflate(row?.z);
    this.#keepRaw(id, raw);
    return raw;
  }

  #keepRaw(id: number, raw: Raw): void {
    this.#raw.set(id, raw);
    this.#rawBytes += raw.length;
    for (const oldest of this.#raw.keys()) {
      if (this.#rawBytes <= RAW_KEPT || oldest === id) break;
      this.#forgetRaw(oldest);
    }
  }

  #forgetRaw(id: number): void {
    const raw = this.#raw.get(id);
    if (raw === undefined) return;
    this.#rawBytes -= raw.length;
    this.#raw.delete(id);
    if (raw.buffer.byteLength === ROOM && this.#spare.length < SPARE) {
      this.#spare.push(new Uint8Array(raw.buffer));
    }
  }
}

/** Bytes behind a body that is not deflated; zlib's format (RFC 1950) has one of its own. */
const CHECKSUM = 4;

function isStored({ raw, z }: { raw: number; z: number }): boolean {
  return z === raw + CHECKSUM;
}

/** Writes the checksum into the room that is left for it. */
function checked(bytes: Raw): Raw {
  const size = bytes.length - CHECKSUM;
  Buffer.from(bytes.buffer, bytes.byteOffset).writeUInt32LE(crc32(bytes.subarray(0, size)), size);
  return bytes;
}

/** What is not shorter deflated stays as it is, with a checksum: that is how the two are distinguished. */
function deflate(raw: Raw): Uint8Array {
  const z = deflateSync(raw, { level: 1 });
  if (z.length < raw.length + CHECKSUM) return z;
  const bytes = new Uint8Array(raw.length + CHECKSUM);
  bytes.set(raw);
  return checked(bytes);
}

/** A changed bit is found by the checksum of either. */
function verified(z: Uint8Array): Raw {
  const size = z.length - CHECKSUM;
  const body = z.subarray(0, size);
  const sum = Buffer.from(z.buffer, z.byteOffset, z.length).readUInt32LE(size);
  if (crc32(body) !== sum) throw damaged("its checksum differs");
  return new Uint8Array(body);
}

function inflate(z: Uint8Array | undefined): Raw {
  if (z === undefined) throw damaged("there is no such block");
  try {
    const { buffer, byteOffset, length } = inflateSync(z);
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
  } catch (cause) {
    throw damaged(cause);
  }
}

function damaged(cause: unknown): StoreError {
  return damagedFile("", cause, "the body of a pod is not what was written");
}
