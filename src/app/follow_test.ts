import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { objectOf as cut } from "../../tests/kit/pods.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import type { Suspicion } from "../change/contradiction.ts";
import { ClusterError } from "../cluster/error.ts";
import type { PodEvent } from "../pod/event.ts";
import type { PodObject } from "../pod/object.ts";
import type { PodRef } from "../pod/pod.ts";
import type { Source, SourceItem } from "../source/source.ts";
import { Relist } from "./relist.ts";
import { follow, type FollowDeps } from "./follow.ts";
import { Outages } from "./outages.ts";

/** A scope whose source is opened as often as the test has scripts for it, and then aborts. */
class Rig {
  readonly clock: TestClock;
  readonly log = new MemoryLog();
  readonly stop = new AbortController();
  readonly accepted: string[] = [];
  /** When the source was opened, on the monotonic clock. */
  readonly opened: number[] = [];
  /** What `accept` finds, one batch after the other. */
  readonly suspicions: (Suspicion | undefined)[] = [];
  readonly contradicted: number[] = [];
  abandoned = 0;
  /** How many epochs began; whether one may begin; how it is made known. */
  epochs = 0;
  mayBegin = true;
  epoch = new AbortController();

  constructor(clock = new TestClock()) {
    this.clock = clock;
  }

  /** Follows until the scripts, one an opening, are over. */
  async follow(scripts: SourceItem[][][], more: Partial<FollowDeps> = {}): Promise<void> {
    await follow(undefined, {
      clock: this.clock,
      log: this.log,
      random: () => 0.5,
      open: () => this.#open(scripts),
      accept: (events) => this.#accept(events),
      abandonList: () => void this.abandoned++,
      missing: () => [],
      contradicted: (times) => void this.contradicted.push(times),
      relist: { signal: new AbortController().signal },
      history: this.#history(),
      outages: new Outages(this),
      ...more,
    }, this.stop.signal);
  }

  /** The same with one script. */
  async play(...batches: SourceItem[][]): Promise<void> {
    await this.follow([batches]);
  }

  async *#open(scripts: SourceItem[][][]): Source {
    this.opened.push(this.clock.monotonic());
    yield* scripts.shift() ?? [];
    await settle();
    if (scripts.length === 0) this.stop.abort();
  }

  #accept(events: PodEvent[]): Suspicion | undefined {
    this.accepted.push(
      ...events.map((event) =>
        "object" in event ? `${event.type} ${event.object?.pod.metadata.name}` : event.type
      ),
    );
    return this.suspicions.shift();
  }

  /** As `History`, which asks nobody in this test: a list is behind if the one before was, a pod never. */
  #history(): FollowDeps["history"] {
    // deno-lint-ignore no-this-alias
    const rig = this;
    return {
      get epoch(): AbortSignal {
        return rig.epoch.signal;
      },
      confirms: (suspicion, isSecond) => Promise.resolve(suspicion.kind === "list-behind" && isSecond),
      begin(): boolean {
        if (rig.mayBegin) rig.epochs++;
        return rig.mayBegin;
      },
    };
  }
}

function withRig(name: string, test: (rig: Rig) => Promise<void>): void {
  Deno.test(name, async () => {
    const rig = new Rig();
    await test(rig);
    assert.equal(rig.clock.pending, 0, "no timer is left behind");
  });
}

const objectOf = (name: string, version: string): PodObject => cut(simplePod(name, version));
const down = (message = "The API server cannot be reached."): SourceItem => ({
  type: "wait",
  milliseconds: 5_000,
  error: new ClusterError("unreachable", message),
});
const created: SourceItem = { type: "applied", object: objectOf("a", "1") };
const deleted: SourceItem = { type: "deleted", object: objectOf("a", "8") };
const begun: SourceItem = { type: "sync-start", scope: undefined, resourceVersion: "5" };
const complete: SourceItem = { type: "sync-end", scope: undefined };
const LIST = [[begun], [created], [complete]];
const BEHIND: Suspicion = { kind: "list-behind" };
const POD_BEHIND: Suspicion = {
  kind: "pod-behind",
  pod: { uid: "uid-a", namespace: "default", name: "a", resourceVersion: "1" },
};

withRig("follow hands each batch on before it asks for the next", async (rig) => {
  await rig.play([created], [complete]);
  assert.deepEqual(rig.accepted, ["applied a", "sync-end"]);
});

withRig("follow sleeps as long as the source says", async (rig) => {
  const done = rig.play([{ type: "wait", milliseconds: 5_000 }], [created]);
  await rig.clock.advance(4_999);
  assert.deepEqual(rig.accepted, []);
  await rig.clock.advance(1);
  await done;
  assert.deepEqual(rig.accepted, ["applied a"]);
});

