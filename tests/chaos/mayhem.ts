import { type Program, startProgram } from "../kit/program.ts";
import type { Receiver } from "../kit/receiver.ts";
import type { Ledger } from "./ledger.ts";
import type { Random } from "../kit/random.ts";
import type { SecondApiServer } from "../kit/second_api_server.ts";

/** One process of the program, from its start to its end, in milliseconds since the epoch. */
export interface Life {
  begin: number;
  end: number;
  /** What it logged. */
  lines: string[];
}

/** The program under a supervisor that ends it at random moments, and starts it again as a kubelet does. */
export class Victim implements AsyncDisposable {
  readonly lives: Life[] = [];
  /** How often it was killed, and how often it gave up by itself, as it may when it starts with no API server. */
  kills = 0;
  exits = 0;
  readonly #args: string[];
  #program: Program | undefined;

  constructor(args: string[]) {
    this.#args = args;
  }

  /** Kills it `times` times at random moments of the time that is given, in milliseconds; it lives in the end. */
  async suffer(random: Random, times: number, milliseconds: number): Promise<void> {
    const begin = performance.now();
    const moments = Array.from({ length: times }, () => random.between(0, milliseconds)).sort((a, b) =>
      a - b
    );
    for (const moment of moments) {
      // One that came while it was down finds it in the middle of its start.
      const wait = Math.max(moment - (performance.now() - begin), random.between(50, 1_500));
      await this.live(wait);
      await this.kill();
      this.kills++;
      await pause(random.between(0, 2_000));
    }
    await this.live(Math.max(0, milliseconds - (performance.now() - begin)));
  }

  /** Sees to it that it runs for so many milliseconds. */
  async live(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    do {
      const program = this.#program ?? await this.start();
      if (await Promise.race([program.ended.then(() => true), pause(end - performance.now())]) !== true) {
        return;
      }
      this.exits++;
      await this.kill();
      await pause(500);
    } while (performance.now() < end);
  }

  async start(): Promise<Program> {
    const program = await startProgram({ args: this.#args });
    this.#program = program;
    this.lives.push({ begin: Date.now(), end: Infinity, lines: program.lines });
    return program;
  }

  /** SIGKILL, unless it has ended. */
  async kill(): Promise<void> {
    const life = this.lives.at(-1);
    if (this.#program === undefined || life === undefined) return;
    life.end = Date.now();
    await this.#program[Symbol.asyncDispose]();
    this.#program = undefined;
  }

  /** Asks it to end; gives the exit code. */
  async stop(): Promise<number | undefined> {
    return await this.#program?.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
  }
}

/** The API server of the program goes away and comes back until the signal aborts; then it is there. */
export async function interrupt(
  server: SecondApiServer,
  random: Random,
  signal: AbortSignal,
): Promise<number> {
  let times = 0;
  for (;; times++) {
    await pause(random.between(15_000, 40_000), signal);
    if (signal.aborted) return times;
    await server.stop();
    await pause(random.between(0, 8_000), signal);
    await server.start();
  }
}

/** The receiver goes away and comes back, on the same port. Gives the one that is there in the end. */
export async function hangUp(
  ledger: Ledger,
  first: Receiver,
  random: Random,
  signal: AbortSignal,
): Promise<{ receiver: Receiver; times: number }> {
  const { port } = first;
  let receiver = first;
  for (let times = 0;; times++) {
    await pause(random.between(5_000, 25_000), signal);
    if (signal.aborted) return { receiver, times };
    await receiver.close();
    await pause(random.between(0, 8_000), signal);
    receiver = await ledger.open(port);
  }
}

/** Ends early when the signal aborts. */
function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, milliseconds));
    if (signal?.aborted) return done();
    signal?.addEventListener("abort", done);
  });
}
