import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { testsWith } from "../../tests/kit/rig.ts";
import { openTestStore, record } from "../../tests/kit/store.ts";
import type { Summary } from "../change/summary.ts";
import type { KnownPod } from "../store/store.ts";
import { PodCensus } from "./pod_census.ts";

class Rig {
  readonly clock = new TestClock();
  readonly store = openTestStore({ clock: this.clock });
  /** Versions that were read out of the store. */
  reads = 0;
  readonly #stop = new AbortController();
  readonly census = new PodCensus({
    pods: () => this.store.inventory.pods(),
    count: () => this.store.inventory.count(),
    summaryOf: (pod) => {
      this.reads++;
      return this.store.inventory.summaryOf(pod);
    },
  }, this.clock);

  see(name: string, resourceVersion: string, parts: Partial<Summary>): KnownPod {
    return record(this.store, [], { name, resourceVersion, summary: { ...HEALTHY, ...parts } });
  }

  /** Reads ahead. Returns what says that something changed. */
  readAhead(): () => void {
    let changed = (): void => {};
    this.census.readAhead((listener) => void (changed = listener), this.#stop.signal);
    return () => changed();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.clock.advance(10_000);
    this.store.close();
  }
}

const HEALTHY: Summary = {
  phase: "Running",
  ready: true,
  unhealthy: false,
  scheduled: true,
  terminating: false,
  restarts: 0,
  waiting: [],
  terminations: [],
  images: [],
  metadata: "",
  spec: "",
  status: "",
};

const withRig = testsWith(() => new Rig(), "census: ");

withRig("pods are counted by phase, each version of one is read once", (rig) => {
  rig.see("web", "1", {});
  rig.see("db", "1", { phase: "Pending", unhealthy: true });
  record(rig.store, [], { name: "odd" });
  const counted = { known: 3, byPhase: { Running: 1, Pending: 1, Unknown: 1 }, unhealthy: 1 };
  assert.deepEqual(rig.census.take(), counted);
  assert.deepEqual(rig.census.take(), counted);
  assert.equal(rig.reads, 3);
  rig.see("db", "2", {});
  assert.deepEqual(rig.census.take(), { known: 3, byPhase: { Running: 2, Unknown: 1 }, unhealthy: 0 });
  assert.equal(rig.reads, 4);
});

withRig("what is noted when it is recorded is not read, until there is another version", (rig) => {
  const summary = { ...HEALTHY, phase: "Pending" };
  const pod = rig.see("web", "1", { phase: "Pending" });
  rig.census.note(pod, { resourceVersion: "1", summary });
  assert.deepEqual(rig.census.take().byPhase, { Pending: 1 });
  rig.census.note(pod, { resourceVersion: "1", summary: undefined });
  assert.deepEqual([rig.census.of(pod).phase, rig.reads], ["Pending", 0]);
  rig.see("web", "2", {});
  assert.deepEqual([rig.census.of(pod).phase, rig.reads], ["Running", 1]);
});

withRig("a pod becomes unhealthy when its grace period is over, without another version", (rig) => {
  const pod = rig.see("web", "1", { unhealthy: true, unhealthyFrom: rig.clock.now() + 1_000 });
  assert.equal(rig.census.of(pod).isHealthy, true);
  rig.clock.freeze(1_000);
  assert.equal(rig.census.of(pod).isHealthy, false);
});

withRig(
  "versions are read before somebody looks, some at a time, and again only after a change",
  async (rig) => {
    for (let index = 0; index < 1_000; index++) rig.see(`pod-${index}`, "1", {});
    const changed = rig.readAhead();
    await rig.clock.advance(0);
    assert.equal(rig.reads, 200);
    await rig.clock.advance(10);
    assert.equal(rig.reads, 1_000);
    rig.see("pod-1", "2", {});
    await rig.clock.advance(60_000);
    assert.equal(rig.reads, 1_000);
    changed();
    await rig.clock.advance(5_000);
    assert.equal(rig.reads, 1_001);
    rig.census.take();
    assert.equal(rig.reads, 1_001);
  },
);
