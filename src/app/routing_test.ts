import assert from "node:assert/strict";
import { FilterFailures } from "./filter_failures.ts";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { parse } from "../../tests/kit/command_line.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { makeObject, makePod, objectOf } from "../../tests/kit/pods.ts";
import { ScriptedReceiver } from "../../tests/kit/scripted_receiver.ts";
import { openTestStore } from "../../tests/kit/store.ts";
import { deliveryDeps } from "../../tests/kit/worker_rig.ts";
import { Workers } from "../delivery/workers.ts";
import type { PodEvent } from "../pod/event.ts";
import { type Pod, ROUTE_ANNOTATION } from "../pod/pod.ts";
import type { Store } from "../store/store.ts";
import type { Pipeline } from "./pipeline.ts";
import { configuredBy } from "./configured.ts";
import { OperatorEndpoints } from "./operator_endpoints.ts";
import { AnnotationEndpoints, openDataPath, routingOf } from "./routing.ts";

const FLAGS = ["--url", "a=https://a.example.com/", "--pod-webhooks", "hooks.example.com", "--interval", "0"];
const OPTIONS = parse(FLAGS);

const CONFIGURED = await configuredBy(OPTIONS.endpoints);

/** One run of the program between its source and its receivers, on a state file. */
class Rig {
  readonly clock: TestClock;
  readonly log = new MemoryLog();
  readonly receiver: ScriptedReceiver;
  readonly store: Store;
  readonly workers: Workers;
  readonly endpoints: AnnotationEndpoints;
  readonly pipeline: Pipeline;
  readonly #kill = new AbortController();

