import assert from "node:assert/strict";
import { knownOf } from "../tests/kit/known.ts";
import { MemoryLog } from "../tests/kit/memory_log.ts";
import { makePod } from "../tests/kit/pods.ts";
import { type Answer, podList, ScriptedApi } from "../tests/kit/scripted_api.ts";
import { openTestStore } from "../tests/kit/store.ts";
import { bindStore } from "./bind.ts";
import { ClusterError } from "./cluster/error.ts";
import type { Selection } from "./source/query.ts";
import { StoreError } from "./store/database.ts";
import type { Store } from "./store/store.ts";

/** A store that has been bound once, and knows and has told of a pod in each of two namespaces. */
class Rig {
  readonly store: Store = openTestStore();
  readonly log = new MemoryLog();

  know(namespace: string, name: string): void {
    const pod = makePod({ namespace, name });
    const known = knownOf(pod);
    const body = this.store.inventory.put(known, "{}", undefined);
    this.store.outbox.owe("a", { ...known, event: "pod.changed", body, reasons: ["sync"], occasion: "" });
    for (const message of this.store.outbox.take("a", 0, 9)) this.store.outbox.accepted(message);
  }

  /** A start against a cluster with this identity; returns how many requests that took. */
  async bind(cluster: string, namespaces: string[] = [], ...answers: Answer[]): Promise<number> {
    const api = new ScriptedApi(...answers);
    api.identity = (): Promise<string> => Promise.resolve(cluster);
    const selections: Selection[] = namespaces.length === 0
      ? [{ namespace: undefined }]
      : namespaces.map((namespace) => ({ namespace }));
    await bindStore(api, selections, this.store, this.log, new AbortController().signal);
    return api.requests.length;
  }
}

function withRig(name: string, test: (rig: Rig) => Promise<void>): void {
  Deno.test(name, async () => {
    const rig = new Rig();
    try {
      await test(rig);
    } finally {
      rig.store.close();
    }
  });
}

withRig("a new store belongs to the first cluster that it sees, without a request", async (rig) => {
  assert.equal(await rig.bind("one", ["shop"]), 0);
  assert.deepEqual(rig.store.inventory.binding, { cluster: "one" });
});

withRig("the same cluster is known without a request", async (rig) => {
  await rig.bind("one");
  rig.know("shop", "web-0");
  assert.equal(await rig.bind("one"), 0);
  assert.equal(rig.store.inventory.count(), 1);
});

withRig(
  "a cluster whose authority was changed is the same one if it has a pod that is known",
  async (rig) => {
    await rig.bind("one");
    rig.know("shop", "web-0");
    const first = podList("5", [makePod({ name: "new" })], "more");
    await rig.bind(
      "one, after its authority was rotated",
      [],
      first,
      podList("5", [makePod({ namespace: "shop" })]),
    );
    assert.equal(rig.store.inventory.binding?.cluster, "one, after its authority was rotated");
    assert.equal(rig.store.inventory.count(), 1);
  },
);

withRig(
  "another cluster is an error that names both ways out, and the store stays as it was",
  async (rig) => {
    await rig.bind("one");
    rig.know("shop", "web-0");
    // The same name, as a StatefulSet in every cluster has it, is not the same pod.
    const other = podList("5", [makePod({ namespace: "shop", uid: "of-another-cluster" })]);
    await assert.rejects(
      rig.bind("another", [], other),
      (error) =>
        error instanceof StoreError && /belongs to another cluster/.test(error.message) &&
        /Give --state another file, or remove this one: every pod is then sent again/.test(error.message),
    );
    assert.equal(rig.store.inventory.binding?.cluster, "one");
    assert.equal(rig.store.inventory.count(), 1);
    assert.deepEqual(rig.store.outbox.endpoints(), []);
  },
);

withRig("a store that knows no pod can move to any cluster", async (rig) => {
  await rig.bind("one");
  assert.equal(await rig.bind("another"), 0);
  assert.equal(rig.store.inventory.binding?.cluster, "another");
});

withRig("while a changed cluster does not answer nothing is decided", async (rig) => {
  await rig.bind("one");
  rig.know("shop", "web-0");
  const fault = new ClusterError("unreachable", "The connection was refused.");
  await assert.rejects(rig.bind("another", [], fault), fault);
  assert.equal(rig.store.inventory.binding?.cluster, "one");
});

withRig(
  "pods of namespaces that are no longer followed are forgotten, and no deletion is told",
  async (rig) => {
    await rig.bind("one");
    rig.know("shop", "web-0");
    rig.know("bank", "web-1");
    await rig.bind("one", ["shop"]);
    assert.notEqual(rig.store.inventory.known("uid-web-0"), undefined);
    assert.equal(rig.store.inventory.known("uid-web-1"), undefined);
    assert.deepEqual(rig.store.outbox.endpoints(), [], "nothing is owed about it");
    assert.deepEqual(rig.store.outbox.concerned("uid-web-1"), []);
    assert.equal(rig.store.inventory.isPast("uid-web-1", "1"), false, "it may be followed again");
    assert.deepEqual(rig.log.at("info"), ["1 pods of namespaces that are no longer followed are forgotten."]);
  },
);

withRig("more namespaces than before forget nothing and say nothing", async (rig) => {
  await rig.bind("one", ["shop"]);
  rig.know("shop", "web-0");
  await rig.bind("one", ["shop", "bank"]);
  await rig.bind("one");
  assert.equal(rig.store.inventory.count(), 1);
  assert.deepEqual(rig.log.lines, []);
});
