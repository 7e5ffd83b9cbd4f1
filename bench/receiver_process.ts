import { fileURLToPath } from "node:url";
import { pause } from "./pods.ts";
import { Measured } from "./process.ts";
import type { Report } from "./receiver.ts";

/** The receiver, from the side of the benchmark. */
export class ReceiverProcess implements AsyncDisposable {
  /** Where to deliver to. */
  readonly url: string;
  readonly #process: Measured;
  readonly #output: ReadableStreamDefaultReader<string>;

  private constructor(url: string, process: Measured, output: ReadableStreamDefaultReader<string>) {
    this.url = url;
    this.#process = process;
    this.#output = output;
  }

  /** Resolves when it listens. */
  static async start(): Promise<ReceiverProcess> {
    const program = fileURLToPath(new URL("receiver.ts", import.meta.url));
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-config", "--allow-net=127.0.0.1", program],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    return new ReceiverProcess((await output.read()).value?.trim() ?? "", new Measured(child), output);
  }

  /** Seconds of the processor so far. */
  async cpu(): Promise<number> {
    return await this.#process.cpu();
  }

  /** Forgets what came, and passes over changes that were asked for before an instant. */
  async reset(since = 0): Promise<void> {
    await this.#post(`/reset?since=${since}`);
  }

  /** Answers 503 from now on. */
  async refuse(): Promise<void> {
    await this.#post("/refuse");
  }

  /** Takes deliveries again. */
  async accept(): Promise<void> {
    await this.#post("/accept");
  }

  /** What came since the last reset. */
  async report(): Promise<Report> {
    return await (await fetch(`${this.url}/report`)).json();
  }

  /** Milliseconds from asking for each change to its receipt, sorted. */
  async latencies(): Promise<number[]> {
    return await (await fetch(`${this.url}/latencies`)).json();
  }

  /** Resolves with the first report that is as it should be. Throws where there is none within so many milliseconds. */
  async until(done: (report: Report) => boolean, patience = 600_000): Promise<Report> {
    const report = await this.watch(done, patience);
    if (done(report)) return report;
    throw new Error(`What should have come did not within ${patience / 1_000} s: ${JSON.stringify(report)}`);
  }

  /** The same, asked for ten times a second, but in the end resolves with the last report, whatever it says. */
  async watch(done: (report: Report) => boolean, patience: number): Promise<Report> {
    const start = performance.now();
    for (;;) {
      const report = await this.report();
      if (done(report) || performance.now() - start > patience) return report;
      await pause(100);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#output.cancel();
    await this.#process[Symbol.asyncDispose]();
  }

  async #post(path: string): Promise<void> {
    await (await fetch(`${this.url}${path}`, { method: "POST" })).body?.cancel();
  }
}