withRig("a failure is said once, however often it comes, and its end once", async (rig) => {
  const done = rig.play([down()], [down()], [down()], [created], [created]);
  await rig.clock.advance(15_000);
  await done;
  assert.deepEqual(rig.log.at("warn"), ["The API server cannot be reached."]);
  assert.deepEqual(rig.log.at("info"), ["The cluster answers again after 15 s."]);
});

withRig("on a quiet cluster too, the end of an outage is said, and the next outage", async (rig) => {
  const done = rig.play([down()], [], [down("Forbidden.")], [], []);
  await rig.clock.advance(10_000);
  await done;
  assert.equal(rig.log.at("warn").length, 2);
  assert.deepEqual(rig.log.at("info"), Array(2).fill("The cluster answers again after 5 s."));
});

withRig("another failure is said too", async (rig) => {
  const done = rig.play([down()], [down("Forbidden.")]);
  await rig.clock.advance(10_000);
  await done;
  assert.deepEqual(rig.log.at("warn"), ["The API server cannot be reached.", "Forbidden."]);
});

withRig(
  "a watch that is refused behind lists that work is one trouble, and over when it is open",
  async (rig) => {
    const refused: SourceItem[] = [down("You may not watch.")];
    const done = rig.play(...LIST, refused, ...LIST, refused, ...LIST, []);
    await rig.clock.advance(10_000);
    await done;
    assert.deepEqual(rig.log.at("warn"), ["You may not watch."]);
    assert.deepEqual(rig.log.at("info"), ["The cluster answers again after 10 s."]);
  },
);

withRig("a list ends an outage that a stream's break began", async (rig) => {
  const done = rig.play(...LIST, [], [down()], [begun]);
  await rig.clock.advance(5_000);
  await done;
  assert.deepEqual(rig.log.at("info"), ["The cluster answers again after 5 s."]);
});

withRig("a stream that expired is no news for people", async (rig) => {
  const wait: SourceItem = { type: "wait", milliseconds: 0, error: new ClusterError("expired", "Too old.") };
  const done = rig.play([wait], [created]);
  await rig.clock.advance(0);
  await done;
  assert.deepEqual([...rig.log.at("warn"), ...rig.log.at("info")], []);
});

withRig(
  "with a selector, a pod that the watch calls deleted and that is still there is unselected",
  async (rig) => {
    await rig.follow([[[deleted]]], { lookUp: (ref) => Promise.resolve(objectOf(ref.name, "9")) });
    assert.deepEqual(rig.accepted, ["unselected a"]);
  },
);

withRig("with a selector, a pod that is not there any more is deleted", async (rig) => {
  await rig.follow([[[deleted]]], { lookUp: () => Promise.resolve(undefined) });
  assert.deepEqual(rig.accepted, ["deleted a"]);
});

withRig(
  "with a selector, a list ends at once, and the pods that it lacks are looked up then",
  async (rig) => {
    const gone: PodRef = { uid: "uid-b", namespace: "default", name: "b" };
    const relabelled: PodRef = { uid: "uid-c", namespace: "default", name: "c" };
    await rig.follow([[[begun], [complete]]], {
      missing: () => [gone, relabelled],
      lookUp: (ref) => Promise.resolve(ref.name === "c" ? objectOf("c", "9") : undefined),
    });
    assert.deepEqual(rig.accepted, ["sync-start", "sync-end", "gone undefined", "unselected c"]);
  },
);

withRig("a look-up that takes its time holds up nobody else, and ends with its source", async (rig) => {
  let isAborted = false;
  const lookUp: FollowDeps["lookUp"] = (_ref, signal) =>
    new Promise((_resolve, reject) =>
      signal.addEventListener("abort", () => {
        isAborted = true;
        reject(signal.reason);
      })
    );
  await rig.follow([[[deleted], [created], [complete]]], { lookUp });
  assert.deepEqual(rig.accepted, ["applied a", "sync-end"]);
  assert.equal(isAborted, true);
});

Deno.test("a fault of the program in a look-up ends the following", async () => {
  const rig = new Rig();
  const fault = new TypeError("a fault of the program");
  await assert.rejects(rig.follow([[[deleted]]], { lookUp: () => Promise.reject(fault) }), fault);
});

withRig("a list that contradicts what is known is not read on, and nothing follows from it", async (rig) => {
  rig.suspicions.push(undefined, POD_BEHIND);
  const done = rig.follow([LIST, LIST]);
  await rig.clock.advance(0);
  assert.deepEqual(rig.accepted, ["sync-start", "applied a"]);
  assert.deepEqual([rig.abandoned, rig.opened.length], [1, 1]);
  await rig.clock.advance(60_000);
  await done;
  assert.deepEqual(rig.accepted.slice(2), ["sync-start", "applied a", "sync-end"]);
  assert.equal(rig.epochs, 0);
});

