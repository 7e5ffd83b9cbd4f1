import assert from "node:assert/strict";
import {
  A,
  DEAD,
  podNamed,
  record,
  recordEnd,
  STUCK,
  takeAll,
  takeOne,
  withStore,
} from "../../tests/kit/store.ts";

withStore("dead letters are counted by themselves, listed, and can be made due at once", (store) => {
  for (const name of ["web-0", "web-1", "web-2"]) record(store, [A], { name });
  for (const message of takeAll(store, A).slice(0, 2)) store.pending.failed(message, DEAD, 1e9);
  assert.deepEqual(store.pending.counts(A), { pending: 3, deadLetters: 2, inFlight: 1 });
  assert.deepEqual(store.pending.deadLetters(A, 1), [{
    pod: "shop/web-0",
    uid: "uid-web-0",
    resourceVersion: "1",
    why: "status 413",
    tries: 4,
    superseded: false,
  }]);
  store.pending.retryDeadLetters(A, 1);
  const [again, ...more] = takeAll(store, A);
  assert.deepEqual([again?.name, again?.failures, more.length], ["web-0", DEAD, 0]);
  store.pending.retryDeadLetters(A);
  assert.equal(takeOne(store).name, "web-1");
  if (again !== undefined) store.pending.acknowledged(again, 0);
  assert.deepEqual(store.pending.counts(A), { pending: 2, deadLetters: 1, inFlight: 2 });
  assert.equal(store.pending.deadLetters(A, 10).length, 1, "what was accepted in the end is none any more");
});

withStore(
  "a newer version takes the place of a dead letter at once, which stays listed as superseded",
  (store) => {
    record(store, [A], { resourceVersion: "1" });
    store.pending.failed(takeOne(store), DEAD, 1e9);
    record(store, [A], { resourceVersion: "2" });
    const { resourceVersion, failures, coalesced } = takeOne(store);
    assert.deepEqual([resourceVersion, failures.tries, coalesced], ["2", 0, 1]);
    assert.equal(store.pending.counts(A).deadLetters, 0);
    const [listed] = store.pending.deadLetters(A, 10);
    assert.deepEqual([listed?.resourceVersion, listed?.why, listed?.superseded], ["1", "status 413", true]);
  },
);

withStore(
  "a dead letter that is a transition gives way after three failed retries, and not before",
  (store) => {
    record(store, [A], { resourceVersion: "1", reasons: ["terminated"] });
    record(store, [A], { resourceVersion: "2" });
    for (let dead = 1; dead <= 3; dead++) {
      store.pending.failed(takeOne(store), { ...DEAD, dead }, 0);
      assert.equal(store.pending.counts(A).deadLetters, 1);
    }
    store.pending.failed(takeOne(store), STUCK, 0);
    const { resourceVersion, reasons, coalesced } = takeOne(store);
    assert.deepEqual([resourceVersion, reasons, coalesced], ["2", ["terminated", "metadata"], 1]);
    assert.equal(store.pending.deadLetters(A, 10)[0]?.superseded, true);
  },
);

withStore("a newer version takes the place of a transition that is stuck", (store) => {
  record(store, [A], { resourceVersion: "1", reasons: ["terminated"] });
  store.pending.failed(takeOne(store), STUCK, 1e9);
  record(store, [A], { resourceVersion: "2" });
  assert.equal(takeOne(store).resourceVersion, "2");
  assert.equal(store.pending.counts(A).pending, 1);
});

withStore("the next pod of a name passes one that is stuck, and not one that is merely dead", (store) => {
  recordEnd(store, [A], { uid: "old" });
  store.pending.failed(takeOne(store), DEAD, 100);
  record(store, [A], { uid: "new", resourceVersion: "2" });
  assert.deepEqual(takeAll(store, A), []);
  store.pending.failed(takeOne(store, A, 100), STUCK, 1e9);
  const passed = takeOne(store, A, 100);
  assert.equal(passed.uid, "new");
  store.pending.retryDeadLetters(A);
  assert.equal(takeOne(store, A, 100).uid, "old", "it is still tried");
  store.pending.acknowledged(passed, 0);
  record(store, [A], { uid: "new", resourceVersion: "3" });
  assert.equal(takeOne(store, A, 100).resourceVersion, "3");
  assert.equal(store.pending.has(A, { ...podNamed("web-0"), uid: "old" }), true);
});

withStore("a pod that comes back in a new epoch takes the place of its end, if that is stuck", (store) => {
  recordEnd(store, [A], { resourceVersion: "1" });
  store.pending.failed(takeOne(store), DEAD, 100);
  store.inventory.beginEpoch();
  record(store, [A], { resourceVersion: "5", reasons: ["sync"] });
  assert.deepEqual(takeAll(store, A), [], "it waits for its end");
  store.pending.failed(takeOne(store, A, 100), STUCK, 1e9);
  const { event, resourceVersion, coalesced, reasons } = takeOne(store, A, 100);
  assert.deepEqual([event, resourceVersion, coalesced, reasons], ["pod.changed", "5", 1, ["sync"]]);
  assert.equal(store.pending.counts(A).pending, 1);
  assert.equal(store.pending.deadLetters(A, 9)[0]?.superseded, true);
});

withStore("a pod that comes back while its end is in flight waits for that, though it is stuck", (store) => {
  recordEnd(store, [A], { resourceVersion: "1" });
  store.pending.failed(takeOne(store), STUCK, 100);
  const end = takeOne(store, A, 100);
  store.inventory.beginEpoch();
  record(store, [A], { resourceVersion: "5", reasons: ["sync"] });
  assert.deepEqual(takeAll(store, A, 100), [], "two messages about one pod are never under way at once");
  store.pending.failed(end, STUCK, 1e9);
  assert.equal(takeOne(store, A, 100).resourceVersion, "5");
});

withStore("a pod that comes back after its end was passed takes that out of the way", (store) => {
  recordEnd(store, [A], { uid: "old" });
  store.pending.failed(takeOne(store), STUCK, 1e9);
  recordEnd(store, [A], { uid: "new", resourceVersion: "2" });
  store.inventory.beginEpoch();
  record(store, [A], { uid: "old", resourceVersion: "5" });
  store.pending.retryDeadLetters(A);
  assert.equal(takeOne(store).uid, "new");
  assert.deepEqual(takeAll(store, A), []);
});

withStore("a pod that begins behind one that is stuck passes it at once", (store) => {
  recordEnd(store, [A], { uid: "old" });
  store.pending.failed(takeOne(store), STUCK, 1e9);
  record(store, [A], { uid: "new", resourceVersion: "2" });
  assert.equal(takeOne(store).uid, "new");
});