  constructor(file: string) {
    const clock = this.clock = new TestClock();
    this.receiver = new ScriptedReceiver(clock);
    this.store = openTestStore({ file, clock, onReady: (endpoints) => this.workers.wake(endpoints) });
    this.workers = new Workers({
      ...deliveryDeps(this.store.pending, clock, this.log),
      openClient: () => ({ send: this.receiver.send, close: (): void => {} }),
      fail: (error) => assert.fail(String(error)),
    }, this.#kill.signal);
    const operators = new OperatorEndpoints(CONFIGURED, this);
    const routing = routingOf(operators, OPTIONS);
    this.endpoints = new AnnotationEndpoints(routing, this.store, this.workers, this.log);
    const parts = {
      ...this,
      annotations: this.endpoints,
      operators,
      filterFailures: new FilterFailures(this),
    };
    this.pipeline = openDataPath(OPTIONS, parts).pipeline;
    for (const endpoint of OPTIONS.endpoints) this.workers.open(endpoint);
    this.endpoints.reopen();
    this.store.commit();
  }

  see(...pods: Pod[]): void {
    this.pipeline.accept(
      pods.map((pod): PodEvent => ({ type: "applied", object: objectOf(pod) })),
      undefined,
    );
  }

  /** Lets the disk sync and the workers work, until so many requests came, or for a while. */
  async deliver(requests?: number): Promise<string[]> {
    const least = requests ?? Infinity;
    for (
      let turn = 0;
      turn < (requests === undefined ? 20 : 1_000) && this.receiver.seen.length < least;
      turn++
    ) {
      await settle();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return this.receiver.seen.splice(0).map(({ name, version, url, headers }) =>
      `${headers["k8svent-event"]} ${name} ${version} ${url.pathname}`
    ).sort();
  }

  /** Waits until nothing is pending. */
  async drain(): Promise<void> {
    const { pending } = this.store;
    const isBehind = (): boolean => pending.endpoints().some((name) => pending.counts(name).pending > 0);
    for (let turn = 0; turn < 1_000 && isBehind(); turn++) await this.clock.advance(100);
    assert.ok(!isBehind());
  }

  /** The minute's work, once all has been listed. */
  tidy(isComplete = true): void {
    this.endpoints.tidy(isComplete);
    this.store.commit();
  }

  async end(): Promise<void> {
    this.#kill.abort();
    await this.workers.finish("drained");
    this.store.close();
  }
}

/** Runs one after the other on one state file. */
function withRuns(name: string, ...runs: ((rig: Rig) => Promise<void>)[]): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "routing-" });
    try {
      for (const run of runs) {
        const rig = new Rig(`${folder}/state.db`);
        try {
          await run(rig);
        } finally {
          await rig.end();
        }
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** A pod whose annotation names these paths of the host that may be named. */
function podFor(name: string, paths: string[], more: { namespace?: string; version?: string } = {}): Pod {
  const webhooks = paths.map((path) => `https://hooks.example.com/${path}`);
  return makePod({ name, annotations: { [ROUTE_ANNOTATION]: JSON.stringify({ webhooks }) }, ...more });
}

function ofAnnotations({ pending }: Store): string[] {
  return pending.endpoints().filter((name) => name.startsWith("pod:"));
}

withRuns(
  "what is pending for an annotation's endpoint about a pod that is gone is delivered after a restart",
  async (rig) => {
    rig.see(podFor("web", ["x"]));
    assert.deepEqual(await rig.deliver(1), ["pod.changed web 1 /x"]);
    await rig.drain();
    rig.receiver.react = () => 503;
    rig.pipeline.accept(
      [{ type: "deleted", object: objectOf(podFor("web", ["x"], { version: "2" })) }],
      undefined,
    );
    await rig.deliver(1);
  },
  async (rig) => {
    assert.deepEqual(await rig.deliver(1), ["pod.deleted web 2 /x"]);
    await rig.drain();
    assert.equal(rig.store.inventory.count(), 0);
  },
);

withRuns(
  "a restart finds the URL of an annotation's endpoint in any message that is pending for it",
  async (rig) => {
    rig.receiver.react = () => 503;
    rig.see(podFor("turned", ["x"]), podFor("web", ["x"]));
    rig.see(podFor("turned", ["y"], { version: "2" }));
    rig.pipeline.accept(
      [{ type: "deleted", object: objectOf(podFor("turned", ["y"], { version: "3" })) }],
      undefined,
    );
    await rig.deliver(1);
  },
  async (rig) => {
    const sent = await rig.deliver(3);
    assert.ok(sent.includes("pod.changed web 1 /x"), sent.join());
  },
);

withRuns(
  "a limit of a namespace leaves the places of others free, and its pods go to the default endpoints",
  async (rig) => {
    for (let pod = 0; pod < 30; pod++) rig.see(podFor(`web-${pod}`, [`mine-${pod}`], { namespace: "mine" }));
    assert.equal(rig.workers.ofAnnotations.size, 25);
    rig.see(podFor("other", ["theirs"], { namespace: "theirs" }));
    assert.equal(rig.workers.ofAnnotations.size, 26);
    const requests = await rig.deliver(31);
    assert.equal(requests.filter((request) => request.endsWith(" /")).length, 5);
    assert.ok(requests.includes("pod.changed other 1 /theirs"));
    assert.match(rig.log.at("warn")[0] ?? "", /mine\/web-25.* of the namespace mine are in use/);
  },
);

withRuns(
  "the URL of an annotation's endpoint is found in a message that waits behind one about another pod",
  async (rig) => {
    rig.receiver.react = () => 503;
    rig.see(podFor("web", ["x"]));
    await rig.deliver(1);
    const rerouted = podFor("web", ["y"], { version: "2" });
    const next = podFor("web", ["x"], { version: "4" });
    next.metadata.uid = "uid-next";
    rig.pipeline.accept([
      { type: "applied", object: objectOf(rerouted) },
      { type: "deleted", object: objectOf(podFor("web", ["y"], { version: "3" })) },
      { type: "applied", object: objectOf(next) },
      {
        type: "deleted",
        object: objectOf({ ...next, metadata: { ...next.metadata, resourceVersion: "5" } }),
      },
    ], undefined);
    await rig.deliver();
  },
  async (rig) => {
    await rig.drain();
    const sent = await rig.deliver();
    const ofX = sent.filter((line) => line.endsWith("/x"));
    assert.deepEqual(ofX, ["pod.deleted web 3 /x", "pod.deleted web 5 /x"]);
  },
);

withRuns("of all namespaces together, a hundred annotation endpoints are open at the most", async (rig) => {
  for (let pod = 0; pod < 120; pod++) {
    rig.see(podFor(`web-${pod}`, [`p-${pod}`], { namespace: `team-${pod % 10}` }));
  }
  assert.equal(rig.workers.ofAnnotations.size, 100);
  await rig.deliver(120);
});

withRuns(
  "an endpoint that became idle makes room for another one, and counts again when it is woken",
  async (rig) => {
    const mine = Array.from({ length: 25 }, (_, pod) => podFor(`web-${pod}`, [`p-${pod}`]));
    rig.see(...mine);
    await rig.deliver(25);
    await rig.drain();
    rig.tidy();
    assert.equal(rig.workers.ofAnnotations.size, 0);
    const changed = (version: string): Pod[] =>
      mine.map(({ metadata: { name } }) => makePod({ name, version }));
    rig.see(...changed("2"));
    await rig.deliver(25);
    await rig.drain();
    rig.receiver.react = () => "hang";
    for (const pod of changed("3")) {
      rig.pipeline.accept([{ type: "deleted", object: objectOf(pod) }], undefined);
    }
    await rig.deliver();
    assert.equal(rig.workers.ofAnnotations.size, 25, "their pods' ends go to those, which no pod names now");
    rig.see(podFor("late", ["late"]));
    assert.equal(rig.workers.ofAnnotations.size, 25, "the namespace has all its places");
    rig.see(podFor("other", ["other"], { namespace: "other" }));
    assert.equal(rig.workers.ofAnnotations.size, 26);
  },
);

withRuns(
  "an annotation's endpoint that no pod names and that nothing is pending for is forgotten",
  async (rig) => {
    rig.see(podFor("stays", ["x"]), podFor("goes", ["y"]));
    await rig.deliver(2);
    await rig.drain();
    rig.tidy();
    assert.equal(ofAnnotations(rig.store).length, 2, "both are named");
    rig.pipeline.accept([{ type: "deleted", object: makeObject({ name: "goes", version: "3" }) }], undefined);
    rig.receiver.react = () => 503;
    await rig.deliver(1);
    rig.tidy();
    assert.equal(ofAnnotations(rig.store).length, 2, "the deletion is pending");
    rig.receiver.react = () => 200;
    await rig.drain();
    rig.tidy(false);
    assert.equal(ofAnnotations(rig.store).length, 2, "not before all pods were seen");
    rig.tidy();
    assert.equal(ofAnnotations(rig.store).length, 1);
    assert.deepEqual(rig.log.at("warn").filter((message) => message.includes("any more")), []);
  },
);

withRuns("a complaint about an annotation is made once, however often the pod changes", async (rig) => {
  for (const version of ["1", "2", "3"]) {
    rig.see(makePod({ version, annotations: { [ROUTE_ANNOTATION]: "no JSON" } }));
  }
  assert.equal(rig.log.at("warn").length, 1);
  await rig.deliver(1);
});

withRuns("of ever more annotations with a fault the last that is logged says so", async (rig) => {
  const broken = (name: string): Pod => makePod({ name, annotations: { [ROUTE_ANNOTATION]: "no JSON" } });
  for (let pod = 0; pod < 1_001; pod++) rig.see(broken(`web-${pod}`));
  const warnings = rig.log.at("warn");
  assert.equal(warnings.length, 1_001);
  assert.match(warnings.at(-2) ?? "", /web-999: it is not a JSON object/);
  assert.match(
    warnings.at(-1) ?? "",
    /had 1000 different faults until now: no other is logged before a restart/,
  );
  await rig.deliver(1_001);
});
