import { type Disk, openFile } from "../../src/store/database.ts";

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
