import { fileURLToPath } from "node:url";
import type { Report } from "./receiver.ts";

/** The receiver, from the side of the benchmark. */
export class ReceiverProcess implements AsyncDisposable {
  /** Where to deliver to. */
  readonly url: string;
  readonly #child: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<string>;

  private constructor(url: string, child: Deno.ChildProcess, output: ReadableStreamDefaultReader<string>) {
    this.url = url;
    this.#child = child;
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
    return new ReceiverProcess((await output.read()).value?.trim() ?? "", child, output);
  }

  /** Forgets what came. */
  async reset(): Promise<void> {
    await this.#post("/reset");
  }

  /** Answers 503 from now on. */
  async refuse(): Promise<void> {
    await this.#post("/refuse");
  }

  /** Takes deliveries again. */
  async accept(): Promise<void> {
    await this.#post("/accept");
  }

  /** Resolves with the first report that is as it should be; asked for ten times a second. */
  async until(done: (report: Report) => boolean): Promise<Report> {
    for (;;) {
      const report: Report = await (await fetch(`${this.url}/report`)).json();
      if (done(report)) return report;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#output.cancel();
    await this.#child.status;
  }

  async #post(path: string): Promise<void> {
    await (await fetch(`${this.url}${path}`, { method: "POST" })).body?.cancel();
  }
}
