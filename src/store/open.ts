/**
 * The store: its parts put together, and the cycle of a batch.
 *
 *     record, acknowledged …  change memory, and note which rows are dirty
 *     commit                  makes room (eviction), seals the bodies, writes what is dirty in one transaction
 *     sync                    with `--state`: an fdatasync of the write-ahead log, one at a time, beside the work
 *     release                 the batch is durable: what it touched may be sent (W1, W2)
 *
 * Acknowledgements are written with the next commit, or 250 ms later, or in the next turn when their line goes on. A
 * private file outlives nothing, so nobody waits for it: it is written every 250 ms, or when there is much to write.
 *
 * A disk that fails changes nothing in memory. What is dirty stays dirty and is tried again every ten seconds, in
 * slices once that works; meanwhile batches are released as if they were durable, the file is marked as behind
 * (database.ts), and a process that starts from it begins a new epoch.
 */
import type { Clock } from "../runtime/clock.ts";
import { isTransition } from "../change/reasons.ts";
import { Histogram } from "../runtime/histogram.ts";
import { PendingAges } from "./ages.ts";
import { Bodies } from "./bodies.ts";
import { type Disk, openFile, openPrivate } from "./database.ts";
import { diskFault, isDiskFault } from "./disk_fault.ts";
import { Eviction } from "./eviction.ts";
import { PodFollowers } from "./followers.ts";
import { KnownPods } from "./inventory.ts";
import { Journal } from "./journal.ts";
import { load } from "./load.ts";
import type { Batch } from "./order.ts";
import { PendingLines } from "./pending.ts";
import type { KnownPod, LastEvents, NewVersion, Store, StoreFigures, StoreOptions } from "./store.ts";
import type { Pod } from "./pods.ts";
import { Versions } from "./versions.ts";

/** How long an acknowledgement may wait for a commit that something else asks for, in milliseconds. */
const LAZY = 250;

/** How long what belongs to a batch that goes on may wait, in milliseconds. */
const SOON = 20;

/** Rows that wait for a private file, at the most. */
const PRIVATE_ROWS = 2_000;

/** Bounds of how long transactions take, in seconds. */
const COMMIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

/** How often a disk that fails is tried again, in milliseconds; and how many rows are written at once when it works. */
const RETRY = 10_000;
const SLICE = 1_000;

/** How often it is made sure that the file is still the one that was opened, in milliseconds. */
const CHECK = 10_000;

/**
 * Opens a store.
 *
 * @param disk where it is kept, if not where the options say
 * @throws {StoreError} with a sentence that says what to do
 */
export function openStore(options: StoreOptions, disk?: Disk): Store {
  return new OpenStore(
    options,
    disk ?? (options.file === undefined ? openPrivate() : openFile(options.file)),
  );
}

class OpenStore implements Store {
  readonly inventory: KnownPods;
  readonly followers: PodFollowers;
  readonly pending: PendingLines;
  readonly ages: PendingAges;
  readonly lastEvents: LastEvents;
  readonly #commits = new Histogram(COMMIT_SECONDS);
  readonly #options: StoreOptions;
  readonly #clock: Clock;
  readonly #disk: Disk;
  readonly #journal = new Journal();
  readonly #bodies = new Bodies(this.#journal);
  readonly #versions = new Versions(this.#journal, this.#bodies);
  readonly #eviction: Eviction;
  /** Batches that are not durable yet, the oldest first. */
  readonly #batches: Batch[] = [];
  #committed = 0;
  #isSyncing = false;
  /** Whether a sync failed: the kernel may have let go of what it was to write, and the next sync does not say so. */
  #isLogDoubtful = false;
  #timer: { at: number; cancel: () => void } | undefined;
  #fault: string | undefined;
  #nextTry = 0;
  #nextCheck = 0;
  /** The epoch in which the file is behind, as the mark beside it says; undefined: it is not. */
  #behindIn: number | undefined;
  /** The batch with which the file has all of what was sent while it was behind. */
  #wholeWith = 0;
  #isClosed = false;

