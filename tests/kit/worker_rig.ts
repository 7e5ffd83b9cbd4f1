import assert from "node:assert/strict";
import {
  type Credentials,
  type CredentialsDeps,
  EndpointCredentials,
} from "../../src/delivery/credentials.ts";
import { Renderer } from "../../src/delivery/render.ts";
import { Signer } from "../../src/delivery/sign.ts";
import { Worker } from "../../src/delivery/worker.ts";
import type { WorkerDeps } from "../../src/delivery/worker_deps.ts";
import type { WorkersDeps } from "../../src/delivery/workers.ts";
import type { EndpointSettings } from "../../src/route/endpoint_settings.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import { CredentialFiles } from "../../src/runtime/credential_files.ts";
import type { Log } from "../../src/runtime/log.ts";
import type { Pending } from "../../src/store/store.ts";
import { newTally, type Tally } from "../../src/delivery/tally.ts";
import { TestClock } from "./clock.ts";
import { SETTINGS } from "./endpoint.ts";
import { MemoryLog } from "./memory_log.ts";
import { testsWith, type TestWith } from "./rig.ts";
import { ScriptedReceiver } from "./scripted_receiver.ts";
import { openTestStore, record, recordEnd, type VersionParts } from "./store.ts";

/** Milliseconds that an attempt may take. */
export const TIMEOUT = 15_000;

/** What deliveries need, but for the way to their endpoints: nothing is signed, read again or random. */
export function deliveryDeps(
  pending: Pending,
  clock: Clock,
  log: Log,
): Omit<WorkersDeps, "openClient" | "fail"> {
  return {
    pending,
    ages: { recordedAt: () => clock.monotonic() },
    clock,
    log,
    rendering: { version: "1" },
    secrets: () => [],
    files: new CredentialFiles({ clock, mayRead: () => undefined }),
    parseUrl: (text) => new URL(text),
    isAnnounced: false,
    budget: { limit: 64 * 1024 * 1024, used: 0 },
    reread: () => Promise.resolve(false),
    onRequest: () => {},
    random: () => 0,
  };
}

/** What a test varies of a worker. */
export interface RigParts extends Partial<WorkerDeps> {
  /** The program's. */
  secrets?: () => readonly string[];
}

/** Lets promises go on that can; no test here waits for anything of the real world. */
async function microtasks(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

/** A worker on a real store, with a clock that the test moves and an endpoint that is a function. */
export class Rig {
  readonly clock = new TestClock(undefined, microtasks);
  readonly #workers: Worker[] = [];
  readonly store = openTestStore({
    clock: this.clock,
    onReady: () => this.#workers.forEach((worker) => worker.wake()),
  });
  readonly tally: Tally = newTally();
  readonly log = new MemoryLog();
  readonly receiver = new ScriptedReceiver(this.clock);
  readonly abort = new AbortController();
  readonly #running: Promise<void>[] = [];
  /** How many workers have returned, and what they threw. */
  ended = 0;
  readonly faults: unknown[] = [];

  start({ secrets = () => [], ...deps }: RigParts = {}): Worker {
    const worker = new Worker({
      ...deliveryDeps(this.store.pending, this.clock, this.log),
      ...SETTINGS,
      renderer: new Renderer({ version: "1" }),
      signer: new Signer(),
      endpoint: "a",
      tally: this.tally,
      ages: this.store.ages,
      credentials: this.credentials({ secrets }),
      send: this.receiver.send,
      handOver: () => {},
      ...deps,
    });
    const running = worker.run(this.abort.signal)
      .catch((error: unknown) => void this.faults.push(error))
      .finally(() => this.ended++);
    this.#workers.push(worker);
    this.#running.push(running);
    return worker;
  }

  /** Those of `a`, with settings of its own where they are given. */
  credentials(deps: Partial<CredentialsDeps> = {}, settings: Partial<EndpointSettings> = {}): Credentials {
    return new EndpointCredentials({ ...SETTINGS, ...settings }, {
      ...deliveryDeps(this.store.pending, this.clock, this.log),
      endpoint: "a",
      url: new URL("https://a.example.com/hook"),
      openTokenClient: () => ({ send: this.receiver.send, close: () => {} }),
      signal: this.abort.signal,
      ...deps,
    });
  }

  /** A version of a pod is pending for an endpoint. */
  add(name: string, parts: VersionParts = {}, endpoint = "a"): void {
    record(this.store, [endpoint], { name, ...parts });
    this.store.commit();
  }

  addPods(count: number): void {
    for (let pod = 0; pod < count; pod++) record(this.store, ["a"], { name: `pod-${pod}` });
    this.store.commit();
  }

  addEnd(name: string, parts: VersionParts = {}): void {
    recordEnd(this.store, ["a"], { name, ...parts });
    this.store.commit();
  }

  /** Messages that are pending for the endpoint, and how many of them are dead letters. */
  get counts(): { pending: number; dead: number } {
    const { pending, deadLetters } = this.store.pending.counts("a");
    return { pending, dead: deadLetters };
  }

  /** Instants of the requests about a pod. */
  attemptsAt(name: string): number[] {
    return this.receiver.seen.filter((seen) => seen.name === name).map(({ at }) => at);
  }

  async end(): Promise<void> {
    this.abort.abort();
    await Promise.all(this.#running);
    this.store.close();
    assert.equal(this.clock.pending, 0, "no timer is left behind");
    assert.equal(this.receiver.overlaps, 0, "never two of one pod at once");
  }
}

export const withRig: TestWith<Rig> = testsWith(() => new Rig());
