import assert from "node:assert/strict";
import { knownOf } from "./known.ts";
import { TestClock } from "./clock.ts";
import { deliveryDeps } from "./delivery_deps.ts";
import { MemoryLog } from "./memory_log.ts";
import { owe, type OwedParts } from "./owed.ts";
import { type Answer, ScriptedDial, type Seen } from "./scripted_dial.ts";
import { makePod } from "./pods.ts";
import { openTestStore } from "./store.ts";
import { openInMemory } from "../../src/store/database.ts";
import { Worker, type WorkerDeps } from "../../src/delivery/worker.ts";

/** A worker on a store in memory, with a clock that the test moves and an endpoint that is a function. */
export class Rig {
  readonly clock = new TestClock();
  readonly database = openInMemory();
  readonly store = openTestStore(this.database);
  readonly log = new MemoryLog();
  readonly dial = new ScriptedDial(this.clock);
  readonly abort = new AbortController();
  readonly #running: Promise<void>[] = [];
  /** How many workers have returned, and what they threw. */
  ended = 0;
  readonly faults: unknown[] = [];

  start(deps: Partial<WorkerDeps> = {}): Worker {
    const worker = new Worker({
      ...deliveryDeps(this.store, this.clock, this.log),
      endpoint: "a",
      url: new URL("https://a.example.com/hook"),
      lost: () => 0,
      send: this.dial.send,
      ...deps,
    });
    const running = worker.run(this.abort.signal)
      .catch((error: unknown) => void this.faults.push(error))
      .finally(() => this.ended++);
    this.#running.push(running);
    return worker;
  }

  owe(name: string, parts: OwedParts = {}, endpoint = "a"): void {
    owe(this.store.outbox, endpoint, { name, ...parts });
  }

  owePods(count: number, from = 0): void {
    for (let pod = from; pod < from + count; pod++) this.owe(`pod-${pod}`);
  }

  /** Owes a pod's newest version, whose text was reduced to save room. */
  oweReduced(name: string): void {
    const pod = makePod({ name });
    const { resourceVersion } = pod.metadata;
    const known = knownOf(pod);
    const text = JSON.stringify({ name, version: resourceVersion });
    const body = this.store.inventory.put(known, text, undefined);
    this.database.prepare("UPDATE body SET reduced = 1 WHERE id = ?").run(body);
    this.store.outbox.owe("a", {
      ...known,
      event: "pod.changed",
      body,
      reasons: ["metadata"],
      occasion: "",
    });
  }

  /** Brings the whole text back. */
  complete(name: string): void {
    const known = this.store.inventory.known(`uid-${name}`);
    if (known === undefined) return;
    this.store.inventory.complete(known, () => JSON.stringify({ name, version: known.resourceVersion }));
  }

  get owed(): { waiting: number; aside: number } {
    return this.store.outbox.owed("a");
  }

  logged(level: string): string[] {
    return this.log.lines.filter((line) => line.level === level).map(({ message }) => message);
  }

  async end(): Promise<void> {
    this.abort.abort();
    await Promise.all(this.#running);
    this.store.close();
    assert.equal(this.clock.pending, 0, "no timer is left behind");
    assert.equal(this.dial.overlaps, 0, "never two of one pod at once");
  }
}

export function withRig(name: string, test: (rig: Rig) => Promise<void>): void {
  Deno.test(name, async () => {
    const rig = new Rig();
    try {
      await test(rig);
    } finally {
      await rig.end();
    }
  });
}

/** One pod's answer by name, 200 for all others. */
export function only(name: string, answer: Answer): (seen: Seen) => Answer {
  return (seen) => seen.name === name ? answer : 200;
}