  constructor(options: StoreOptions, disk: Disk) {
    this.#options = options;
    this.#clock = options.clock;
    this.#disk = disk;
    this.pending = new PendingLines({
      journal: this.#journal,
      versions: this.#versions,
      onAudience: (pod, endpoint) => this.inventory.setStanding(pod, endpoint, "sent"),
      onForgotten: (endpoint) => this.followers.forgetEndpoint(endpoint),
      onSettled: (pod) => this.inventory.settled(pod),
      onChange: (urgent) => this.#commitIn(urgent ? 0 : LAZY),
      now: () => options.clock.now(),
    });
    this.ages = new PendingAges(options.clock, this.pending.all);
    this.lastEvents = this.pending.all;
    this.inventory = new KnownPods({
      journal: this.#journal,
      versions: this.#versions,
      endpoints: this.pending.all,
      order: this.pending.order,
      clock: options.clock,
      onRemoved: (pod) => this.followers.forgetPod(pod),
    });
    this.followers = new PodFollowers(this.#journal, this.pending.all, this.inventory);
    this.#eviction = new Eviction({
      bodies: this.#bodies,
      versions: this.#versions,
      pending: this.pending,
      inventory: this.inventory,
      journal: this.#journal,
      clock: options.clock,
      memory: options.buffer,
      disk: disk.isMemory ? options.buffer : options.stateMax,
      isMemory: disk.isMemory,
      onEvicted: options.onEvicted,
    });
    if (disk.database !== undefined) this.#journal.attach(disk.database);
    const { inventory, followers, pending } = this;
    load({
      journal: this.#journal,
      bodies: this.#bodies,
      versions: this.#versions,
      inventory,
      followers,
      pending,
    });
    if (disk.behindIn !== undefined) this.#leaveBehind(disk.behindIn);
    // All that was read is durable.
    const read = pending.order.endBatch();
    pending.order.durable(read, new Set());
    this.#committed = read.batch;
    this.ages.committed(pending.lastSeq);
  }

  /**
   * What was sent after the file fell behind is in no row of it. A pending version may be older than that, so it is
   * sent in an epoch of its own; another one follows, in which all that is listed is news: nothing has an id twice. An
   * inventory stays in its old one: of the pods that were sent since it knows nothing.
   *
   * @param epoch of the process that ended
   */
  #leaveBehind(epoch: number): void {
    const { inventory } = this;
    while (inventory.epoch <= epoch) inventory.beginEpoch();
    for (const id of this.pending.all.versionsOfPods()) this.#versions.renew(id, inventory.epoch);
    // What is said again of a pod that is not listed yet must not fall behind that.
    for (const pod of inventory.pods()) pod.epoch = inventory.epoch;
    inventory.beginEpoch();
    this.#setBehind(inventory.epoch);
  }

  get figures(): StoreFigures {
    return { bytes: this.#isClosed ? 0 : this.#journal.bytes, commits: this.#commits };
  }

  get fault(): string | undefined {
    return this.#fault;
  }

  record(known: KnownPod | undefined, version: NewVersion, endpoints: Iterable<string>, line?: string): void {
    const pod = known as Pod | undefined ?? this.inventory.notice(line ?? version.event);
    const { inventory, pending } = this;
    // What is said once more of a version belongs to its epoch; what is new, to the one that runs.
    const isOld = version.event === "pod.changed" && version.resourceVersion === pod.resourceVersion;
    if (version.body !== undefined) pod.changedAt = this.#clock.now();
    const id = this.#versions.add(pod, version, isOld ? pod.epoch : inventory.epoch);
    const former = pod.current;
    if (!pod.isGone) pod.current = id;
    if (former !== 0) pending.order.unused(pod, former);
    const transition = isTransition(version.reasons);
    for (const endpoint of endpoints) pending.add(endpoint, pod, id, transition);
    if (pod.isGone) pending.order.unused(pod, id);
  }

  commit(): void {
    this.#commit(
      this.#disk.sync !== undefined || this.#disk.isMemory || this.#journal.dirtyRows > PRIVATE_ROWS,
    );
  }

  commitSoon(): void {
    this.#commitIn(SOON);
  }

  /** @param writes whether what is dirty is written now; else nobody waits for that */
  #commit(writes: boolean): void {
    // Somebody may still ask how things are (SIGUSR1) while the program ends.
    if (this.#isClosed) return;
    if (this.#eviction.makeRoom(this.#fault !== undefined)) this.#commitIn(0);
    if (this.#fault === undefined && this.#bodies.isSparse(this.#options.stateMax)) this.#versions.compact();
    this.#bodies.seal();
    // History may be rewritten while the disk fails.
    if (this.#behindIn !== undefined && this.#behindIn !== this.inventory.epoch) {
      this.#setBehind(this.inventory.epoch);
    }
    this.ages.committed(this.pending.lastSeq);
    this.#batches.push(this.pending.order.endBatch());
    const batch = this.#batches.at(-1)?.batch ?? 0;
    if (writes) return this.#write(batch);
    this.#commitIn(LAZY);
    this.#release(batch);
  }

  #write(batch: number): void {
    const isDirty = this.#journal.dirtyRows > 0;
    const wait = this.#nextTry - this.#clock.monotonic();
    if (this.#fault !== undefined && wait > 0) {
      this.#commitIn(wait);
      return this.#release(batch);
    }
    try {
      if (!this.#journal.isAttached) this.#journal.attach(this.#disk.open());
      this.#check();
      if (isDirty) this.#writeDirty();
      if (this.#isLogDoubtful) this.#emptyLog();
    } catch (error) {
      if (!isDiskFault(error)) throw error;
      return this.#failed(error, batch);
    }
    if (this.#journal.dirtyRows > 0) {
      // After a fault there may be much to write, and deliveries must not wait for it.
      this.#commitIn(0);
      return this.#release(batch);
    }
    this.#works(batch);
    const isSettled = this.#batches.length === 1 && !isDirty;
    this.#committed = batch;
    if (this.#disk.sync === undefined || isSettled) this.#release(batch);
    else this.#sync(this.#disk.sync);
  }

  #check(): void {
    const now = this.#clock.monotonic();
    if (this.#fault === undefined && now < this.#nextCheck) return;
    this.#nextCheck = now + CHECK;
    this.#disk.check();
  }

  #writeDirty(): void {
    const began = this.#clock.monotonic();
    this.#journal.write(this.#fault === undefined ? Infinity : SLICE);
    this.#commits.observe((this.#clock.monotonic() - began) / 1_000);
  }

  /** What stands in the log is written into the file, which SQLite then makes durable (lwn.net/Articles/752063). */
  #emptyLog(): void {
    this.#disk.database?.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    this.#isLogDoubtful = false;
  }

  /** One at a time: what was committed before it began is durable when it ends. */
  #sync(sync: () => Promise<void>): void {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    const committed = this.#committed;
    const next = (): void => {
      this.#isSyncing = false;
      if (!this.#isClosed && this.#fault === undefined && this.#committed > committed) this.#sync(sync);
    };
    sync().then(() => {
      if (this.#isClosed) return;
      const isWhole = this.#fault === undefined && committed >= this.#wholeWith;
      if (isWhole && this.#behindIn !== undefined) this.#setBehind(undefined);
      this.#release(committed);
      next();
    }, (error: unknown) => {
      if (this.#isClosed) return;
      this.#isLogDoubtful = true;
      this.#failed(error instanceof Error ? error : new Error(String(error)), this.#committed);
      next();
    });
  }

  #release(batch: number): void {
    const ready = new Set<string>();
    for (
      let first = this.#batches[0];
      first !== undefined && first.batch <= batch;
      first = this.#batches[0]
    ) {
      this.#batches.shift();
      this.pending.order.durable(first, ready);
    }
    if (ready.size > 0) this.#options.onReady(ready);
  }

  /** W1 and W2 are waived: whoever waits for the disk would wait for ever. */
  #failed(error: Error, batch: number): void {
    this.#nextTry = this.#clock.monotonic() + RETRY;
    this.#commitIn(RETRY);
    if (this.#fault === undefined) {
      this.#fault = diskFault(error);
      this.#setBehind(this.inventory.epoch);
      this.#options.onDiskFault(this.#fault);
    }
    this.#release(batch);
  }

  /** All is written, up to this batch; what is on the disk is for a sync to show. */
  #works(batch: number): void {
    if (this.#fault === undefined) return;
    this.#fault = undefined;
    this.#wholeWith = batch;
    this.#options.onDiskFault(undefined);
  }

  #setBehind(epoch: number | undefined): void {
    this.#behindIn = epoch;
    this.#disk.setBehind(epoch);
  }

  /** A timer that was set for another reason stays set: to cancel and set one at each change would cost more. */
  #commitIn(milliseconds: number): void {
    if (this.#isClosed) return;
    const at = this.#clock.monotonic() + milliseconds;
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#timer?.cancel();
    const cancel = this.#clock.after(milliseconds, () => {
      this.#timer = undefined;
      this.#commit(true);
    });
    this.#timer = { at, cancel };
  }

  tidy(): void {
    this.inventory.tidy();
    this.commit();
    this.#eviction.report();
    if (this.#fault !== undefined) return;
    try {
      this.#journal.shrink();
    } catch (error) {
      // To give room back takes some, in the write-ahead log. Another minute will do.
      if (!isDiskFault(error)) throw error;
    }
  }

  close(): void {
    this.#timer?.cancel();
    this.#bodies.seal();
    try {
      if (!this.#journal.isAttached) this.#journal.attach(this.#disk.open());
      this.#disk.check();
      this.#journal.write();
      if (this.#behindIn !== undefined) this.#setBehind(undefined);
    } catch (error) {
      if (!isDiskFault(error)) throw error;
    }
    this.#isClosed = true;
    this.#disk.close();
  }
}
