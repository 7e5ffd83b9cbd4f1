import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import {
  A,
  drain,
  podNamed,
  record,
  recordEnd,
  STUCK,
  takeAll,
  takeReady,
  versions,
} from "../../tests/kit/store.ts";
import { withRig } from "../../tests/kit/store_rig.ts";

withRig("what is known and pending survives a crash at any commit", async ({ store, disk, folder, open }) => {
  store.inventory.beginEpoch();
  store.inventory.bind({ cluster: "here" });
  store.inventory.setReached("shop", "42");
  store.inventory.endSync("shop");
  const pod = record(store, [A, "b"], { resourceVersion: "7", text: '{"n":9223372036854775807}' });
  store.inventory.reroute(pod, ["x"], "e");
  store.inventory.setReminder(pod, 5);
  const gone = record(store, [], { name: "gone" });
  store.inventory.remove(gone, { version: "3", left: true });
  store.commit();
  await disk.endSync();
  const [message] = takeAll(store, "b");
  store.pending.acknowledged(message ?? assert.fail(), 0);
  store.commit();
  disk.copyTo(`${folder}/copy.db`);
  const again = open(`${folder}/copy.db`);
  const known = again.inventory.holder("shop", "web-0") ?? assert.fail();
  assert.deepEqual(
    [known.resourceVersion, known.epoch, known.route, known.environment, known.namespace, known.name],
    ["7", 1, ["x"], "e", "shop", "web-0"],
  );
  assert.deepEqual(again.inventory.audience(known), [A, "b"]);
  assert.equal(new TextDecoder().decode(again.inventory.bodyOf(known)?.body), '{"n":9223372036854775807}');
  assert.deepEqual(again.inventory.tombstone("uid-gone")?.left, true);
  assert.deepEqual([again.inventory.reached("shop"), again.inventory.isSynced("shop")], ["42", true]);
  assert.deepEqual(again.inventory.binding, { cluster: "here" });
  assert.deepEqual(again.inventory.remindable(5, 10), [known]);
  assert.deepEqual([again.pending.has(A, podNamed("web-0")), again.pending.has("b", podNamed("web-0"))], [
    true,
    false,
  ]);
  assert.deepEqual(drain(again, A).map(({ resourceVersion }) => resourceVersion), ["7"]);
});

withRig("how endpoints stand to a pod survives a restart, and what was recorded for them", async (rig) => {
  const { store, disk, folder, open } = rig;
  const pod = record(store, [A, "b", "c"], { resourceVersion: "7" });
  store.inventory.put({ ...pod, resourceVersion: pod.resourceVersion, workload: "Deployment/web" });
  store.followers.setStanding(pod, "b", "left");
  store.followers.setStanding(pod, "c", undefined);
  store.followers.setStanding(pod, "d", "selected");
  store.followers.setSent(pod, A, "7");
  store.commit();
  await disk.endSync();
  disk.copyTo(`${folder}/copy.db`);
  const { inventory, followers } = open(`${folder}/copy.db`);
  const known = inventory.holder("shop", "web-0") ?? assert.fail();
  const standings = [A, "b", "c", "d", "e"].map((name) => followers.standing(known, name));
  assert.deepEqual(standings, ["sent", "left", undefined, "selected", undefined]);
  assert.deepEqual(inventory.audience(known), [A]);
  assert.deepEqual(followers.sent(A), [{ uid: "uid-web-0", resourceVersion: "7" }]);
  assert.equal(known.workload, "Deployment/web");
});

withRig(
  "what was recorded of a pod that is gone, or for an endpoint that is, does not survive a restart",
  async (rig) => {
    const { store, disk, folder, open } = rig;
    for (const name of ["web-0", "web-1"]) {
      const pod = record(store, [A, "b"], { name });
      for (const endpoint of [A, "b"]) store.followers.setSent(pod, endpoint, "1");
    }
    store.inventory.remove(store.inventory.holder("shop", "web-0") ?? assert.fail(), {
      version: "2",
      left: false,
    });
    store.pending.forget("b");
    store.commit();
    await disk.endSync();
    disk.copyTo(`${folder}/copy.db`);
    const { followers } = open(`${folder}/copy.db`);
    assert.deepEqual(followers.sent(A).map(({ uid }) => uid), ["uid-web-1"]);
    assert.deepEqual(followers.sent("b"), []);
  },
);

