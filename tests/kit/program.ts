import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "../../build/compile.ts";
import { run } from "./command.ts";
import { collectOutput, leaks } from "./confidential.ts";
import { Until } from "./until.ts";

export interface ProgramOptions {
  args: string[];
  env?: Record<string, string>;
  /** A module that runs in it first. */
  preload?: string;
  /** `null`: nobody reads what it prints. */
  stdout?: "piped" | "null";
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Whatever configures the program, or points it at a cluster, on the machine of whoever runs the tests. */
const CONFIGURATION = /^(K8SVENT_|K8VENT_|ATOMIST_|KUBE|DENO_CERT$|HOME$|USERPROFILE$)/;

/**
 * The real program as a process of its own, with the permission set of a workstation. What it prints also goes
 * into the output of the whole run (see `confidential.ts`), and none of it may be confidential: `dispose` throws
 * where something was.
 */
export class Program implements AsyncDisposable {
  /** What it logged: its stderr, line by line, without an unfinished last one. */
  readonly lines: string[] = [];
  stdout = "";
  /** Its exit code, once it has ended and everything that it printed was read. */
  readonly ended: Promise<number>;
  readonly #child: Deno.ChildProcess;
  readonly #isPrinting: boolean;
  readonly #home: string;
  readonly #until = new Until(() => `it logged:\n${this.lines.slice(-20).join("\n")}`);
  #isRunning = true;

  constructor(child: Deno.ChildProcess, home: string, isPrinting = true) {
    this.#child = child;
    this.#isPrinting = isPrinting;
    this.#home = home;
    this.ended = this.#attend();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Resolves with the first line that matches, at once if it is there already.
   *
   * @param from the index of the first line that counts
   */
  async until(pattern: RegExp, { from = 0, deadline = 60_000 } = {}): Promise<string> {
    const find = (): string | undefined => this.lines.slice(from).find((line) => pattern.test(line));
    const look = (): boolean => find() !== undefined || !this.#isRunning;
    await this.#until.wait(look, `a line like ${pattern}`, deadline);
    const line = find();
    if (line !== undefined) return line;
    throw new Error(`It ended without a line like ${pattern}:\n${this.lines.join("\n")}`);
  }

  /**
   * SIGSTOP: it sees nothing, and the kernel keeps its connections; SIGCONT lets it go on; SIGUSR1: it says how
   * things are and tries dead letters again; SIGHUP, SIGINT or SIGTERM: it ends.
   */
  signal(name: "SIGSTOP" | "SIGCONT" | "SIGUSR1" | "SIGUSR2" | "SIGHUP" | "SIGINT" | "SIGTERM"): void {
    this.#child.kill(name);
  }

  /** Asks it to end, which delivers what is pending. Gives the exit code. */
  async stop(): Promise<number> {
    if (this.#isRunning) this.#child.kill("SIGTERM");
    return await this.ended;
  }

  /** Ends it for good, whatever state a failed test left it in. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isRunning) this.#child.kill("SIGKILL");
    await this.ended;
    await Deno.remove(this.#home, { recursive: true });
    const output = [this.stdout, ...this.lines].join("\n");
    await collectOutput(`${output}\n`);
    const found = leaks(output);
    if (found.length > 0) throw new Error(`The program showed what it must not:\n${found.join("\n")}`);
  }

  async #attend(): Promise<number> {
    const [status] = await Promise.all([this.#child.status, this.#readStderr(), this.#readStdout()]);
    this.#isRunning = false;
    this.#until.look();
    return status.code;
  }

  async #readStdout(): Promise<void> {
    if (!this.#isPrinting) return;
    const decoder = new TextDecoder();
    for await (const bytes of this.#child.stdout) this.stdout += decoder.decode(bytes, { stream: true });
  }

  async #readStderr(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of this.#child.stderr) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      this.lines.push(...lines);
      this.#until.look();
    }
    if (rest !== "") this.lines.push(rest);
  }
}

/** Starts `main.ts` with these flags, by the runtime as a release has it. HOME is an empty folder, and no variable that configures it is inherited. */
export async function startProgram(
  { args, env = {}, preload, stdout = "piped" }: ProgramOptions,
): Promise<Program> {
  const home = await Deno.makeTempDir({ prefix: "k8svent-home-" });
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "-P",
      V8_FLAGS,
      ...preload === undefined ? [] : ["--preload", preload],
      "main.ts",
      ...args,
    ],
    cwd: ROOT,
    clearEnv: true,
    env: { ...await inherited(), HOME: home, ...env },
    stdin: "null",
    stdout,
    stderr: "piped",
  }).spawn();
  return new Program(child, home, stdout === "piped");
}

/** Runs it to its end. */
export async function runProgram(
  options: ProgramOptions,
): Promise<{ code: number; stdout: string; stderr: string }> {
  await using program = await startProgram(options);
  const code = await program.ended;
  return { code, stdout: program.stdout, stderr: program.lines.join("\n") };
}

async function inherited(): Promise<Record<string, string>> {
  const kept = Object.entries(Deno.env.toObject()).filter(([name]) => !CONFIGURATION.test(name));
  // The runtime's cache lies below the real HOME.
  const { denoDir } = JSON.parse(await run(Deno.execPath(), ["info", "--json"]));
  return { ...Object.fromEntries(kept), DENO_DIR: denoDir };
}
