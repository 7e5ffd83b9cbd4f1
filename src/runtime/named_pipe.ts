import { closeSync, constants, openSync, readSync } from "node:fs";
import { readUpTo } from "./small_file.ts";

/** Milliseconds in which nothing comes: whoever was to write is not there, or has nothing. */
const PATIENCE = 10_000;

/** Milliseconds between two looks. */
const PAUSE = 20;

/** What a shell makes of `<(…)`: its writer is there, and ends with the program at Ctrl-C. */
const OF_SHELL = /^\/(dev|proc\/[^/]+)\/fd\//;

/** Whether it is a pipe on the disk, as `mkfifo` makes it: to open it waits for a writer without end, and hears no signal. */
export function isNamedPipe(path: string): boolean {
  return !OF_SHELL.test(path) && Deno.statSync(path).isFifo === true;
}

/**
 * The first bytes that come from it, `most` of them at the most.
 *
 * @throws {Deno.errors.TimedOut} where nothing comes for that long, and what else opening a file throws
 */
export function readNamedPipe(path: string, most: number, patience = PATIENCE): Uint8Array<ArrayBuffer> {
  const pipe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    let hasWriter = false;
    const readSoon = (into: Uint8Array): number | null => {
      const end = performance.now() + patience;
      for (;;) {
        const length = readNow(pipe, into);
        if (length !== 0) hasWriter = true;
        if (length === 0 && hasWriter) return null;
        if (length) return length;
        if (performance.now() >= end) throw new Deno.errors.TimedOut();
        pause();
      }
    };
    return readUpTo({ readSync: readSoon }, most);
  } finally {
    closeSync(pipe);
  }
}

/** 0: nobody has it open for writing; undefined: somebody has, and nothing is there yet. */
function readNow(pipe: number, into: Uint8Array): number | undefined {
  try {
    return readSync(pipe, into);
  } catch (error) {
    if ((error as { code?: unknown }).code === "EAGAIN") return undefined;
    throw error;
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
}
