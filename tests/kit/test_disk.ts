import type { DatabaseSync } from "node:sqlite";
import { type Disk, openFile } from "../../src/store/database.ts";
import type { Log } from "../../src/store/log_file.ts";

/** What is on a disk, by the end of its name. */
type Files = Record<"" | "-wal" | "-log", Uint8Array>;

/** A log of which each append is preceded and followed by something, such as a fault. */
export function logWith(log: Log, before: () => void, after: () => void): Log {
  return {
    get size() {
      return log.size;
    },
    get last() {
      return log.last;
    },
    recordsAfter: (number) => log.recordsAfter(number),
    append(payload): void {
      before();
      log.append(payload);
      after();
    },
    restart: () => log.restart(),
  };
}

/** A state file whose syncs end when the test says so, and whose disk is full when it says so. */
export class TestDisk implements Disk {
  readonly isMemory = false;
  readonly behindIn: number | undefined;
  readonly #file: Disk;
  readonly #path: string;
  #isFull = false;
  #syncs: { resolve: () => void; reject: (error: Error) => void }[] = [];
  /** The file and its log as a power cut would leave them: as of the last sync that ended. */
  #safe: Files;
  readonly #begun: Files[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#file = openFile(path);
    this.behindIn = this.#file.behindIn;
    this.#safe = this.#read();
  }

  get database(): DatabaseSync | undefined {
    return this.#file.database;
  }

  get log(): Log | undefined {
    const full = (): void => {
      if (this.#isFull) throw new Error("No space left on device");
    };
    return this.#file.log && logWith(this.#file.log, full, () => {});
  }

  open(): DatabaseSync {
    return this.#file.open();
  }

  sync = (): Promise<void> => {
    this.#begun.push(this.#read());
    return new Promise((resolve, reject) => this.#syncs.push({ resolve, reject }));
  };

  /** Syncs that have begun and not ended. */
  get syncing(): number {
    return this.#syncs.length;
  }

  /** The sync that runs ends, and what the store does then is done. */
  async endSync(error?: Error): Promise<void> {
    const sync = this.#syncs.shift();
    const begun = this.#begun.shift();
    if (error !== undefined) sync?.reject(error);
    else {
      this.#safe = begun ?? this.#safe;
      sync?.resolve();
    }
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  }

  /** A database that may have no more pages than it has is a full disk. */
  fillUp(): void {
    this.#isFull = true;
    const { page_count: pages } = this.open().prepare("PRAGMA page_count").get() ?? {};
    this.open().exec(`PRAGMA max_page_count = ${Number(pages)}`);
  }

  makeRoom(): void {
    this.#isFull = false;
    this.open().exec("PRAGMA max_page_count = 1000000");
  }

  setBehind(epoch: number | undefined): void {
    this.#file.setBehind(epoch);
  }

  close(): void {
    this.#file.close();
  }

  /** What a crash of the process (or a power cut) leaves, as another file. */
  copyTo(path: string, powerCut = false): void {
    const files = powerCut ? this.#safe : this.#read();
    for (const [end, bytes] of Object.entries(files)) Deno.writeFileSync(path + end, bytes);
    Deno.copyFileSync(`${this.#path}-mark`, `${path}-mark`);
  }

  #read(): Files {
    const read = (end: string): Uint8Array => {
      try {
        return Deno.readFileSync(this.#path + end);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        return new Uint8Array();
      }
    };
    return { "": read(""), "-wal": read("-wal"), "-log": read("-log") };
  }
}
