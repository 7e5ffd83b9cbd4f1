/** A process that is measured from outside, by what Linux says of it (proc(5)). */
export class Measured implements AsyncDisposable {
  readonly startedAt = Date.now();
  readonly #child: Deno.ChildProcess;

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
  }

  /** Bytes that are resident now, and that were at the most. */
  async memory(): Promise<{ now: number; peak: number }> {
    const status = await this.#read("status");
    const bytes = (field: string): number =>
      Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
    return { now: bytes("VmRSS"), peak: bytes("VmHWM") };
  }

  /** Seconds of the processor so far. */
  async cpu(): Promise<number> {
    const stat = await this.#read("stat");
    // The name in parentheses may have spaces; utime and stime are fields 14 and 15, in hundredths.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
  }

  /** By a program: the runtime keeps /proc to those who may do everything. */
  async #read(file: string): Promise<string> {
    const { success, stdout } = await new Deno.Command("cat", {
      args: [`/proc/${this.#child.pid}/${file}`],
    }).output();
    if (!success) throw new Error("The program that is measured has ended.");
    return new TextDecoder().decode(stdout);
  }
}
