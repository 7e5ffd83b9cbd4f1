import type { Actions } from "../../src/app/actions.ts";
// What `run` loads when it is first needed: that would take time of its own, which the model's clock does not know of.
import "../../src/app/deliver.ts";
import { run } from "../../src/app/run.ts";
import { type Clock } from "../../src/runtime/clock.ts";
import type { Log } from "../../src/runtime/log.ts";
import type { Scope } from "../../src/pod/pod.ts";
import type { SourceItem } from "../../src/source/source.ts";
import { watchPods } from "../../src/source/watch.ts";
import { openFile } from "../../src/store/database.ts";
import { parse } from "../kit/command_line.ts";
import { syncedBy } from "../kit/synced_disk.ts";
import { worldWith } from "../kit/world.ts";
import type { ModelApiServer } from "./api.ts";
import { endpointsOf, fileThat } from "./choosy.ts";
import type { Client } from "./client.ts";
import type { ModelDisk } from "./disk.ts";
import { type ModelEndpoint, wayTo } from "./endpoint.ts";
import type { ModelFile } from "./file.ts";
import { HOOKS_HOST, type Setup } from "./history.ts";
import type { Keys } from "./keys.ts";
import type { Sightings } from "./sightings.ts";

/** What is around the program. */
export interface Surroundings {
  clock: Clock;
  random: () => number;
  api: ModelApiServer;
  /** Those that it gets to know. */
  endpoints: readonly ModelEndpoint[];
  /** Those that it can come to know. */
  hooks: readonly ModelEndpoint[];
  keys: Keys;
  disk: ModelDisk;
  setup: Setup;
  /** The configuration file, with its endpoint; undefined: there is none. */
  choosy: ModelFile | undefined;
  /** Called when it sends to a host that it must not send to. */
  onStray: (host: string) => void;
  sightings: Sightings;
}

/** Bytes, where next to nothing may be kept: less than the bodies of a few pods and their ends. */
const SMALL = 4_000;

/** How a run was killed. */
export type Death = "kill" | "power";

/**
 * One run of the real program, wired as `main.ts` does, until it is stopped or killed. A kill leaves the state
 * file as it was at that instant, as SIGKILL does (a power cut: as it was durable): what runs on for a moment
 * afterwards has a file of its own that nobody reads, and nobody hears it.
 */
export class Program implements Client {
  readonly sightings: Sightings;
  /** The exit code, or why it failed; undefined while it runs. */
  outcome: number | Error | undefined;
  readonly #death = new AbortController();
  readonly #stop = new AbortController();
  readonly #timers = new Set<() => void>();
  readonly #surroundings: Surroundings;
  readonly #file: string;
  #callsLeft: number | undefined;
  #actions: Actions | undefined;
  /** Called at once when it is killed. */
  onDeath: (death: Death) => void = () => {};

  constructor(readonly number: number, surroundings: Surroundings) {
    this.#file = surroundings.disk.file;
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

  /** SIGKILL, or the machine's power. */
  kill(death: Death = "kill"): void {
    if (this.outcome !== undefined || this.dead.aborted) return;
    this.#death.abort();
    this.sightings.end();
    this.onDeath(death);
    // The rest ends what the run holds, in its own time: nothing of it is part of the history.
    queueMicrotask(() => this.#stop.abort());
    for (const ring of this.#timers) ring();
  }

  /** What an operator can do to it; undefined: it is not up yet, or not any more. */
  get actions(): Actions | undefined {
    return this.outcome !== undefined || this.dead.aborted || this.stopping ? undefined : this.#actions;
  }

  /** SIGTERM. */
  stop(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { random, api, endpoints, hooks, keys, disk, setup, onStray } = this.#surroundings;
    const options = parse(argumentsFor(setup, endpoints, this.#file));
    if (setup.small) options.buffer = options.stateMax = SMALL;
    const { choosy } = this.#surroundings;
    const file = choosy && fileThat(choosy.says, choosy.place, options.endpoints);
    if (choosy !== undefined) {
      options.endpoints = endpointsOf(choosy.says(), choosy.place, options.endpoints);
    }
    const receivers = [...endpoints, ...hooks, ...choosy === undefined ? [] : [choosy.endpoint]];
    const find = (url: string): ModelEndpoint | undefined =>
      receivers.find((endpoint) => endpoint.url === url);
    const world = worldWith({
      clock: this.#clock(),
      random: () => {
        this.call();
        return random();
      },
      log: this.#log(),
      secrets: { current: () => keys.isUsed ? keys.secrets : [] },
      stop: this.#stop.signal,
      operate: (actions) => void (this.#actions = actions),
      ...file !== undefined && { configuration: { file, text: file.read() } },
    });
    const sync = (): Promise<void> => disk.fdatasync(setup.sync, this.dead);
    try {
      this.outcome = await run(options, world, {
        connect: () => Promise.resolve(api.reachedBy(this)),
        openClient: () => wayTo(find, this, world.clock, onStray),
        openDisk: (file) => syncedBy(openFile(file), sync),
        watchPods: (...given) => noted(watchPods(...given), given[1].namespace, this.sightings),
      });
    } catch (error) {
      this.outcome = error instanceof Error ? error : new Error(String(error));
    }
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
        const once = (): void => {
          cancelClock();
          this.#timers.delete(ring);
          act();
        };
        const ring = (): void => void (immediate ??= setImmediate(once));
        const cancelClock = clock.after(milliseconds, once);
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
    const say = (message: string): void => {
      if (Deno.env.has("K8SVENT_MODEL_LOG")) {
        Deno.stderr.writeSync(new TextEncoder().encode(`[${this.number}] ${message}\n`));
      }
      this.call();
    };
    return { debug: say, info: say, warn: say, error: say };
  }
}

/** The source, of which whoever asks for the next batch has handled the one before: that is its contract. */
async function* noted(
  source: ReturnType<typeof watchPods>,
  scope: Scope,
  sightings: Sightings,
): ReturnType<typeof watchPods> {
  sightings.isWatched = true;
  for await (const items of source) {
    yield items;
    const version = items.flatMap(versionIn).at(-1);
    if (version !== undefined) sightings.took(scope, version);
  }
}

function versionIn(item: SourceItem): number[] {
  if (item.type === "bookmark") return [Number(item.resourceVersion)];
  return item.type === "applied" || item.type === "deleted"
    ? [Number(item.object.pod.metadata.resourceVersion)]
    : [];
}

function argumentsFor(setup: Setup, endpoints: readonly ModelEndpoint[], file: string): string[] {
  const interval = setup.source === "poll" ? "30s" : setup.reminders ? "2m" : "0";
  return [
    ...endpoints.flatMap(({ name, url }) => ["--url", `${name}=${url}`]),
    ...["--state", file, "--source", setup.source, "--interval", interval],
    ...["--concurrency", String(setup.concurrency)],
    ...(setup.byNamespace ? ["--namespace", "a", "--namespace", "b"] : []),
    ...(setup.selector ? ["--selector", "app=shop"] : []),
    ...(setup.annotations ? ["--pod-webhooks", HOOKS_HOST] : []),
    ...(setup.notices === "none" ? [] : ["--notices", "all"]),
    ...(setup.notices === "beating" ? ["--heartbeat", "1m"] : []),
  ];
}
