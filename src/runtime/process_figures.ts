import process from "node:process";

/** What the process takes of its machine. */
export interface ProcessFigures {
  /** Bytes of memory: resident, and of the JavaScript heap in use. */
  resident: number;
  heap: number;
  /** Seconds of processor since the start. */
  processor: number;
  /** When it started, in seconds since the Unix epoch. */
  started: number;
}

/** Needs no permission, and asks the system for nothing that is not in memory already. */
export function processFigures(): ProcessFigures {
  const { rss, heapUsed } = Deno.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    resident: rss,
    heap: heapUsed,
    processor: (user + system) / 1e6,
    started: performance.timeOrigin / 1_000,
  };
}
