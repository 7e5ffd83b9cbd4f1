import { fileURLToPath } from "node:url";
import { issueCertificate } from "../tests/kit/certificates.ts";
import { pause } from "./pods.ts";
import { Measured } from "./process.ts";
import type { Report } from "./receiver.ts";

/** Where a program delivers to. */
export interface Destination {
  /** One for each endpoint. */
  urls: string[];
  /** The PEM file of the authority that issued their certificate; undefined: they are no https. */
  authority?: string;
}

/** The receiver, from the side of the benchmark. */
export class ReceiverProcess implements AsyncDisposable {
  readonly #plain: string;
  readonly #secure: string;
  readonly #authority: string;
  readonly #process: Measured;
  readonly #parts: AsyncDisposableStack;

  private constructor(urls: string, authority: string, process: Measured, parts: AsyncDisposableStack) {
    const [plain = "", secure = ""] = urls.trim().split(" ");
    this.#plain = plain;
    this.#secure = secure;
    this.#authority = authority;
    this.#process = process;
    this.#parts = parts;
  }

  /** Resolves when it listens. */
  static async start(): Promise<ReceiverProcess> {
    await using parts = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "k8svent-bench-receiver-" });
    parts.defer(() => Deno.remove(folder, { recursive: true }));
    const issuer = issueCertificate("an authority");
    await Deno.writeTextFile(`${folder}/authority.pem`, issuer.cert);
    const { cert, key } = issueCertificate("a receiver", { issuer, hosts: ["127.0.0.1"] });
    const program = fileURLToPath(new URL("receiver.ts", import.meta.url));
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-config", "--allow-net=127.0.0.1", program, cert, key],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const measured = parts.use(new Measured(child));
    const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    parts.defer(() => output.cancel());
    const urls = (await output.read()).value ?? "";
    return new ReceiverProcess(urls, `${folder}/authority.pem`, measured, parts.move());
  }

  /** So many endpoints, of http. */
  endpoints(count: number): Destination {
    return { urls: Array.from({ length: count }, (_, index) => `${this.#plain}/${index + 1}`) };
  }

  /** One endpoint, of https. */
  secureEndpoint(): Destination {
    return { urls: [`${this.#secure}/1`], authority: this.#authority };
  }

  /** Seconds of the processor so far. */
  cpu(): number {
    return this.#process.cpu();
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
    return await (await fetch(`${this.#plain}/report`)).json();
  }

  /** Milliseconds from asking for each change to its receipt, sorted. */
  async latencies(): Promise<number[]> {
    return await (await fetch(`${this.#plain}/latencies`)).json();
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
    await this.#parts.disposeAsync();
  }

  async #post(path: string): Promise<void> {
    await (await fetch(`${this.#plain}${path}`, { method: "POST" })).body?.cancel();
  }
}
