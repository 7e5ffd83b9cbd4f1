import assert from "node:assert/strict";
import { settle } from "../../tests/kit/clock.ts";
import { transactTwice } from "../../tests/kit/transact_twice.ts";
import { type Rig, withRig } from "../../tests/kit/worker_rig.ts";

withRig("a loss is told by one request at a time, and not again once that was accepted", async (rig) => {
  rig.dial.answer = () => new Promise((resolve) => rig.clock.after(100, () => resolve(200)));
  rig.owePods(4);
  lose(rig, 5);
  rig.start({ lost: () => rig.store.endpoints.lost("a").messages });
  await rig.clock.advance(1_000);
  assert.deepEqual(rig.dial.seen.flatMap(({ headers }) => headers["k8svent-lost"] ?? []), ["5"]);
  assert.deepEqual(rig.store.endpoints.lost("a"), { messages: 0, since: undefined });
});

withRig("a loss is told again with each attempt until one is accepted", async (rig) => {
  rig.dial.answer = ({ at }) => at < 2_000 ? 503 : 200;
  rig.owePods(3);
  lose(rig, 2);
  rig.start({ lost: () => rig.store.endpoints.lost("a").messages });
  await rig.clock.advance(60_000);
  const told = rig.dial.seen.map(({ at, headers }) => [at < 2_000, headers["k8svent-lost"]]);
  assert.ok(told.length > 4);
  const accepted = told.findIndex(([failed]) => !failed);
  assert.ok(accepted > 0 && told.slice(0, accepted).some(([, lost]) => lost === "2"));
  assert.equal(told[accepted]?.[1], "2");
  assert.ok(told.slice(accepted + 1).every(([, lost]) => lost === undefined));
});

withRig("what is lost while a loss is being told is told by the next request", async (rig) => {
  rig.dial.answer = () => new Promise((resolve) => rig.clock.after(100, () => resolve(200)));
  rig.owe("web-0");
  lose(rig, 5);
  const worker = rig.start({ lost: () => rig.store.endpoints.lost("a").messages });
  await rig.clock.advance(50);
  lose(rig, 7);
  rig.owe("web-1");
  worker.wake();
  await rig.clock.advance(200);
  rig.owe("web-2");
  worker.wake();
  await rig.clock.advance(200);
  assert.deepEqual(rig.dial.seen.map(({ headers }) => headers["k8svent-lost"]), ["5", undefined, "7"]);
});

withRig("a message whose text was reduced is read again at its turn, and the others go on", async (rig) => {
  const asked: string[] = [];
  rig.oweReduced("small");
  rig.owe("web-1");
  rig.start({
    reread: (message) => {
      asked.push(message.name);
      rig.complete("small");
      return Promise.resolve(true);
    },
  });
  await settle();
  assert.deepEqual(asked, ["small"]);
  assert.deepEqual(rig.dial.flush().sort(), ["small 1", "web-1 1"]);
});

withRig("a pod that cannot be read now is asked for again, each time later", async (rig) => {
  const asked: number[] = [];
  rig.oweReduced("small");
  rig.owe("web-1");
  rig.start({
    reread: () => {
      asked.push(rig.clock.monotonic());
      return Promise.resolve(false);
    },
  });
  await rig.clock.advance(12_000);
  assert.deepEqual(asked, [0, 500, 1_500, 3_500, 7_500]);
  assert.deepEqual(rig.dial.flush(), ["web-1 1"]);
  assert.equal(rig.owed.waiting, 1);
});

withRig("a pod is read once at a time, however long the API server takes", async (rig) => {
  let asked = 0;
  rig.oweReduced("small");
  rig.start({
    reread: () => {
      asked++;
      return asked > 1
        ? Promise.resolve(false)
        : new Promise((resolve) => rig.clock.after(60_000, () => resolve(false)));
    },
  });
  await rig.clock.advance(60_000);
  assert.equal(asked, 1);
  await rig.clock.advance(500);
  assert.equal(asked, 2);
});

withRig("a newer version that comes while its pod is read is sent once", async (rig) => {
  rig.dial.answer = () => new Promise((resolve) => rig.clock.after(1_000, () => resolve(200)));
  rig.oweReduced("small");
  const worker = rig.start({
    reread: () => new Promise((resolve) => rig.clock.after(500, () => resolve(true))),
  });
  await settle();
  rig.owe("small", { resourceVersion: "2" });
  worker.wake();
  await rig.clock.advance(10_000);
  assert.deepEqual(rig.dial.flush(), ["small 2"]);
  assert.equal(rig.owed.waiting, 0);
});

withRig("a message whose version cannot be had any more is sent reduced, and says so", async (rig) => {
  rig.oweReduced("small");
  rig.store.inventory.remove("uid-small", undefined);
  rig.start();
  await settle();
  assert.deepEqual(rig.dial.seen.map(({ headers }) => headers["k8svent-observed"]), ["false"]);
});

withRig("a failure counts once, though the disk fails as it is written down", async (rig) => {
  rig.dial.answer = () => 503;
  rig.owe("web-0");
  rig.start({ patience: 2, transaction: transactTwice(rig.store) });
  await rig.clock.advance(60_000);
  assert.equal(rig.dial.seen.length, 2);
  assert.equal(rig.store.outbox.take("a", Infinity, 1)[0]?.attempts, 2);
});

withRig("an inventory that was asked for is owed, though the disk fails meanwhile", async (rig) => {
  const asked: string[] = [];
  rig.dial.answer = ({ name }) => ({
    status: 200,
    headers: name === "web-0" ? { "k8svent-request": "inventory" } : {},
  });
  rig.owe("web-0");
  rig.start({
    onRequest: (endpoint) => asked.push(endpoint) === 1,
    tellInventory: () => rig.owe("inventory"),
    transaction: transactTwice(rig.store),
  });
  await settle();
  assert.deepEqual(asked, ["a"]);
  assert.deepEqual(rig.dial.seen.map(({ name }) => name), ["web-0", "inventory"]);
});

withRig("an answer that asks for an inventory is passed on once it is accepted", async (rig) => {
  const asked: string[] = [];
  const told: string[] = [];
  rig.dial.answer = ({ name }) => ({
    status: name === "web-1" ? 400 : 200,
    headers: { "k8svent-request": name === "web-2" ? "everything" : "inventory" },
  });
  for (const name of ["web-0", "web-1", "web-2"]) rig.owe(name);
  rig.start({
    onRequest: (endpoint) => asked.push(endpoint) === 1,
    tellInventory: (endpoint) => told.push(endpoint),
  });
  await settle();
  assert.equal(rig.dial.seen.length, 3);
  assert.deepEqual([asked, told], [["a"], ["a"]]);
});

withRig("an inventory that is asked for again too soon is not told", async (rig) => {
  const told: string[] = [];
  rig.dial.answer = () => ({ status: 200, headers: { "k8svent-request": "inventory" } });
  rig.owe("web-0");
  rig.start({ onRequest: () => false, tellInventory: (endpoint) => told.push(endpoint) });
  await settle();
  assert.equal(rig.dial.seen.length, 1);
  assert.deepEqual(told, []);
});

/** Counts so many messages as given up, as the bounds of the store do. */
function lose(rig: Rig, messages: number): void {
  rig.store.endpoints.lost("a");
  rig.database.prepare("UPDATE endpoint SET lost = lost + ?, lost_since = 0").run(messages);
}
