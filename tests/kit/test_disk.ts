import type { DatabaseSync } from "node:sqlite";
import { type Disk, openFile } from "../../src/store/database.ts";

/** A state file whose syncs end when the test says so, and whose disk is full when it says so. */
export class TestDisk implements Disk {
  readonly isMemory = false;
  readonly behindIn: number | undefined;
  readonly #file: Disk;
  readonly #path: string;
  #syncs: { resolve: () => void; reject: (error: Error) => void }[] = [];
  /** The file and its log as a power cut would leave them: as of the last sync that ended. */
  #safe: { file: Uint8Array; wal: Uint8Array };
  readonly #begun: { file: Uint8Array; wal: Uint8Array }[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#file = openFile(path);
    this.behindIn = this.#file.behindIn;
    this.#safe = this.#read();
  }

  get database(): DatabaseSync | undefined {
    return this.#file.database;
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
    const { page_count: pages } = this.open().prepare("PRAGMA page_count").get() ?? {};
    this.open().exec(`PRAGMA max_page_count = ${Number(pages)}`);
  }

  makeRoom(): void {
    this.open().exec("PRAGMA max_page_count = 1000000");
  }

  check(): void {
    this.#file.check();
  }

  setBehind(epoch: number | undefined): void {
    this.#file.setBehind(epoch);
  }

  close(): void {
    this.#file.close();
  }

  /** What a crash of the process (or a power cut) leaves, as another file. */
  copyTo(path: string, powerCut = false): void {
    const { file, wal } = powerCut ? this.#safe : this.#read();
    Deno.writeFileSync(path, file);
    Deno.writeFileSync(`${path}-wal`, wal);
    Deno.copyFileSync(`${this.#path}-mark`, `${path}-mark`);
  }

  #read(): { file: Uint8Array; wal: Uint8Array } {
    let wal = new Uint8Array();
    try {
      wal = Deno.readFileSync(`${this.#path}-wal`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return { file: Deno.readFileSync(this.#path), wal };
  }
}
