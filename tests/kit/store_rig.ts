import type { Store, StoreOptions } from "../../src/store/store.ts";
import { TestClock } from "./clock.ts";
import { openTestStore } from "./store.ts";
import { TestDisk } from "./test_disk.ts";

/** A store on a file whose disk the test moves. */
export interface Rig {
  store: Store;
  disk: TestDisk;
  clock: TestClock;
  folder: string;
  /** Endpoints that became ready, in order. */
  ready: string[];
  faults: (string | undefined)[];
  open: (path: string, options?: Partial<StoreOptions>) => Store;
}

/** A test with such a store. */
export function withRig(name: string, test: (rig: Rig) => Promise<void> | void): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    const [clock, ready, faults] = [
      new TestClock(undefined, () => Promise.resolve()),
      [] as string[],
      [] as Rig["faults"],
    ];
    const disk = new TestDisk(`${folder}/state.db`);
    const opened: Store[] = [];
    const options = {
      clock,
      onReady: (endpoints: ReadonlySet<string>) => void ready.push(...endpoints),
      onDiskFault: (fault: string | undefined) => void faults.push(fault),
    };
    const open = (path: string, more: Partial<StoreOptions> = {}): Store => {
      const store = openTestStore({ ...options, ...more }, path === "" ? disk : new TestDisk(path));
      opened.push(store);
      return store;
    };
    try {
      await test({ store: open(""), disk, clock, folder, ready, faults, open });
    } finally {
      for (const store of opened) store.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}
