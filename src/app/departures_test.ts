import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { objectOf as cut } from "../../tests/kit/pods.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { ClusterError, type ClusterFault } from "../cluster/error.ts";
import type { PodEvent } from "../pod/event.ts";
import type { PodObject } from "../pod/object.ts";
import type { PodRef } from "../pod/pod.ts";
import { Departures } from "./departures.ts";

const objectOf = (name: string, version: string, uid?: string): PodObject =>
  cut(simplePod(name, version, uid === undefined ? {} : { uid }));
const applied = (name: string, version: string, uid?: string): PodEvent => ({
  type: "applied",
  object: objectOf(name, version, uid),
});
const deleted = (name: string, version: string): PodEvent => ({
  type: "deleted",
  object: objectOf(name, version),
});
const LIST: PodEvent[] = [
  { type: "sync-start", scope: undefined, resourceVersion: "50" },
  { type: "sync-end", scope: undefined },
];
const REF: PodRef = { uid: "uid-a", namespace: "default", name: "a" };

/** What a look-up gives, when the test lets it. */
type Answer = PodObject | ClusterError | undefined;

/** Departures whose look-ups the test answers one by one, in the order in which they began. */
class Rig {
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly stop = new AbortController();
  readonly asked: string[] = [];
  readonly settled: string[] = [];
  readonly faults: unknown[] = [];
  readonly #waiting: PromiseWithResolvers<PodObject | undefined>[] = [];
  readonly departures = new Departures({
    clock: this.clock,
    random: () => 0.5,
    log: this.log,
    lookUp: ({ name }) => {
      this.asked.push(name);
      const answer = Promise.withResolvers<PodObject | undefined>();
      this.#waiting.push(answer);
      return answer.promise;
    },
    settle: (event) => void this.settled.push(show(event)),
    fail: (error) => void this.faults.push(error),
  }, this.stop.signal);

  /** What the rest of the program gets at once. */
  sift(events: PodEvent[], missing: PodRef[] = []): string[] {
    return this.departures.sift(events, () => missing).map(show);
  }

  /** The oldest look-up that is under way ends. */
  async answer(answer: Answer | TypeError): Promise<void> {
    const waiting = this.#waiting.shift();
    if (answer instanceof Error) waiting?.reject(answer);
    else waiting?.resolve(answer);
    await settle();
  }

  get underWay(): number {
    return this.#waiting.length;
  }
}

function show(event: PodEvent): string {
  if (event.type === "gone") {
    const { pod: { name }, resourceVersion, object, mayLive } = event;
    return `gone ${name}@${resourceVersion}${object ? " with its object" : ""}${mayLive ? ", may live" : ""}`;
  }
  if (!("object" in event)) return event.type;
  return `${event.type} ${event.object.pod.metadata.name}@${event.object.pod.metadata.resourceVersion}`;
}

function departuresTest(name: string, test: (rig: Rig) => Promise<void>): void {
  Deno.test(name, async () => {
    const rig = new Rig();
    await test(rig);
    rig.stop.abort();
    while (rig.underWay > 0) await rig.answer(undefined);
    await rig.departures.ended();
    assert.equal(rig.clock.pending, 0);
    assert.deepEqual(rig.faults, []);
  });
}

departuresTest("what does not say that a pod left goes on at once, in its order", async (rig) => {
  const events = [applied("b", "5"), deleted("a", "6"), applied("c", "7")];
  assert.deepEqual(rig.sift(events), ["applied b@5", "applied c@7"]);
  await settle();
  assert.deepEqual(rig.asked, ["a"]);
  await rig.answer(undefined);
  assert.deepEqual(rig.settled, ["deleted a@6"]);
});

departuresTest("a pod that is still there left the selection", async (rig) => {
  rig.sift([deleted("a", "6")]);
  await rig.answer(objectOf("a", "8"));
  assert.deepEqual(rig.settled, ["unselected a@8"]);
});

departuresTest("a list ends at once, and what it did not hold is decided later", async (rig) => {
  const [, end] = rig.departures.sift(LIST, () => [REF]);
  assert.deepEqual(end?.type === "sync-end" && [...end.undecided ?? []], ["uid-a"]);
  await rig.answer(undefined);
  assert.deepEqual(rig.settled, ["gone a@50"]);
});

departuresTest("a pod that a list did not hold and that is there left the selection", async (rig) => {
  rig.sift(LIST, [REF]);
  await rig.answer(objectOf("a", "49"));
  assert.deepEqual(rig.settled, ["unselected a@49"]);
});

departuresTest("what the watch said of a pod counts more than that a list does not hold it", async (rig) => {
  rig.sift([deleted("a", "6")]);
  rig.sift(LIST, [REF]);
  await settle();
  assert.deepEqual(rig.asked, ["a"]);
  await rig.answer(undefined);
  assert.deepEqual(rig.settled, ["deleted a@6"]);
});

for (const [when, events] of [["in the same batch", 1], ["in the next one", 2]] as const) {
  departuresTest(`a pod that comes back while it is looked up (${when}) has not left`, async (rig) => {
    const all = [deleted("a", "6"), applied("a", "7")];
    const passed = events === 1 ? rig.sift(all) : all.flatMap((event) => rig.sift([event]));
    assert.deepEqual(passed, ["applied a@7"]);
    await settle();
    await rig.answer(objectOf("a", "6"));
    assert.deepEqual(rig.settled, []);
  });
}

departuresTest(
  "a pod that leaves, comes back and leaves again is decided by the second look-up",
  async (rig) => {
    rig.sift([deleted("a", "6"), applied("a", "7"), deleted("a", "8")]);
    await settle();
    await rig.answer(objectOf("a", "6"));
    assert.deepEqual(rig.settled, []);
    await rig.answer(undefined);
    assert.deepEqual(rig.settled, ["deleted a@8"]);
  },
);

