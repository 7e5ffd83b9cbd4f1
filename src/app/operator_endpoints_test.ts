import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { endpointOf } from "../../tests/kit/endpoint.ts";
import { makePod } from "../../tests/kit/pods.ts";
import { testsWith } from "../../tests/kit/rig.ts";
import { FAILED, openTestStore, record, takeAll, takeOne } from "../../tests/kit/store.ts";
import type { Want } from "../route/want.ts";
import { type Configured, OperatorEndpoints } from "./operator_endpoints.ts";

const TEN_MINUTES = 600_000;

const NOTHING: Want = {
  selects: () => false,
  keptOutBy: () => "selector",
  isSelective: true,
  isFiltering: false,
  judge: () => assert.fail("it has no filter"),
};

function configured(name: string, more: Partial<Configured> = {}): Configured {
  return {
    endpoint: endpointOf(name),
    want: undefined,
    redaction: undefined,
    isNotified: false,
    fingerprint: { all: "1", selection: "1" },
    ...more,
  };
}

/** Endpoints `a` and `b` that run, and which workers were opened and closed since. */
class Rig {
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly store = openTestStore({ clock: this.clock });
  readonly done: string[] = [];
  readonly endpoints = new OperatorEndpoints([configured("a"), configured("b")], {
    ...this,
    workers: {
      open: ({ name }) => void this.done.push(`open ${name}`),
      close: (name) => void this.done.push(`close ${name}`),
      forget: () => {},
    },
  });

  constructor() {
    this.endpoints.open();
    this.done.length = 0;
  }

  end(): void {
    this.store.close();
  }
}

const withRig = testsWith(() => new Rig());

withRig("a reload that changes nothing touches no worker and asks for no list", ({ endpoints, done }) => {
  const replaced = endpoints.replace([configured("a"), configured("b")]);
  assert.deepEqual(replaced, { added: [], changed: [], removed: [], isListNeeded: false });
  assert.deepEqual(done, []);
});

withRig("an endpoint that is added gets a worker, and a list is needed", ({ endpoints, done }) => {
  const replaced = endpoints.replace([configured("a"), configured("b"), configured("c")]);
  assert.deepEqual(replaced, { added: ["c"], changed: [], removed: [], isListNeeded: true });
  assert.deepEqual(done, ["open c"]);
  assert.deepEqual(endpoints.names, ["a", "b", "c"]);
});

withRig("an endpoint whose settings changed gets another worker, without a list", ({ endpoints, done }) => {
  const changed = configured("b", { fingerprint: { all: "2", selection: "1" } });
  assert.deepEqual(endpoints.replace([configured("a"), changed]).isListNeeded, false);
  assert.deepEqual(done, ["close b", "open b"]);
});

withRig("what waits for an endpoint is tried at once when its settings changed", ({ endpoints, store }) => {
  for (const name of ["a", "b"]) {
    record(store, [name], { name });
    store.pending.failed(takeOne(store, name), FAILED, 60_000);
  }
  endpoints.replace([configured("a"), configured("b", { fingerprint: { all: "2", selection: "1" } })]);
  assert.deepEqual(takeAll(store, "b", 0).map(({ name }) => name), ["b"]);
  assert.deepEqual(takeAll(store, "a", 0), []);
});

withRig("a selection that changed needs a list", ({ endpoints }) => {
  const changed = configured("b", { fingerprint: { all: "2", selection: "2" } });
  assert.deepEqual(endpoints.replace([configured("a"), changed]), {
    added: [],
    changed: ["b"],
    removed: [],
    isListNeeded: true,
  });
});

withRig("an endpoint that was removed is recorded for ten minutes more, and then forgotten", async (rig) => {
  const { endpoints, store, clock, log, done } = rig;
  record(store, ["b"]);
  assert.deepEqual(endpoints.replace([configured("a")]).removed, ["b"]);
  assert.deepEqual(done, ["close b"]);
  await clock.advance(TEN_MINUTES - 1);
  endpoints.tidy();
  assert.deepEqual(endpoints.names, ["a", "b"]);
  await clock.advance(1);
  endpoints.tidy();
  assert.deepEqual(endpoints.names, ["a"]);
  assert.equal(store.pending.counts("b").pending, 0);
  assert.deepEqual(log.lines.map(({ message }) => message), [
    "Endpoint b was removed from the configuration: it is forgotten, and with it 1 message.",
  ]);
});

withRig(
  "an endpoint that comes back within ten minutes goes on with what is pending, without a list",
  async (rig) => {
    const { endpoints, store, clock, done } = rig;
    record(store, ["b"]);
    endpoints.replace([configured("a")]);
    await clock.advance(TEN_MINUTES - 1);
    const replaced = endpoints.replace([configured("a"), configured("b")]);
    assert.deepEqual(replaced, { added: ["b"], changed: [], removed: [], isListNeeded: false });
    assert.deepEqual(done, ["close b", "open b"]);
    await clock.advance(TEN_MINUTES);
    endpoints.tidy();
    assert.equal(store.pending.counts("b").pending, 1);
  },
);

withRig("a route loses the endpoints whose selection the pod is not of", ({ endpoints }) => {
  endpoints.replace([configured("a"), configured("b", { want: NOTHING })]);
  const route = endpoints.select({ endpoints: endpoints.endpoints, problems: [] }, makePod());
  assert.deepEqual(route.endpoints.map(({ name }) => name), ["a"]);
  assert.deepEqual(route.excluded, ["b"]);
});

withRig("those that get notices are those that run and want them", ({ endpoints }) => {
  endpoints.replace([configured("a", { isNotified: true }), configured("b", { isNotified: true })]);
  endpoints.replace([configured("a", { isNotified: true })]);
  assert.deepEqual(endpoints.notified, ["a"]);
});

withRig("the inventory of an endpoint that selects has the pods that it was sent", ({ endpoints, store }) => {
  assert.equal(endpoints.inventoryOf("b"), undefined);
  endpoints.replace([configured("a"), configured("b", { want: NOTHING })]);
  record(store, ["a", "b"], { name: "in" });
  record(store, ["a"], { name: "out" });
  assert.deepEqual(endpoints.inventoryOf("b")?.map(({ uid }) => uid), ["uid-in"]);
  assert.equal(endpoints.inventoryOf("a"), undefined);
});
