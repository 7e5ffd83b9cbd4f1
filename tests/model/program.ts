import { run } from "../../src/app.ts";
import { parseOptions } from "../../src/cli/options.ts";
import type { Options } from "../../src/cli/options.ts";
import { type Clock } from "../../src/runtime/clock.ts";
import type { Log } from "../../src/runtime/log.ts";
import { fixedSecrets } from "../../src/runtime/secret_file.ts";
import type { ModelApiServer } from "./api.ts";
import type { Client } from "./client.ts";
import type { ModelEndpoint } from "./endpoint.ts";
import type { Setup } from "./history.ts";
import type { Sightings } from "./sightings.ts";

/** What is around the program. */
export interface Surroundings {
  clock: Clock;
  random: () => number;
  api: ModelApiServer;
  /** Those that it is told of. */
  endpoints: readonly ModelEndpoint[];
  setup: Setup;
  sightings: Sightings;
}

/**
 * One run of the real program, wired as `main.ts` does, until it is stopped or killed. A kill leaves the state
 * file as it was at that instant, as SIGKILL does: what runs on for a moment afterwards has a file of its own
 * that nobody reads, and nobody hears it.
 */
export class Program implements Client {
  readonly sightings: Sightings;
  /** The exit code, or why it failed; undefined while it runs. */
  outcome: number | Error | undefined;
  readonly #death = new AbortController();
  readonly #stop = new AbortController();
  readonly #timers = new Set<() => void>();
  readonly #surroundings: Surroundings;
  #callsLeft: number | undefined;

  /**
   * @param file the state
   * @param heir where the state is copied to when the program is killed
   */
  constructor(
    readonly number: number,
    readonly file: string,
    readonly heir: string,
    surroundings: Surroundings,
  ) {
    this.#surroundings = surroundings;
    this.sightings = surroundings.sightings;
    void this.#run();
  }

  get dead(): AbortSignal {
    return this.#death.signal;
  }

  get stopping(): boolean {
    return this.#stop.signal.aborted;
  }

  call(): void {
    if (this.#callsLeft === undefined || this.dead.aborted) return;
    if (this.#callsLeft === 0) this.kill();
    else this.#callsLeft--;
  }

  /** Kills the program at its call with this number from now; undefined: lets it live. */
  killAfter(calls: number | undefined): void {
    this.#callsLeft = calls;
  }

  /** SIGKILL. */
  kill(): void {
    if (this.outcome !== undefined || this.dead.aborted) return;
    copyState(this.file, this.heir);
    this.#death.abort();
    this.sightings.die();
    // The rest ends what the run holds, in its own time: nothing of it is part of the history.
    queueMicrotask(() => this.#stop.abort());
    for (const ring of this.#timers) ring();
  }

  /** SIGTERM. */
  stop(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { random, api, endpoints, setup } = this.#surroundings;
    const options = parseOptions(argumentsFor(setup, endpoints, this.file), () => undefined) as Options;
    try {
      this.outcome = await run(options, {
        clock: this.#clock(),
        random: () => {
          this.call();
          return random();
        },
        env: () => undefined,
        log: this.#log(),
        secrets: fixedSecrets([]),
        print: () => Promise.resolve(),
        stop: this.#stop.signal,
        onInspect: () => {},
      }, {
        connect: () => Promise.resolve(api.reachedBy(this)),
        clientOpener: () => ({ name }) => this.#endpoint(name).reachedBy(this),
      });
    } catch (error) {
      this.outcome = error instanceof Error ? error : new Error(String(error));
    }
  }

  #endpoint(name: string): ModelEndpoint {
    const found = this.#surroundings.endpoints.find((endpoint) => endpoint.name === name);
    if (found === undefined) throw new Error(`The model has no endpoint ${name}`);
    return found;
  }

  /** After its death the program's timers ring at once, so that it ends without time passing for the others. */
  #clock(): Clock {
    const { clock } = this.#surroundings;
    const time = (read: () => number) => (): number => {
      this.call();
      return read();
    };
    return {
      now: time(() => clock.now()),
      monotonic: time(() => clock.monotonic()),
      after: (milliseconds, act): () => void => {
        this.call();
        let immediate: ReturnType<typeof setImmediate> | undefined;
        const ring = (): void => void (immediate ??= setImmediate(act));
        const cancelClock = clock.after(milliseconds, () => {
          this.#timers.delete(ring);
          act();
        });
        this.#timers.add(ring);
        if (this.dead.aborted) ring();
        return () => {
          cancelClock();
          this.#timers.delete(ring);
          if (immediate !== undefined) clearImmediate(immediate);
        };
      },
    };
  }

  #log(): Log {
    const say = (): void => this.call();
    return { debug: say, info: say, warn: say, error: say };
  }
}

function argumentsFor(setup: Setup, endpoints: readonly ModelEndpoint[], file: string): string[] {
  const interval = setup.source === "poll" ? "30s" : setup.reminders ? "2m" : "0";
  return [
    ...endpoints.flatMap(({ name }) => ["--url", `${name}=https://${name}.example/hook`]),
    ...["--state", file, "--source", setup.source, "--interval", interval],
    ...["--concurrency", String(setup.concurrency)],
    ...(setup.byNamespace ? ["--namespace", "a", "--namespace", "b"] : []),
    ...(setup.selector ? ["--selector", "app=shop"] : []),
  ];
}

/** The main file alone lacks what was not written back to it yet. */
function copyState(from: string, to: string): void {
  for (const suffix of ["", "-wal"]) {
    try {
      Deno.copyFileSync(from + suffix, to + suffix);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
