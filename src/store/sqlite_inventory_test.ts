import assert from "node:assert/strict";
import { makePod, type PodParts, summaryOf } from "../../tests/kit/pods.ts";
import { openTestStore } from "../../tests/kit/store.ts";
import { printPod } from "../pod/json.ts";
import { openInMemory } from "./database.ts";
import type { Inventory } from "./inventory.ts";

function withInventory(name: string, test: (inventory: Inventory) => void): void {
  Deno.test(name, () => {
    const store = openTestStore();
    try {
      test(store.inventory);
    } finally {
      store.close();
    }
  });
}

function put(inventory: Inventory, parts: PodParts, remindAt?: number): void {
  const pod = makePod(parts);
  const { uid, namespace, name, resourceVersion } = pod.metadata;
  const known = { uid, namespace, name, resourceVersion, summary: summaryOf(pod), epoch: inventory.epoch };
  inventory.put({ ...known, route: undefined, environment: undefined }, printPod(pod), remindAt);
}

function missing(inventory: Inventory, scope?: string): string[] {
  return inventory.missing(scope).map(({ name }) => name);
}

withInventory("the last version of a pod is the one that is known", (inventory) => {
  put(inventory, { version: "1" });
  put(inventory, { version: "2" });
  const known = inventory.known("uid-web-0");
  assert.ok(known);
  assert.equal(known.resourceVersion, "2");
  assert.equal(inventory.bodyOf(known).text, printPod(makePod({ version: "2" })));
  assert.deepEqual(inventory.holder("shop", "web-0"), known);
  assert.equal(inventory.holder("other", "web-0"), undefined);
});

Deno.test("a version takes the place of the one before, but not of a text that an endpoint waits for", () => {
  const database = openInMemory();
  const store = openTestStore(database);
  const texts = (): unknown => database.prepare("SELECT count(*) AS count FROM body").get()?.["count"];
  put(store.inventory, { version: "1" });
  put(store.inventory, { version: "2" });
  assert.equal(texts(), 1);
  const { uid, namespace, name, resourceVersion, epoch, body } = store.inventory.known("uid-web-0") ??
    assert.fail();
  const change = { uid, namespace, name, resourceVersion, epoch, body, event: "pod.changed" as const };
  store.outbox.owe("a", { ...change, reasons: ["phase"], occasion: "" });
  put(store.inventory, { version: "3" });
  assert.equal(texts(), 2);
  const [message] = store.outbox.take("a", 0, 1);
  assert.equal(message?.body, printPod(makePod({ version: "2" })));
  store.outbox.accepted(message);
  assert.equal(texts(), 1);
  store.close();
});

withInventory("a pod that is removed is gone for good only where that was said", (inventory) => {
  put(inventory, { uid: "deleted" });
  put(inventory, { uid: "unselected", name: "web-1" });
  inventory.remove("deleted", { at: 1 });
  inventory.remove("unselected", undefined);
  assert.equal(inventory.known("deleted"), undefined);
  assert.equal(inventory.known("unselected"), undefined);
  assert.deepEqual([inventory.isPast("deleted", "1"), inventory.isPast("unselected", "1")], [true, false]);
});

withInventory("no deletion is final once the cluster went back", (inventory) => {
  inventory.remove("b", { at: 2_000 });
  inventory.beginSync(undefined, true);
  assert.equal(inventory.isPast("b", "1"), false);
  assert.equal(inventory.epoch, 1);
});

withInventory("what a list did not hold is missing, what it marked or brought is not", (inventory) => {
  for (const name of ["kept", "changed", "lost"]) put(inventory, { name });
  inventory.beginSync(undefined, false);
  inventory.mark("uid-kept");
  put(inventory, { name: "changed", version: "2" });
  put(inventory, { name: "fresh" });
  assert.deepEqual(missing(inventory), ["lost"]);
});

