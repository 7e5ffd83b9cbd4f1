/** Clocks of Linux: the time since the machine's start, and what a process's id is made one by. */
const MONOTONIC = 1;
const PROCESSOR_TIME = 2;

const libc = Deno.dlopen("libc.so.6", {
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
});

/** Seconds by a clock; undefined: it does not exist. */
function read(clock: number): number | undefined {
  const time = new BigInt64Array(2);
  if (libc.symbols.clock_gettime(clock, new Uint8Array(time.buffer)) !== 0) return undefined;
  const [seconds = 0n, nanoseconds = 0n] = time;
  return Number(seconds) + Number(nanoseconds) / 1e9;
}

/** Microseconds since the machine's start: the clock of a CPU profile. */
export function machineTime(): number {
  return (read(MONOTONIC) ?? NaN) * 1e6;
}

/** A process that is measured from outside, by what Linux says of it. */
export class Measured implements AsyncDisposable {
  readonly startedAt = Date.now();
  readonly #child: Deno.ChildProcess;
  readonly #end: () => void;

  /** @param end of what is done to it beside the measuring */
  constructor(child: Deno.ChildProcess, end: () => void = () => {}) {
    this.#child = child;
    this.#end = end;
  }

  /** Bytes that are resident now, and that were at the most. */
  async memory(): Promise<{ now: number; peak: number }> {
    // By a program: the runtime keeps /proc to those who may do everything.
    const { success, stdout } = await new Deno.Command("cat", {
      args: [`/proc/${this.#child.pid}/status`],
    }).output();
    if (!success) throw new Error("The program that is measured has ended.");
    const status = new TextDecoder().decode(stdout);
    const bytes = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
    return { now: bytes("VmRSS"), peak: bytes("VmHWM") };
  }

  /**
   * Seconds of the processor so far, of all threads, also those that have ended. By the process's own clock
   * (clock_getcpuclockid(3)): /proc counts in hundredths, and an idle minute has three of them.
   */
  cpu(): number {
    const seconds = read(~this.#child.pid << 3 | PROCESSOR_TIME);
    if (seconds === undefined) throw new Error("The program that is measured has ended.");
    return seconds;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
  }
}
