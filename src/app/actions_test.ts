import assert from "node:assert/strict";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { type Rig as Pipeline, withSynced } from "../../tests/kit/pipeline_rig.ts";
import { makePod } from "../../tests/kit/pods.ts";
import { drain, takeAll } from "../../tests/kit/store.ts";
import { messageId } from "../delivery/render.ts";
import type { Failures, Message } from "../store/store.ts";
import { Actions } from "./actions.ts";
import { Figures } from "./figures.ts";
import { Resyncs } from "./resyncs.ts";

const DEAD: Failures = { tries: 4, strikes: 3, failedAt: 1, dead: 1, why: "status 413" };
const NO_ENDPOINT = { kind: "not found", what: "endpoint" };
const NO_DEAD_LETTER = { kind: "not found", what: "dead letter" };

/** Two pods are known to the endpoint `a`, and have been sent to it. */
function withActions(name: string, test: (rig: Rig) => Promise<void> | void): void {
  withSynced(name, [makePod({ name: "web-0" }), makePod({ name: "web-1" })], async (pipeline) => {
    await test(new Rig(pipeline));
  });
}

class Rig {
  readonly #pipeline: Pipeline;
  readonly log = new MemoryLog();
  readonly stop = new AbortController();
  readonly tried: string[] = [];
  readonly gaps: string[] = [];
  readonly figures = new Figures();
  inspections = 0;
  readonly actions: Actions;

  constructor(pipeline: Pipeline) {
    this.#pipeline = pipeline;
    const { store, clock, recorder, defaults } = pipeline;
    const resyncs = new Resyncs({
      store,
      recorder,
      clock,
      defaults: () => defaults,
      backlog: () => 0,
      stop: this.stop.signal,
      fail: (error) => assert.fail(String(error)),
    });
    this.actions = new Actions({
      store,
      resyncs,
      workers: {
        reaches: (name) => name === "a",
        tryNow: (name) => void this.tried.push(name),
        figures: [],
      },
      notices: { sendGap: (name) => void this.gaps.push(name) },
      figures: this.figures,
      inspect: () => void this.inspections++,
      log: this.log,
    });
  }

  get store(): Pipeline["store"] {
    return this.#pipeline.store;
  }

  /** Changes of these pods become dead letters. */
  kill(...names: string[]): Message[] {
    for (const name of names) this.#pipeline.see({ name, version: "2", phase: "Failed" });
    const messages = takeAll(this.store, "a");
    for (const message of messages) this.store.pending.failed(message, DEAD, 1e9);
    return messages;
  }
}

withActions(
  "to pause and to resume are in the store at once, and resuming tries at once",
  ({ actions, store, tried }) => {
    assert.deepEqual(actions.pause("a"), { kind: "done", count: 1 });
    assert.equal(store.pending.isPaused("a"), true);
    assert.deepEqual(actions.resume("a"), { kind: "done", count: 1 });
    assert.equal(store.pending.isPaused("a"), false);
    assert.deepEqual(tried, ["a"]);
  },
);

withActions("one dead letter is tried again by the id that it was sent with, or all are", (rig) => {
  const { actions, store } = rig;
  const [first, second] = rig.kill("web-0", "web-1");
  assert.deepEqual(actions.redeliver("a", messageId(second ?? assert.fail())), { kind: "done", count: 1 });
  const [again, ...others] = takeAll(store, "a");
  assert.deepEqual([again?.name, others.length, rig.tried], ["web-1", 0, ["a"]]);
  assert.deepEqual(actions.redeliver("a"), { kind: "done", count: 1 }, "one is under way");
  assert.deepEqual(takeAll(store, "a").map(messageId), [messageId(first ?? assert.fail())]);
});

withActions("one dead letter is discarded by its id, or all are, which a gap tells of", (rig) => {
  const { actions, store } = rig;
  const [first] = rig.kill("web-0", "web-1");
  const id = messageId(first ?? assert.fail());
  assert.deepEqual(actions.discard("a", id), { kind: "done", count: 1 });
  assert.deepEqual(actions.discard("a", id), NO_DEAD_LETTER);
  assert.deepEqual(actions.discard("a"), { kind: "done", count: 1 });
  assert.deepEqual(actions.discard("a"), { kind: "done", count: 0 });
  assert.equal(rig.figures.discardedOf("a"), 2);
  assert.deepEqual([store.pending.counts("a").pending, store.pending.lost("a").messages], [0, 2]);
  assert.deepEqual(rig.gaps, ["a", "a"], "none where nothing was lost");
});

withActions("what is no dead letter is neither tried again nor discarded", (rig) => {
  const { actions, store } = rig;
  rig.actions.resync({});
  store.commit();
  const [waiting] = store.pending.list("a", 1);
  const id = messageId(waiting ?? assert.fail());
  assert.deepEqual(actions.redeliver("a", id), NO_DEAD_LETTER);
  assert.deepEqual(actions.discard("a", id), NO_DEAD_LETTER);
});

withActions("an endpoint that there is not is not found", ({ actions }) => {
  const answers = [
    actions.pause("x"),
    actions.resume("x"),
    actions.redeliver("x"),
    actions.discard("x"),
    actions.resync({ endpoint: "x" }),
  ];
  assert.deepEqual(answers, answers.map(() => NO_ENDPOINT));
});

withActions("a resync sends each pod once more, with an id of its own", ({ actions, store }) => {
  assert.deepEqual(actions.resync({ endpoint: "a" }), { kind: "done", count: 2 });
  const sent = drain(store, "a");
  assert.deepEqual(sent.map(({ name, reasons }) => `${name} ${reasons}`), ["web-0 sync", "web-1 sync"]);
  assert.match(sent[0]?.occasion ?? "", /^resync \d{4}-/);
});

withActions("what SIGUSR1 does is an action", (rig) => {
  rig.actions.retry();
  assert.equal(rig.inspections, 1);
});

withActions("each action is a line in the log", (rig) => {
  const { actions, log } = rig;
  rig.kill("web-0");
  actions.pause("a");
  actions.resume("a");
  actions.redeliver("a");
  takeAll(rig.store, "a").forEach((message) => rig.store.pending.failed(message, DEAD, 1e9));
  actions.discard("a");
  actions.resync({});
  actions.resync({ endpoint: "a", since: "2025-12-31T00:00:00Z" });
  actions.retry();
  actions.pause("x");
  assert.deepEqual(log.at("info"), [
    "Endpoint a is paused: what is pending for it stays until it is resumed.",
    "Endpoint a is resumed.",
    "Endpoint a: 1 dead letter is tried again.",
    "Endpoint a: 1 dead letter is discarded.",
    "Resync of all endpoints: 2 messages.",
    "Resync of endpoint a: 2 messages about pods that changed after 2025-12-31T00:00:00Z.",
    "Whatever waits is tried now.",
  ]);
});