withRig(
  "a restart makes everything due, and keeps what is dead, how often it was tried, and why",
  async (rig) => {
    const { store, disk, folder, open } = rig;
    record(store, [A], { reasons: ["terminated"] });
    store.commit();
    await disk.endSync();
    const failures = { tries: 9, strikes: 4, failedAt: 77, dead: 2, why: "status 413" };
    store.pending.failed(takeReady(store), failures, 1e12);
    store.commit();
    disk.copyTo(`${folder}/copy.db`);
    const again = open(`${folder}/copy.db`);
    assert.equal(again.pending.counts(A).deadLetters, 1);
    assert.deepEqual(takeReady(again).failures, {
      tries: 9,
      strikes: 0,
      failedAt: 0,
      dead: 2,
      why: "status 413",
    });
  },
);

withRig(
  "what was announced as lost is announced again if the acknowledgement of that did not reach the disk",
  async ({ store, disk, folder, open }) => {
    record(store, [A], { name: "dead" });
    store.commit();
    await disk.endSync();
    store.pending.failed(
      takeReady(store),
      { tries: 9, strikes: 4, failedAt: 1, dead: 1, why: "status 413" },
      1e12,
    );
    store.pending.discard(A);
    record(store, [A], { name: "next" });
    store.commit();
    await disk.endSync();
    store.pending.acknowledged(takeReady(store), 1);
    assert.equal(store.pending.lost(A).messages, 0);
    disk.copyTo(`${folder}/before.db`);
    store.commit();
    disk.copyTo(`${folder}/after.db`);
    const [before, after] = ["before", "after"].map((name) => open(`${folder}/${name}.db`).pending);
    assert.deepEqual([before?.lost(A).messages, before?.counts(A).pending], [1, 1]);
    assert.deepEqual([after?.lost(A).messages, after?.counts(A).pending], [0, 0]);
  },
);

withRig("after a restart, what was reached is not what a pod of an older epoch shows", async (rig) => {
  const { store, disk, folder, open } = rig;
  record(store, [A], { resourceVersion: "900" });
  store.inventory.beginEpoch();
  store.inventory.setReached(undefined, "50");
  store.commit();
  await disk.endSync();
  disk.copyTo(`${folder}/copy.db`);
  assert.equal(open(`${folder}/copy.db`).inventory.reached(undefined), "50");
});

withRig("what is recorded after a restart leaves alone what was pending before", async (rig) => {
  const { store, disk, folder, open } = rig;
  record(store, [A], { name: "before" });
  store.commit();
  await disk.endSync();
  disk.copyTo(`${folder}/copy.db`);
  const again = open(`${folder}/copy.db`);
  record(again, [A], { name: "after" });
  assert.deepEqual(again.pending.list(A, 9).map(({ seq, name }) => [seq, name]), [[1, "before"], [
    2,
    "after",
  ]]);
});

withRig("a pod of which no version was written is not known after a restart", async (rig) => {
  const { store, disk, folder, open } = rig;
  const pod = record(store, [A]);
  store.inventory.put({ ...pod, resourceVersion: pod.resourceVersion, uid: "half", name: "half" });
  store.commit();
  await disk.endSync();
  disk.copyTo(`${folder}/copy.db`);
  const { inventory } = open(`${folder}/copy.db`);
  assert.deepEqual([...inventory.pods()].map(({ name }) => name), ["web-0"]);
});

withRig("of two pods of one name in a file, the later one is known after a restart", async (rig) => {
  const { store, disk, folder, open } = rig;
  record(store, [A]);
  record(store, [A], { name: "web-1" });
  store.commit();
  await disk.endSync();
  disk.copyTo(`${folder}/copy.db`);
  const database = new DatabaseSync(`${folder}/copy.db`);
  database.exec("UPDATE pod SET name = 'web-0'");
  database.close();
  const { inventory } = open(`${folder}/copy.db`);
  assert.deepEqual([...inventory.pods()].map(({ uid }) => uid), ["uid-web-1"]);
  assert.equal(inventory.count(), 1);
  assert.equal(inventory.tombstone("uid-web-0")?.left, false);
});

withRig("after a restart a pod that is back waits for its end, though that is stuck", async (rig) => {
  const { store, disk, folder, open } = rig;
  recordEnd(store, [A]);
  store.commit();
  await disk.endSync();
  store.pending.failed(takeReady(store), STUCK, 100);
  store.pending.take(A, 100);
  store.inventory.beginEpoch();
  record(store, [A], { resourceVersion: "5", reasons: ["sync"] });
  store.commit();
  disk.copyTo(`${folder}/copy.db`);
  assert.deepEqual(versions(takeAll(open(`${folder}/copy.db`), A)), ["1"]);
});