withRig("a look-up that contradicts what is known ends the source, which is read anew", async (rig) => {
  rig.suspicions.push(POD_BEHIND);
  const done = rig.follow([[[deleted], [created]], LIST], {
    lookUp: (ref) => Promise.resolve(objectOf(ref.name, "1")),
  });
  await rig.clock.advance(60_000);
  await done;
  assert.deepEqual([rig.abandoned, rig.opened.length], [2, 2]);
  assert.deepEqual(rig.contradicted, [1, 0]);
});

withRig(
  "a list behind what was seen is made again after one to three seconds, and only a second says so",
  async (rig) => {
    rig.suspicions.push(BEHIND, BEHIND);
    const done = rig.follow([LIST, LIST, LIST]);
    await rig.clock.advance(1_999);
    assert.deepEqual([rig.opened, rig.epochs], [[0], 0]);
    await rig.clock.advance(1);
    assert.deepEqual([rig.opened, rig.epochs], [[0, 2_000, 2_000], 1], "then the new epoch's list, at once");
    await done;
    assert.deepEqual(rig.accepted, ["sync-start", "sync-start", "sync-start", "applied a", "sync-end"]);
  },
);

withRig("a list behind what was seen that no second one confirms is forgotten", async (rig) => {
  rig.suspicions.push(BEHIND, undefined, undefined, undefined, BEHIND);
  const done = rig.follow([LIST, LIST, LIST, LIST]);
  for (let list = 0; list < 3; list++) await rig.clock.advance(3_000);
  await done;
  assert.equal(rig.epochs, 0, "two that are not one after the other prove nothing");
});

withRig(
  "lists that contradict and are not confirmed come ever more slowly, and are counted in a row",
  async (rig) => {
    rig.suspicions.push(POD_BEHIND, POD_BEHIND, POD_BEHIND);
    const done = rig.follow([LIST, LIST, LIST, LIST]);
    await rig.clock.advance(60_000);
    await done;
    const waits = rig.opened.slice(1).map((at, index) => at - (rig.opened[index] ?? 0));
    assert.deepEqual(waits.toSorted((a, b) => a - b), waits);
    assert.ok((waits[0] ?? 0) >= 1_000, `${waits}`);
    assert.ok((waits[2] ?? 0) >= 2 * (waits[0] ?? 0), `${waits}`);
    assert.deepEqual(rig.contradicted, [1, 2, 3, 0]);
  },
);

withRig("a contradiction that may not begin an epoch yet is like one that is not confirmed", async (rig) => {
  rig.mayBegin = false;
  rig.suspicions.push(BEHIND, BEHIND, BEHIND);
  const done = rig.follow([LIST, LIST, LIST, LIST]);
  await rig.clock.advance(60_000);
  await done;
  assert.deepEqual(rig.contradicted, [1, 2, 3, 0]);
});

withRig(
  "when an epoch begins elsewhere the source begins anew, and what it still brings is not taken",
  async (rig) => {
    const found = Promise.withResolvers<PodObject | undefined>();
    const done = rig.follow([[[begun], [deleted], [created]], LIST], { lookUp: () => found.promise });
    await settle();
    const ended = rig.epoch;
    rig.epoch = new AbortController();
    ended.abort();
    found.resolve(undefined);
    await done;
    assert.deepEqual(rig.accepted, ["sync-start", "applied a", "sync-start", "applied a", "sync-end"]);
    assert.deepEqual(rig.opened, [0, 0]);
  },
);

withRig("follow lets a list wait while the quickest endpoint has much to send", async (rig) => {
  let backlog = 10_000;
  const following = rig.follow([[[begun], [created], [complete]]], { backlog: () => backlog });
  await rig.clock.advance(20);
  assert.deepEqual(rig.accepted, ["sync-start"], "it waits");
  backlog = 0;
  await rig.clock.advance(10);
  await following;
  assert.deepEqual(rig.accepted, ["sync-start", "applied a", "sync-end"]);
});

Deno.test("follow lets no list wait long for an endpoint that does not catch up", async () => {
  const rig = new Rig(new TestClock(undefined, fewTurns));
  const pods = Array.from({ length: 1_000 }, (): SourceItem[] => [created]);
  const following = rig.follow([[[begun], ...pods, [complete]]], { backlog: () => 10_000 });
  await rig.clock.advance(45);
  assert.equal(rig.accepted.length, 2, "the next batch comes within 40 ms");
  await rig.clock.advance(6_000);
  await following;
  assert.equal(rig.accepted.length, 1_002, "and all of them within some seconds");
});

/** Lets promises go on that nothing but other promises hold up: quicker than a whole turn. */
async function fewTurns(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await null;
}

withRig("a list that is asked for begins the source anew", async (rig) => {
  const relist = new Relist();
  const asked: SourceItem[][] = [[begun], [complete], [created], [deleted]];
  await rig.follow([asked, LIST], {
    relist,
    followed: () => relist.now(),
  });
  assert.deepEqual(rig.accepted, [
    "sync-start",
    "sync-end",
    "applied a",
    "sync-start",
    "applied a",
    "sync-end",
  ]);
});