departuresTest("when another pod has its name the pod is gone, and that comes first", async (rig) => {
  assert.deepEqual(rig.sift([deleted("a", "6"), applied("a", "7", "uid-2")]), ["deleted a@6", "applied a@7"]);
  await settle();
  await rig.answer(undefined);
  assert.deepEqual(rig.settled, []);
});

departuresTest("when another pod of that name leaves, too, the first one is gone", async (rig) => {
  const second: PodEvent = { type: "deleted", object: objectOf("a", "9", "uid-2") };
  assert.deepEqual(rig.sift([deleted("a", "6"), second]), ["deleted a@6"]);
  await settle();
  await rig.answer(undefined);
  await rig.answer(undefined);
  assert.deepEqual(rig.settled, ["deleted a@9"]);
});

departuresTest("no more than 8 look-ups run at a time, and each that ends makes room", async (rig) => {
  rig.sift(Array.from({ length: 20 }, (_, pod) => deleted(`p${pod}`, "6")));
  await settle();
  assert.equal(rig.underWay, 8);
  await rig.answer(undefined);
  assert.equal(rig.underWay, 8);
  while (rig.underWay > 0) await rig.answer(undefined);
  assert.equal(rig.asked.length, 20);
  assert.equal(rig.settled.length, 20);
});

departuresTest(
  "of many that leave at once the first 500 keep their object, of the others the end is inferred",
  async (rig) => {
    rig.sift(Array.from({ length: 502 }, (_, pod) => deleted(`p${pod}`, "6")));
    await settle();
    while (rig.underWay > 0) await rig.answer(undefined);
    assert.equal(rig.settled.filter((event) => event.startsWith("deleted")).length, 500);
    assert.deepEqual(rig.settled.slice(500), ["gone p500@6", "gone p501@6"]);
  },
);

const failure = (fault: ClusterFault): ClusterError => new ClusterError(fault, `It is ${fault}.`);

for (const [fault, attempts] of [["forbidden", 3], ["server", 10], ["protocol", 10]] as const) {
  departuresTest(
    `a look-up that is answered with "${fault}" ${attempts} times has its answer`,
    async (rig) => {
      rig.sift([deleted("a", "6")]);
      for (let attempt = 1; attempt <= attempts; attempt++) {
        assert.deepEqual(rig.settled, []);
        await settle();
        await rig.answer(failure(fault));
        await rig.clock.advance(30_000);
      }
      assert.equal(rig.asked.length, attempts);
      assert.deepEqual(rig.settled, ["gone a@6 with its object, may live"]);
      assert.match(
        rig.log.at("warn").join(),
        new RegExp(`sent as deleted with k8svent-observed: false.* It is ${fault}.`),
      );
    },
  );
}

departuresTest("a refusal after other failures is one refusal, not the last word", async (rig) => {
  rig.sift([deleted("a", "6")]);
  for (
    const fault of ["unreachable", "unreachable", "forbidden", "forbidden", "busy", "forbidden"] as const
  ) {
    await settle();
    await rig.answer(failure(fault));
    await rig.clock.advance(30_000);
  }
  assert.deepEqual(rig.settled, []);
});

for (const fault of ["unreachable", "certificate", "unauthorized", "busy", "idle"] as const) {
  departuresTest(
    `a look-up that fails with "${fault}" is repeated until the server says what became of the pod`,
    async (rig) => {
      rig.sift([deleted("a", "6")]);
      for (let attempt = 1; attempt <= 30; attempt++) {
        await settle();
        await rig.answer(failure(fault));
        await rig.clock.advance(30_000);
      }
      assert.deepEqual(rig.settled, []);
      await rig.answer(undefined);
      assert.deepEqual(rig.settled, ["deleted a@6"]);
      assert.deepEqual(rig.log.lines, []);
    },
  );
}

departuresTest("a list that a refused look-up follows has nothing but the name", async (rig) => {
  rig.sift(LIST, [REF]);
  for (let attempt = 0; attempt < 3; attempt++) {
    await settle();
    await rig.answer(failure("forbidden"));
    await rig.clock.advance(30_000);
  }
  assert.deepEqual(rig.settled, ["gone a@50, may live"]);
});

departuresTest("that pods cannot be looked up is said once, and that they can again", async (rig) => {
  for (const name of ["a", "b"]) {
    rig.sift([deleted(name, "6")]);
    for (let attempt = 0; attempt < 3; attempt++) {
      await settle();
      await rig.answer(failure("forbidden"));
      await rig.clock.advance(30_000);
    }
  }
  assert.equal(rig.log.at("warn").length, 1);
  rig.sift([deleted("c", "7")]);
  await settle();
  await rig.answer(undefined);
  assert.deepEqual(rig.log.at("info"), ["Pods that leave the selection can be looked up again."]);
});

departuresTest("an abort during a look-up invents no deletion", async (rig) => {
  rig.sift([deleted("a", "6"), deleted("b", "7")]);
  await settle();
  rig.stop.abort();
  await rig.answer(undefined);
  await rig.answer(failure("forbidden"));
  assert.deepEqual(rig.settled, []);
});

Deno.test("a fault of the program in a look-up is its failure", async () => {
  const rig = new Rig();
  rig.sift([deleted("a", "6")]);
  await settle();
  const fault = new TypeError("a fault of the program");
  await rig.answer(fault);
  await rig.departures.ended();
  assert.deepEqual(rig.faults, [fault]);
});
