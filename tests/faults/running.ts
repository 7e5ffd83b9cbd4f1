import { run } from "../../src/app/run.ts";
import { dialled } from "../../src/app/world.ts";
import type { Options } from "../../src/cli/options.ts";
import { connectCluster } from "../../src/cluster/connect.ts";
import { type Clock, systemClock } from "../../src/runtime/clock.ts";
import { fixedSecrets } from "../../src/runtime/secret_file.ts";
import { type Disk, openFile } from "../../src/store/database.ts";
import { FakeApiServer } from "../kit/apiserver/server.ts";
import { parse } from "../kit/command_line.ts";
import { MemoryLog } from "../kit/memory_log.ts";
import { Receiver } from "../kit/receiver.ts";
import { syncedBy } from "../kit/synced_disk.ts";
import { Until } from "../kit/until.ts";
import { worldWith } from "../kit/world.ts";

/** How much faster than real time the program's clock runs: a backoff of 30 s is over in one. */
const HASTE = 30;

/** A clock that runs fast, over real connections, and whose wall clock a test can set. */
export class HastyClock implements Clock {
  /** How fast. Changed, if at all, before the program starts: hasty seconds pass while this machine is busy. */
  haste = HASTE;
  #wall = Date.parse("2026-01-01T00:00:00Z");

  readonly now = (): number => Math.floor(this.#wall + this.monotonic());

  monotonic(): number {
    return systemClock.monotonic() * this.haste;
  }

  after(milliseconds: number, run: () => void): () => void {
    return systemClock.after(milliseconds / this.haste, run);
  }

  /** Sets the wall clock forward or back without time passing. */
  jump(milliseconds: number): void {
    this.#wall += milliseconds;
  }
}

/** Keeps what was logged, and lets a test wait for a line. */
class WatchedLog extends MemoryLog {
  readonly #until = new Until(() => `it logged:\n${this.lines.map(({ message }) => message).join("\n")}`);

  constructor() {
    super();
    for (const level of ["debug", "info", "warn", "error"] as const) {
      const keep = this[level];
      this[level] = (message, fields): void => {
        keep(message, fields);
        this.#until.look();
      };
    }
  }

  async until(pattern: RegExp, times = 1): Promise<void> {
    await this.#until.wait(() => this.count(pattern) >= times, `${times} lines like ${pattern}`);
  }

  count(pattern: RegExp): number {
    return this.lines.filter(({ message }) => pattern.test(message)).length;
  }
}

/** One run of the whole program within this process: the real wiring on real connections. */
export class Running {
  readonly log = new WatchedLog();
  /** Resolves with the exit code; rejects with what the program threw. */
  readonly ended: Promise<number>;
  /** What SIGUSR1 does. */
  inspect: () => void = () => {};
  readonly #stop = new AbortController();
  /** What was asked of the disk last. */
  #sync = Promise.resolve();

  constructor(options: Options, clock: Clock) {
    const world = worldWith({
      clock,
      random: () => 0.5,
      log: this.log,
      secrets: fixedSecrets(options.secrets),
      operate: (actions) => void (this.inspect = (): void => void actions.retry()),
      realPath: Deno.realPathSync,
      stop: this.#stop.signal,
    });
    const openDisk = (file: string): Disk => this.#open(file);
    // Nobody waits for a disk at the end, which may hang; but the test that follows is not to blame for it.
    this.ended = run(options, world, { connect: connectCluster, openClient: dialled(), openDisk })
      .finally(() => this.#sync);
    // A test looks at it when it is time; until then it is no unhandled rejection.
    this.ended.catch(() => {});
  }

  /** What a probe of `/readyz` gets: `200 ok`, or `503` and the reasons. Started with `--listen 127.0.0.1:0`. */
  async readiness(): Promise<string> {
    await this.log.until(/^Probes and metrics are answered on port/);
    const port = this.log.find(/^Probes and metrics are answered on port (\d+)/);
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
    return `${answer.status} ${(await answer.text()).trim()}`;
  }

  #open(file: string): Disk {
    const disk = openFile(file);
    return syncedBy(disk, () => this.#sync = disk.sync?.() ?? Promise.resolve());
  }

  /** As SIGTERM does. */
  async stop(): Promise<number> {
    this.#stop.abort();
    return await this.ended;
  }
}

/** A cluster in memory, a receiver `a`, a folder, and runs of the program between them. */
export class Scene {
  readonly clock = new HastyClock();
  readonly #runs: Running[] = [];
  /** What was open when the last run began: the server takes its time to see that a client has left. */
  #earlier: ReadonlySet<unknown> = new Set();

  constructor(readonly api: FakeApiServer, readonly receiver: Receiver, readonly folder: string) {}

  /** Starts the program with these flags beside the cluster, the webhook `a` and no reminders. */
  async start(...args: string[]): Promise<Running> {
    const kubeconfig = `${this.folder}/kubeconfig`;
    await Deno.writeTextFile(kubeconfig, this.api.kubeconfig);
    const given = ["--kubeconfig", kubeconfig, "--interval", "0", "--url", `a=${this.receiver.url}`, ...args];
    this.#earlier = new Set(this.api.watches);
    const running = new Running(parse(given), this.clock);
    this.#runs.push(running);
    return running;
  }

  get state(): string {
    return `${this.folder}/state.db`;
  }

  /** Resolves when the receiver has what the cluster has, pod by pod. */
  async untilSame(receiver = this.receiver): Promise<void> {
    const same = receiver.until(
      () => versionsIn(receiver) === this.#versions(),
      "the cluster at the receiver",
      20_000,
    );
    await this.#orEnd(same);
  }

  /** Resolves when the last run has listed and its watch is open. */
  async untilWatched(): Promise<void> {
    const isWatched = (): boolean => this.api.watches.difference(this.#earlier).size > 0;
    await this.#orEnd(this.api.until(isWatched, "the watch", 20_000));
  }

  /** A program that has failed is the reason to show, not the wait that it makes vain. */
  async #orEnd(wait: Promise<void>): Promise<void> {
    await Promise.race([wait, ...this.#runs.map(({ ended }) => ended.then(() => wait))]);
  }

  #versions(): string {
    return this.api.store.at(this.api.store.version).map(({ metadata }) =>
      `${metadata.uid} ${metadata.resourceVersion}`
    ).sort().join("\n");
  }

  async end(): Promise<void> {
    await this.api.close();
    await this.receiver.close();
    await Promise.allSettled(this.#runs.map((running) => running.stop()));
  }
}

function versionsIn({ state }: Receiver): string {
  return state.livePods().map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`).sort().join(
    "\n",
  );
}

/** Runs a test in a scene that ends with it. */
export async function withScene(test: (scene: Scene) => Promise<void>, folder: string): Promise<void> {
  const scene = new Scene(await FakeApiServer.start(), await Receiver.start(), folder);
  try {
    await test(scene);
    if (scene.receiver.state.problems.length > 0) throw new Error(scene.receiver.summary());
  } finally {
    await scene.end();
  }
}

/** A test in a scene, with a folder of its own. */
export function faultTest(name: string, test: (scene: Scene) => Promise<void>): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "faults-" });
    try {
      await withScene(test, folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
