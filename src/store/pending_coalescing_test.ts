import assert from "node:assert/strict";
import {
  A,
  B,
  bodyText,
  drain,
  FAILED,
  record,
  takeAll,
  takeOne,
  textOf,
  versions,
  withStore,
} from "../../tests/kit/store.ts";
import { LATEST_TRANSITIONS } from "./coalescing.ts";

withStore("a newer version takes the place of one that waits, with the reasons of both", (store) => {
  record(store, [A], { resourceVersion: "1", reasons: ["ready"] });
  store.commit();
  record(store, [A], { resourceVersion: "2", reasons: ["image"] });
  record(store, [A], { resourceVersion: "3", reasons: ["metadata"] });
  const message = takeOne(store);
  assert.equal(message.resourceVersion, "3");
  assert.equal(textOf(message), bodyText("web-0", "3"));
  assert.deepEqual(message.reasons, ["ready", "image", "metadata"]);
  assert.equal(message.coalesced, 2);
  assert.equal(message.seq, 1, "it keeps the row");
  assert.deepEqual(store.pending.counts(A), { pending: 1, deadLetters: 0, inFlight: 1 });
});

withStore("a pod that changes often keeps its turn", (store) => {
  for (const name of ["web-0", "web-1", "web-2"]) record(store, [A], { name });
  store.commit();
  record(store, [A], { name: "web-0", resourceVersion: "2" });
  assert.deepEqual(takeAll(store, A).map(({ name }) => name), ["web-0", "web-1", "web-2"]);
});

withStore(
  "a version that takes another's place is not handed out before its own batch is committed",
  (store) => {
    record(store, [A], { resourceVersion: "1" });
    record(store, [A], { name: "web-1" });
    store.commit();
    record(store, [A], { resourceVersion: "2" });
    assert.equal(store.pending.take(A, 0)?.name, "web-1");
    assert.equal(store.pending.take(A, 0), undefined);
    assert.equal(takeOne(store).resourceVersion, "2");
  },
);

withStore(
  "a newer version waits behind one that is in flight, and for its acknowledgement to be committed",
  (store) => {
    record(store, [A], { resourceVersion: "1" });
    const first = takeOne(store);
    record(store, [A], { resourceVersion: "2" });
    assert.deepEqual(takeAll(store, A), []);
    store.pending.acknowledged(first, 0);
    assert.equal(store.pending.take(A, 0), undefined);
    assert.equal(takeOne(store).resourceVersion, "2");
  },
);

withStore("what fails gives way to a newer version, which then stands for it", (store) => {
  record(store, [A], { resourceVersion: "1", reasons: ["created"] });
  const first = takeOne(store);
  record(store, [A], { resourceVersion: "2" });
  store.pending.failed(first, FAILED, 1_000);
  const second = takeOne(store);
  assert.equal(second.resourceVersion, "2");
  assert.deepEqual(second.reasons, ["created", "metadata"]);
  assert.equal(second.coalesced, 1);
  assert.equal(second.failures.tries, 0);
});

withStore("a newer version of what failed and waits is sent at once", (store) => {
  record(store, [A], { resourceVersion: "1" });
  store.pending.failed(takeOne(store), FAILED, 1e9);
  record(store, [A], { resourceVersion: "2" });
  const { resourceVersion, failures } = takeOne(store);
  assert.deepEqual([resourceVersion, failures.tries], ["2", 0]);
});

withStore("a transition is never replaced, not even when it fails", (store) => {
  record(store, [A], { resourceVersion: "1", reasons: ["terminated"] });
  record(store, [A], { resourceVersion: "2" });
  const first = takeOne(store);
  assert.equal(first.resourceVersion, "1");
  store.pending.failed(first, FAILED, 0);
  const again = takeOne(store);
  assert.equal(again.resourceVersion, "1");
  assert.deepEqual(again.failures, FAILED);
});

withStore("a transition takes the place of a plain change before it", (store) => {
  record(store, [A], { resourceVersion: "1" });
  record(store, [A], { resourceVersion: "2", reasons: ["restarted"] });
  record(store, [A], { resourceVersion: "3" });
  assert.deepEqual(versions(drain(store, A)), ["2", "3"]);
});

withStore("of a pod that crashes for days the first and the latest 20 transitions are kept", (store) => {
  for (let version = 1; version <= 50; version++) {
    record(store, [A], { resourceVersion: String(version), reasons: ["restarted"] });
    store.commit();
  }
  assert.equal(store.pending.counts(A).pending, LATEST_TRANSITIONS + 1);
  const messages = drain(store, A);
  const latest = Array.from({ length: LATEST_TRANSITIONS }, (_, index) => String(31 + index));
  assert.deepEqual(versions(messages), ["1", ...latest]);
  assert.equal(messages.reduce((sum, message) => sum + 1 + message.coalesced, 0), 50);
  assert.equal(messages[1]?.coalesced, 29);
});

withStore("a reminder that a newer version replaces is not counted as a version", (store) => {
  record(store, [A], { occasion: "7", reasons: ["unhealthy"] });
  record(store, [A], { resourceVersion: "2" });
  const message = takeOne(store);
  assert.deepEqual([message.coalesced, message.occasion], [0, ""]);
});

withStore("what one endpoint has coalesced another may have had one by one", (store) => {
  record(store, [A, B], { resourceVersion: "1" });
  store.pending.acknowledged(takeOne(store, B), 0);
  record(store, [A, B], { resourceVersion: "2" });
  assert.deepEqual([takeOne(store, A).coalesced, takeOne(store, B).coalesced], [1, 0]);
});

withStore("a message that stands for older ones does not say that the pod left: it is back", (store) => {
  record(store, [A], { resourceVersion: "1", reasons: ["phase"] });
  record(store, [A], { resourceVersion: "2", reasons: ["unselected"], occasion: "unselected" });
  record(store, [A], { resourceVersion: "2", reasons: ["sync"], occasion: "selected" });
  for (let version = 3; version <= 30; version++) {
    record(store, [A], { resourceVersion: String(version), reasons: ["restarted"] });
  }
  const sent = drain(store, A);
  assert.ok(sent.some(({ reasons }) => reasons.join() === "sync,restarted"), "one stands for those between");
  assert.deepEqual(sent.filter(({ reasons }) => reasons.includes("unselected")), []);
});
