import { DatabaseSync } from "node:sqlite";
import { type Clock, sleep } from "../../src/runtime/clock.ts";

/**
 * The disk that the state is on: whether it can be written, and what of it is left after a kill and after a power cut.
 *
 * A kill leaves what was written. A power cut leaves what was durable: what had been written when the last completed
 * `fdatasync` began (or when the file was closed the last time). The program goes on with the one or the other in
 * a file with another name, so that what runs on for a moment after its death harms nothing.
 *
 * A disk that fails refuses every transaction of the database there; the file can still be read. `isBehind` says that
 * the program has changed something since and could not write it: a kill then loses that.
 */
export class ModelDisk {
  /** Counts the moments to which a crash may go back: each begin of an `fdatasync`, and of a time without a disk. */
  syncs = 0;
  /** The number of the last one whose `fdatasync` has completed. */
  durable = 0;
  isBehind = false;
  /**
   * Whether a crash may lose what was sent: what the program sends while it cannot write (W1 and W2 of
   * src/store/store.ts are waived then), until that is durable.
   */
  mayForget = false;
  /** Whether the file is marked as one of which that may have been lost; the next run takes its mark away, once it is durable. */
  #isMarked = false;
  /**
   * How many runs began with a file that was so marked: each with two epochs, for what was pending and for what is listed.
   * One that was killed before it had made its file durable leaves the mark to the next.
   */
  markedStarts = 0;
  #isFailing = false;
  #number = 0;
  /** The number that stands for the moment since which nothing was written. */
  #written = 0;
  /** Of the last sync that had begun when what had not been written was. */
  #rewritten = 0;
  readonly #clock: Clock;
  readonly #folder: string;
  /** Whether there will be power cuts: only then is there anything to copy at a sync. */
  readonly #cuts: boolean;
  readonly #onSync: (sync: number) => void;

  /**
   * @param folder the caller removes it
   * @param onSync called at each such moment, with its number
   */
  constructor(clock: Clock, folder: string, cuts: boolean, onSync: (sync: number) => void) {
    this.#clock = clock;
    this.#folder = folder;
    this.#cuts = cuts;
    this.#onSync = onSync;
    byFolder.set(folder, this);
  }

  /** The state file. */
  get file(): string {
    return this.#path("state");
  }

  get isFailing(): boolean {
    return this.#isFailing;
  }

  fail(): void {
    this.#isFailing = true;
  }

  heal(): void {
    this.#isFailing = false;
  }

  /** The program begins. */
  starts(): void {
    if (this.#isMarked) this.markedStarts++;
    this.#settle();
  }

  /** All that is in the file is durable. */
  #settle(): void {
    this.isBehind = this.mayForget = false;
    this.#begin();
    this.durable = this.syncs;
  }

  /** The program ended in an orderly way. */
  closed(): void {
    if (!this.isBehind) this.#isMarked = false;
  }

  /**
   * `fdatasync` as the program is given it.
   *
   * @param time milliseconds that it takes
   */
  async fdatasync(time: number, signal: AbortSignal): Promise<void> {
    const sync = this.#begin();
    if (time > 0) await sleep(this.#clock, time, signal);
    if (time === 0 || !signal.aborted) this.#complete(sync);
  }

  /** The moment since which nothing was written, if it is behind: what a program that ends now leaves. */
  get left(): number | undefined {
    return this.isBehind ? this.#written : undefined;
  }

  /** Goes on with what was written. */
  kill(): void {
    this.#goOnWith(this.file);
  }

  /** Goes on with what was durable. */
  cutPower(): void {
    this.#goOnWith(this.#path(`durable-${this.durable}`));
  }

  /** Called once, last. */
  close(): void {
    byFolder.delete(this.#folder);
  }

  /** What was tried to be written, and whether it was. */
  wrote(isDone: boolean): void {
    if (!isDone && !this.isBehind) this.#onSync(this.#written = ++this.syncs);
    if (isDone && this.isBehind) this.#rewritten = this.syncs;
    this.isBehind = !isDone;
    this.mayForget ||= !isDone;
    this.#isMarked ||= !isDone;
  }

  #begin(): number {
    this.#onSync(++this.syncs);
    if (this.#cuts) copyState(this.file, this.#path(`durable-${this.syncs}`));
    return this.syncs;
  }

  #complete(sync: number): void {
    this.durable = Math.max(this.durable, sync);
    if (!this.isBehind && sync > this.#rewritten) this.mayForget = this.#isMarked = false;
  }

  #goOnWith(from: string): void {
    const mark = `${this.file}-mark`;
    this.#number++;
    copyState(from, this.file);
    // The program makes the mark durable each time that it writes it.
    copy(mark, `${this.file}-mark`);
    this.#settle();
  }

  #path(name: string): string {
    return `${this.#folder}/${name}-${this.#number}`;
  }
}

/** The main file alone lacks what was not written back to it yet. */
function copyState(from: string, to: string): void {
  for (const suffix of ["", "-wal"]) copy(from + suffix, to + suffix);
}

function copy(from: string, to: string): void {
  try {
    Deno.copyFileSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

const byFolder = new Map<string, ModelDisk>();

/**
 * Whatever opens a database on a model's disk meets its faults: `node:sqlite` itself gets them, so that the
 * store needs no door for tests.
 */
const exec = DatabaseSync.prototype.exec;
DatabaseSync.prototype.exec = function (sql: string): void {
  const [statement] = /^\s*(?:BEGIN|COMMIT)/.exec(sql) ?? [];
  const disk = statement === undefined ? undefined : diskOf(this);
  if (statement === "BEGIN" && disk?.isFailing) {
    disk.wrote(false);
    throw new Error("database or disk is full");
  }
  exec.call(this, sql);
  if (statement === "COMMIT") disk?.wrote(true);
};

function diskOf(database: DatabaseSync): ModelDisk | undefined {
  if (byFolder.size === 0) return undefined;
  const path = database.location();
  return path === null ? undefined : byFolder.get(path.slice(0, path.lastIndexOf("/")));
}
