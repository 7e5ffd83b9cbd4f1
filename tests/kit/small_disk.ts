/** Bytes that a small disk has. */
const SIZE = 8 * 1024 * 1024;

/** Whether this process may mount a file system of its own: as root on Linux, and not in most containers. */
function canMount(): boolean {
  if (Deno.build.os !== "linux") return false;
  const folder = Deno.makeTempDirSync();
  try {
    return mount(folder) && unmount(folder);
  } finally {
    Deno.removeSync(folder);
  }
}

const MOUNTS = canMount();

/**
 * A test on a tmpfs of a few megabytes. `fillUp` leaves no byte on it; `makeRoom` takes that back. Where nothing can
 * be mounted the test is ignored.
 */
export function withSmallDisk(name: string, test: (folder: string) => void | Promise<void>): void {
  Deno.test({
    name,
    ignore: !MOUNTS,
    fn: async () => {
      const folder = await Deno.makeTempDir({ prefix: "small-disk-" });
      mount(folder);
      try {
        await test(folder);
      } finally {
        unmount(folder);
        await Deno.remove(folder);
      }
    },
  });
}

/** Writes until the disk has no room. */
export function fillUp(folder: string): void {
  const file = Deno.openSync(`${folder}/filler`, { create: true, append: true });
  try {
    for (const size of [65_536, 4_096, 1]) {
      for (let wrote = size; wrote > 0;) wrote = write(file, size);
    }
  } finally {
    file.close();
  }
}

export function makeRoom(folder: string): void {
  Deno.removeSync(`${folder}/filler`);
}

function write(file: Deno.FsFile, size: number): number {
  try {
    return file.writeSync(new Uint8Array(size));
  } catch (error) {
    if (/No space left/.test(String(error))) return 0;
    throw error;
  }
}

function mount(folder: string): boolean {
  return run("mount", "-t", "tmpfs", "-o", `size=${SIZE}`, "k8svent-test", folder);
}

function unmount(folder: string): boolean {
  // Lazily: what a failed test left open must not hide why it failed.
  return run("umount", "-l", folder);
}

function run(command: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(command, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
