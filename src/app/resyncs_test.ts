import assert from "node:assert/strict";
import { type Rig as Pipeline, withRig, withSynced } from "../../tests/kit/pipeline_rig.ts";
import { makePod } from "../../tests/kit/pods.ts";
import { drain, record, takeAll } from "../../tests/kit/store.ts";
import type { Want } from "../route/want.ts";
import { Resyncs, type ResyncsDeps } from "./resyncs.ts";

function resyncsOf({ store, recorder, clock, defaults }: Pipeline, deps: Partial<ResyncsDeps> = {}): Resyncs {
  return new Resyncs({
    store,
    recorder,
    clock,
    defaults: () => defaults,
    backlog: () => 0,
    stop: new AbortController().signal,
    fail: (error) => assert.fail(String(error)),
    ...deps,
  });
}

/** Messages of the endpoint, in the order in which they are sent. */
function sent({ store }: Pipeline, endpoint = "a"): string[] {
  return drain(store, endpoint).map(({ name, resourceVersion, reasons }) =>
    `${name} ${resourceVersion} ${reasons}`
  );
}

withSynced("a resync goes to the endpoints that follow a pod, or to one of them", [
  makePod(),
  makePod({ name: "own", annotations: { to: "b" } }),
], (rig) => {
  rig.defaults.push("c");
  const resyncs = resyncsOf(rig);
  assert.equal(resyncs.start(undefined, undefined), 2, "nothing was sent to c, which the next list sees to");
  assert.deepEqual([sent(rig), sent(rig, "b"), sent(rig, "c")], [["web-0 1 sync"], ["own 1 sync"], []]);
  assert.equal(resyncs.start("b", undefined), 1);
  assert.deepEqual([sent(rig), sent(rig, "b")], [[], ["own 1 sync"]]);
});

withSynced(
  "two resyncs are messages with two ids, in the same millisecond, too",
  [makePod()],
  async (rig) => {
    const resyncs = resyncsOf(rig);
    const occasions: string[] = [];
    for (const pause of [0, 1, 0]) {
      await rig.clock.advance(pause);
      resyncs.start(undefined, undefined);
      occasions.push(...drain(rig.store, "a").map(({ occasion }) => occasion));
    }
    assert.equal(occasions.length, 3);
    assert.equal(new Set(occasions).size, 3);
  },
);

withSynced("a filter decides as if the pod were new to the endpoint", [makePod()], (rig) => {
  const asked: unknown[] = [];
  const want: Want = {
    selects: () => true,
    keptOutBy: () => undefined,
    isSelective: false,
    isFiltering: true,
    judge: ({ reasons, previous, event, pod }) => {
      asked.push([reasons, previous, event, pod.metadata.name]);
      return asked.length > 1 ? { kind: "send" } : { kind: "skip", rule: "reasons" };
    },
  };
  rig.wants.set("a", want);
  const resyncs = resyncsOf(rig);
  resyncs.start(undefined, undefined);
  assert.deepEqual(sent(rig), []);
  resyncs.start(undefined, undefined);
  assert.deepEqual(sent(rig), ["web-0 1 sync"]);
  assert.deepEqual(asked[0], [["sync"], undefined, "pod.changed", "web-0"]);
});

withSynced("a pod that left an endpoint's selection is not sent to it", [
  makePod({ labels: { mine: "yes" } }),
], (rig) => {
  const selects: Want["selects"] = ({ metadata }) => metadata.labels?.["mine"] !== undefined;
  const keptOutBy: Want["keptOutBy"] = (pod) => selects(pod) ? undefined : "selector";
  rig.wants.set("a", {
    selects,
    keptOutBy,
    isSelective: true,
    isFiltering: false,
    judge: () => assert.fail(),
  });
  rig.see({ version: "2" });
  assert.deepEqual(sent(rig), ["web-0 2 unselected"]);
  assert.equal(resyncsOf(rig).start(undefined, undefined), 0);
});

withSynced(
  "what is pending in its current version is not sent twice; an older one that is stuck is followed",
  [
    makePod({ name: "pending" }),
    makePod({ name: "dead" }),
  ],
  (rig) => {
    rig.see({ name: "pending", version: "2" });
    rig.see({ name: "dead", version: "3", phase: "Failed" });
    const failures = { tries: 4, strikes: 3, failedAt: 1, dead: 1, why: "status 413" };
    for (const message of takeAll(rig.store, "a")) {
      if (message.name === "dead") rig.store.pending.failed(message, failures, 1e9);
      else rig.store.pending.release(message);
    }
    assert.equal(resyncsOf(rig).start(undefined, undefined), 2);
    assert.deepEqual(sent(rig), ["pending 2 metadata"]);
    rig.store.pending.discard("a");
    assert.deepEqual(sent(rig), ["dead 3 sync"]);
  },
);

withSynced("a resync since an instant is about pods that changed after it", [
  makePod(),
  makePod({ name: "web-1" }),
], async (rig) => {
  const since = rig.clock.now();
  await rig.clock.advance(1_000);
  rig.see({ name: "web-1", version: "2" });
  drain(rig.store, "a");
  const resyncs = resyncsOf(rig);
  assert.equal(resyncs.start(undefined, since), 1);
  assert.deepEqual(sent(rig), ["web-1 2 sync"]);
  assert.equal(resyncs.start(undefined, rig.clock.now()), 0);
  assert.equal(resyncs.start(undefined, since), 1, "to be sent once more is no change");
  assert.equal(resyncs.start(undefined, since - 1), 2);
});

withRig(
  "a large resync is recorded in slices, slowly where messages pile up, and ends with the program",
  async (rig) => {
    for (let pod = 0; pod < 450; pod++) record(rig.store, ["a"], { name: `web-${pod}` });
    drain(rig.store, "a");
    let backlog = 0;
    const stop = new AbortController();
    const resyncs = resyncsOf(rig, { backlog: () => backlog, stop: stop.signal });
    const pending = (): number => rig.store.pending.counts("a").pending;
    assert.equal(resyncs.start(undefined, undefined), 450);
    assert.equal(pending(), 100);
    rig.see({ name: "web-0", version: "2" });
    rig.delete({ name: "web-449", version: "3" });
    backlog = 1_000_000;
    await rig.clock.advance(1);
    assert.equal(pending(), 201, "and the end");
    await rig.clock.advance(50);
    assert.equal(pending(), 201);
    backlog = 0;
    await rig.clock.advance(50);
    assert.equal(pending(), 301);
    stop.abort();
    await rig.clock.advance(1_000);
    assert.equal(pending(), 301);
  },
);
