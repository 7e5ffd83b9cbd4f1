/**
 * The mark beside the state file: whether the file is behind what was sent. What is sent while the file cannot be written is
 * not in it, and a process that starts from such a file must begin a new epoch; the file does not know of that either.
 *
 * It is written in place, so that it takes no room on a full disk.
 */
import { isDiskFault } from "./disk_fault.ts";

const MARK_SIZE = 4096;

function markOf(behindIn: number | undefined): Uint8Array {
  const text = behindIn === undefined ? "current" : `behind in epoch ${behindIn}`;
  return new TextEncoder().encode(text.padEnd(MARK_SIZE - 1) + "\n");
}

/**
 * Undefined where there is no room even for that.
 *
 * @throws one of `Deno.errors` if it cannot be read: whether the file is behind is then unknown
 */
export function openMark(path: string): { file: Deno.FsFile; behindIn: number | undefined } | undefined {
  let file: Deno.FsFile | undefined;
  try {
    file = Deno.openSync(path, { create: true, read: true, write: true, mode: 0o600 });
    const bytes = new Uint8Array(MARK_SIZE);
    const length = file.readSync(bytes) ?? 0;
    if (length < MARK_SIZE) file.writeSync(markOf(undefined).subarray(length));
    const [, epoch] = /^behind in epoch (\d+)/.exec(new TextDecoder().decode(bytes)) ?? [];
    return { file, behindIn: epoch === undefined ? undefined : Number(epoch) };
  } catch (error) {
    file?.close();
    if (isDiskFault(error)) return undefined;
    throw error;
  }
}

/** The epoch in which the file is behind; undefined: it is not. */
export function writeMark(file: Deno.FsFile, behindIn: number | undefined): void {
  file.seekSync(0, Deno.SeekMode.Start);
  file.writeSync(markOf(behindIn));
  file.syncDataSync();
}
