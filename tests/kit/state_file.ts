import type { DatabaseSync } from "node:sqlite";
import { type Disk, openFile } from "../../src/store/database.ts";
import { A, openTestStore, record } from "./store.ts";

/** A test with a folder of its own, which goes with it. */
export function withFolder(name: string, test: (folder: string) => Promise<void> | void): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await test(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** A state file whose syncs end at once: a test must not end before them. */
export function withoutSync(path: string): Disk {
  const disk = openFile(path);
  Object.defineProperty(disk, "sync", { value: () => Promise.resolve() });
  return disk;
}

/** A state file with some pods in it. */
export function writeStateFile(path: string, pods = 200): void {
  const store = openTestStore({ file: path });
  for (let pod = 0; pod < pods; pod++) record(store, [A], { name: `web-${pod}` });
  store.close();
}

/** What a pragma of SQLite says. */
export function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}
