import assert from "node:assert/strict";
import { settle, TestClock } from "../tests/kit/clock.ts";
import { MemoryLog } from "../tests/kit/memory_log.ts";
import { simplePod } from "../tests/kit/simple_pod.ts";
import { ClusterError } from "./cluster/error.ts";
import { follow, type FollowDeps } from "./follow.ts";
import type { PodEvent } from "./pod/event.ts";
import { exactPod } from "./pod/cut.ts";
import type { PodObject } from "./pod/object.ts";
import type { PodRef } from "./pod/pod.ts";
import type { SourceItem } from "./source/source.ts";

interface Rig {
  deps: FollowDeps;
  clock: TestClock;
  log: MemoryLog;
  accepted: string[];
}

function rig(more: Partial<FollowDeps> = {}): Rig {
  const clock = new TestClock();
  const log = new MemoryLog();
  const accepted: string[] = [];
  const accept = (events: PodEvent[]): void => {
    accepted.push(
      ...events.map((event) =>
        "object" in event ? `${event.type} ${event.object.pod.metadata.name}` : event.type
      ),
    );
  };
  return { clock, log, accepted, deps: { clock, log, random: () => 0, accept, missing: () => [], ...more } };
}

async function* play(...batches: SourceItem[][]): AsyncGenerator<SourceItem[]> {
  yield* batches;
  await settle();
}

const objectOf = (name: string, version: string): PodObject => exactPod(simplePod(name, version));
const forever = new AbortController().signal;
const down = (message = "The API server cannot be reached."): SourceItem => ({
  type: "wait",
  milliseconds: 5_000,
  error: new ClusterError("unreachable", message),
});
const created: SourceItem = { type: "applied", object: objectOf("a", "1") };

Deno.test("follow hands each batch on before it asks for the next", async () => {
  const { deps, accepted } = rig();
  await follow(play([created], [{ type: "sync-end", scope: undefined }]), undefined, deps, forever);
  assert.deepEqual(accepted, ["applied a", "sync-end"]);
});

Deno.test("follow sleeps as long as the source says", async () => {
  const { deps, accepted, clock } = rig();
  const done = follow(play([{ type: "wait", milliseconds: 5_000 }], [created]), undefined, deps, forever);
  await clock.advance(4_999);
  assert.deepEqual(accepted, []);
  await clock.advance(1);
  await done;
  assert.deepEqual(accepted, ["applied a"]);
});

Deno.test("a failure is said once, however often it comes, and its end once", async () => {
  const { deps, log, clock } = rig();
  const done = follow(play([down()], [down()], [down()], [created], [created]), undefined, deps, forever);
  await clock.advance(15_000);
  await done;
  assert.deepEqual(log.at("warn"), ["The API server cannot be reached."]);
  assert.deepEqual(log.at("info"), ["The cluster answers again after 15 s."]);
});

Deno.test("on a quiet cluster too, the end of an outage is said, and the next outage", async () => {
  const { deps, log, clock } = rig();
  const done = follow(play([down()], [], [down()], [], []), undefined, deps, forever);
  await clock.advance(10_000);
  await done;
  assert.equal(log.at("warn").length, 2);
  assert.deepEqual(log.at("info"), Array(2).fill("The cluster answers again after 5 s."));
});

Deno.test("another failure is said too", async () => {
  const { deps, log, clock } = rig();
  const done = follow(play([down()], [down("Forbidden.")]), undefined, deps, forever);
  await clock.advance(10_000);
  await done;
  assert.deepEqual(log.at("warn"), ["The API server cannot be reached.", "Forbidden."]);
});

Deno.test("a stream that expired is no news for people", async () => {
  const { deps, log, clock } = rig();
  const wait: SourceItem = { type: "wait", milliseconds: 0, error: new ClusterError("expired", "Too old.") };
  const done = follow(play([wait], [created]), undefined, deps, forever);
  await clock.advance(0);
  await done;
  assert.deepEqual([...log.at("warn"), ...log.at("info")], []);
});

Deno.test("with a selector, a pod that the watch calls deleted and that is still there is unselected", async () => {
  const { deps, accepted } = rig({ lookUp: (ref) => Promise.resolve(objectOf(ref.name, "9")) });
  await follow(play([{ type: "deleted", object: objectOf("a", "8") }]), undefined, deps, forever);
  assert.deepEqual(accepted, ["unselected a"]);
});

Deno.test("with a selector, a pod that is not there any more is deleted", async () => {
  const { deps, accepted } = rig({ lookUp: () => Promise.resolve(undefined) });
  await follow(play([{ type: "deleted", object: objectOf("a", "8") }]), undefined, deps, forever);
  assert.deepEqual(accepted, ["deleted a"]);
});

Deno.test("with a selector, pods that a list lacks are looked up before the list ends", async () => {
  const gone: PodRef = { uid: "uid-b", namespace: "default", name: "b" };
  const relabelled: PodRef = { uid: "uid-c", namespace: "default", name: "c" };
  const { deps, accepted } = rig({
    missing: () => [gone, relabelled],
    lookUp: (ref): Promise<PodObject | undefined> =>
      Promise.resolve(ref.name === "c" ? objectOf("c", "9") : undefined),
  });
  await follow(play([{ type: "sync-end", scope: undefined }]), undefined, deps, forever);
  assert.deepEqual(accepted, ["unselected c", "sync-end"]);
});

Deno.test("a lookup that fails is repeated until the server says what became of the pod", async () => {
  let lookups = 0;
  const { deps, accepted, clock } = rig({
    lookUp: () =>
      ++lookups < 3 ? Promise.reject(new ClusterError("unreachable", "Down.")) : Promise.resolve(undefined),
  });
  const done = follow(play([{ type: "deleted", object: objectOf("a", "8") }]), undefined, deps, forever);
  await clock.advance(300);
  assert.deepEqual(accepted, []);
  await clock.advance(2_000);
  await done;
  assert.equal(lookups, 3);
  assert.deepEqual(accepted, ["deleted a"]);
});

Deno.test("an abort during a lookup invents no deletion", async () => {
  const stop = new AbortController();
  const { deps, accepted, clock } = rig({
    lookUp: () => Promise.reject(new ClusterError("unreachable", "Down.")),
  });
  const done = follow(play([{ type: "deleted", object: objectOf("a", "8") }]), undefined, deps, stop.signal);
  await settle();
  stop.abort();
  await done;
  assert.deepEqual(accepted, []);
  assert.equal(clock.pending, 0);
});