withInventory("a list that begins anew counts from its second beginning", (inventory) => {
  for (const name of ["a", "b"]) put(inventory, { name });
  inventory.beginSync(undefined, false);
  inventory.mark("uid-a");
  inventory.beginSync(undefined, false);
  inventory.mark("uid-b");
  assert.deepEqual(missing(inventory), ["a"]);
});

withInventory("a list of one namespace says nothing about another", (inventory) => {
  put(inventory, { namespace: "shop", name: "a" });
  put(inventory, { namespace: "bank", name: "b" });
  inventory.beginSync("shop", false);
  assert.deepEqual(missing(inventory, "shop"), ["a"]);
});

withInventory("lists of two namespaces that run at once do not hide each other's pods", (inventory) => {
  put(inventory, { namespace: "shop", name: "a" });
  put(inventory, { namespace: "shop", name: "lost" });
  put(inventory, { namespace: "bank", name: "b" });
  inventory.beginSync("shop", false);
  inventory.mark("uid-a");
  inventory.beginSync("bank", false);
  inventory.mark("uid-b");
  assert.deepEqual(missing(inventory, "shop"), ["lost"]);
  assert.deepEqual(missing(inventory, "bank"), []);
});

withInventory("a list is complete for its scope alone", (inventory) => {
  inventory.beginSync("shop", false);
  assert.equal(inventory.isSynced("shop"), false);
  inventory.endSync("shop");
  assert.deepEqual(["shop", "bank", undefined].map((scope) => inventory.isSynced(scope)), [
    true,
    false,
    false,
  ]);
});

withInventory(
  "a reminder comes at its time, and when its time was set by a clock that went back",
  (inventory) => {
    put(inventory, { name: "a" }, 1_000);
    put(inventory, { name: "b" });
    const remindable = (now: number): string[] => inventory.remindable(now, 500).map(({ name }) => name);
    assert.deepEqual(remindable(999), []);
    assert.deepEqual(remindable(1_000), ["a"]);
    assert.deepEqual(remindable(499), ["a"]);
    inventory.setReminder("uid-a", 1_500);
    assert.deepEqual(remindable(1_000), []);
  },
);

withInventory("how far a scope was seen is kept for each", (inventory) => {
  assert.equal(inventory.reached(undefined), undefined);
  inventory.setReached(undefined, "100");
  inventory.setReached("team", "98");
  assert.equal(inventory.reached(undefined), "100");
  assert.equal(inventory.reached("team"), "98");
});

withInventory(
  "the lists of two namespaces tell of one way back, and the next one is another",
  (inventory) => {
    const epochs = ["shop", "bank", "shop", "bank"].map((scope) => {
      inventory.beginSync(scope, true);
      return inventory.epoch;
    });
    assert.deepEqual(epochs, [1, 1, 2, 2]);
  },
);

withInventory("a namespace whose list went on in the new epoch tells of another way back", (inventory) => {
  inventory.beginSync("bank", false);
  inventory.beginSync("shop", true);
  inventory.beginSync("bank", false);
  inventory.beginSync("bank", true);
  assert.equal(inventory.epoch, 2);
});

Deno.test("a restart between the lists of two namespaces makes no second way back of one", () => {
  const database = openInMemory();
  const store = openTestStore(database);
  for (const scope of ["shop", "bank"]) store.inventory.beginSync(scope, false);
  store.inventory.beginSync("shop", true);
  const { inventory } = openTestStore(database);
  inventory.beginSync("bank", true);
  assert.equal(inventory.epoch, 1);
  store.close();
});

Deno.test("a way back that was not stored is told by the next list, whichever it is", () => {
  const store = openTestStore();
  assert.throws(() =>
    store.transaction(() => {
      store.inventory.beginSync("shop", true);
      throw new Error("disk");
    }), /disk/);
  store.inventory.beginSync("bank", true);
  assert.equal(store.inventory.epoch, 1);
  store.close();
});
