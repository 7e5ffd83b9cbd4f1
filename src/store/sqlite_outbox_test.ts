import assert from "node:assert/strict";
import { owe } from "../../tests/kit/owed.ts";
import { openTestStore } from "../../tests/kit/store.ts";
import { LATEST_TRANSITIONS } from "./sqlite_outbox.ts";
import type { Message, Outbox } from "./store.ts";

const A = "a.example.com";
const B = "b.example.com";

function withOutbox(name: string, test: (outbox: Outbox) => void): void {
  Deno.test(name, () => {
    const store = openTestStore();
    try {
      test(store.outbox);
    } finally {
      store.close();
    }
  });
}

function takeOne(outbox: Outbox, endpoint = A, now = 0): Message {
  const [message] = outbox.take(endpoint, now, 1);
  assert.ok(message, "something is due");
  return message;
}

withOutbox("what is owed is taken as it was owed", (outbox) => {
  owe(outbox, A, {
    event: "pod.deleted",
    reasons: ["terminated", "deleted"],
    epoch: 3,
    phase: "Failed",
    observed: false,
    environment: "staging",
    resourceVersion: "340282366920938463463374607431768211455",
    body: '{"n":9223372036854775807}',
  });
  assert.deepEqual(takeOne(outbox), {
    seq: 1,
    endpoint: A,
    uid: "uid-web-0",
    namespace: "shop",
    name: "web-0",
    event: "pod.deleted",
    reasons: ["terminated", "deleted"],
    occasion: "",
    epoch: 3,
    phase: "Failed",
    observed: false,
    environment: "staging",
    resourceVersion: "340282366920938463463374607431768211455",
    body: '{"n":9223372036854775807}',
    attempts: 0,
    strikes: 0,
    coalesced: 0,
    completeness: "whole",
    timesAside: 0,
  });
});

withOutbox("a newer version takes the place of one that waits, with the reasons of both", (outbox) => {
  owe(outbox, A, { resourceVersion: "1", reasons: ["ready"] });
  owe(outbox, A, { resourceVersion: "2", reasons: ["image"] });
  owe(outbox, A, { resourceVersion: "3", reasons: ["metadata"] });
  const message = takeOne(outbox);
  assert.equal(message.resourceVersion, "3");
  assert.equal(message.body, '{"name":"web-0","version":"3"}');
  assert.deepEqual(message.reasons, ["ready", "image", "metadata"]);
  assert.equal(message.coalesced, 2);
  assert.deepEqual(outbox.owed(A), { waiting: 1, aside: 0 });
});

withOutbox("a newer version waits behind one that is being sent", (outbox) => {
  owe(outbox, A, { resourceVersion: "1" });
  const first = takeOne(outbox);
  owe(outbox, A, { resourceVersion: "2" });
  assert.deepEqual(outbox.take(A, 0, 10), []);
  outbox.accepted(first);
  assert.equal(takeOne(outbox).resourceVersion, "2");
});

withOutbox("what fails is dropped for a newer version, which then stands for it", (outbox) => {
  owe(outbox, A, { resourceVersion: "1", reasons: ["created"] });
  const first = takeOne(outbox);
  owe(outbox, A, { resourceVersion: "2" });
  outbox.failed(first, { attempts: 1, strikes: 0, due: 1_000 });
  const second = takeOne(outbox);
  assert.equal(second.resourceVersion, "2");
  assert.deepEqual(second.reasons, ["created", "metadata"]);
  assert.equal(second.coalesced, 1);
  assert.equal(second.attempts, 0);
});

withOutbox("a transition is never replaced, not even when it fails", (outbox) => {
  owe(outbox, A, { resourceVersion: "1", reasons: ["terminated"] });
  owe(outbox, A, { resourceVersion: "2" });
  const first = takeOne(outbox);
  assert.equal(first.resourceVersion, "1");
  outbox.failed(first, { attempts: 1, strikes: 1, due: 0 });
  const again = takeOne(outbox);
  assert.deepEqual([again.resourceVersion, again.attempts, again.strikes], ["1", 1, 1]);
});

withOutbox("a transition takes the place of a plain change before it", (outbox) => {
  owe(outbox, A, { resourceVersion: "1" });
  owe(outbox, A, { resourceVersion: "2", reasons: ["restarted"] });
  owe(outbox, A, { resourceVersion: "3" });
  assert.deepEqual(drain(outbox), ["2", "3"]);
});

withOutbox("of a pod that crashes for days the first and the latest 20 transitions are kept", (outbox) => {
  for (let version = 1; version <= 50; version++) {
    owe(outbox, A, { resourceVersion: String(version), reasons: ["restarted"] });
  }
  const messages: Message[] = [];
  for (let [next] = outbox.take(A, 0, 1); next !== undefined; [next] = outbox.take(A, 0, 1)) {
    messages.push(next);
    outbox.accepted(next);
  }
  const latest = Array.from({ length: LATEST_TRANSITIONS }, (_, index) => String(31 + index));
  assert.deepEqual(messages.map((message) => message.resourceVersion), ["1", ...latest]);
  assert.equal(messages.reduce((sum, message) => sum + 1 + message.coalesced, 0), 50);
  assert.equal(messages[1]?.coalesced, 29);
});

withOutbox("a reminder that is replaced by a newer version is not counted as a version", (outbox) => {
  owe(outbox, A, { occasion: "7", reasons: ["unhealthy"] });
  owe(outbox, A, { resourceVersion: "2" });
  const message = takeOne(outbox);
  assert.equal(message.coalesced, 0);
  assert.equal(message.occasion, "");
});

withOutbox("of one name only the oldest message is taken, whatever its UID", (outbox) => {
  owe(outbox, A, { uid: "old", resourceVersion: "1", event: "pod.deleted", reasons: ["deleted"] });
  owe(outbox, A, { uid: "new", resourceVersion: "2", reasons: ["created"] });
  const [first, ...more] = outbox.take(A, 0, 10);
  assert.ok(first);
  assert.equal(first.uid, "old");
  assert.deepEqual(more, []);
  outbox.failed(first, { attempts: 1, strikes: 0, due: 500 });
  assert.deepEqual(outbox.take(A, 499, 10), [], "the new pod waits for the end of the old one");
  outbox.accepted(takeOne(outbox, A, 500));
  assert.equal(takeOne(outbox).uid, "new");
});

withOutbox("the same name in two namespaces is two pods", (outbox) => {
  owe(outbox, A, { uid: "1", namespace: "shop" });
  owe(outbox, A, { uid: "2", namespace: "shop-2" });
  assert.equal(outbox.take(A, 0, 10).length, 2);
});

withOutbox("what waits for its time is not taken before, and nextDue says when", (outbox) => {
  owe(outbox, A);
  outbox.failed(takeOne(outbox), { attempts: 1, strikes: 0, due: 1_000 });
  assert.equal(outbox.hasDue(A, 999), false);
  assert.equal(outbox.nextDue(A, 999), 1_000);
  assert.equal(outbox.hasDue(A, 1_000), true);
  assert.equal(outbox.nextDue(A, 1_000), undefined);
});

withOutbox("what is set aside is counted by itself and can be made due at once", (outbox) => {
  owe(outbox, A);
  owe(outbox, A, { name: "web-1" });
  outbox.failed(takeOne(outbox), { attempts: 1, strikes: 3, due: 1e9, aside: "status 413" });
  assert.deepEqual(outbox.owed(A), { waiting: 1, aside: 1 });
  outbox.retryAside(A);
  assert.deepEqual(outbox.owed(A), { waiting: 2, aside: 0 });
  assert.deepEqual(
    outbox.take(A, 0, 10).map(({ strikes }) => strikes),
    [3, 0],
    "what was known of it stays known",
  );
});

withOutbox("a newer version of what is set aside is due at once, as a message of its own", (outbox) => {
  owe(outbox, A, { resourceVersion: "1" });
  outbox.failed(takeOne(outbox), { attempts: 4, strikes: 3, due: 1e9, aside: "status 413" });
  owe(outbox, A, { resourceVersion: "2" });
  const { resourceVersion, attempts, strikes } = takeOne(outbox);
  assert.deepEqual({ resourceVersion, attempts, strikes }, { resourceVersion: "2", attempts: 0, strikes: 0 });
});

withOutbox("a message that is released is as it was", (outbox) => {
  owe(outbox, A);
  const message = takeOne(outbox);
  assert.equal(outbox.hasDue(A, 0), false);
  outbox.release(message);
  assert.deepEqual(takeOne(outbox), message);
});

withOutbox("what one endpoint took is still owed to the other", (outbox) => {
  owe(outbox, A);
  owe(outbox, B);
  outbox.accepted(takeOne(outbox, A));
  assert.deepEqual(outbox.endpoints(), [B]);
  assert.equal(outbox.isOwed(A, "uid-web-0"), false);
  assert.equal(outbox.isOwed(B, "uid-web-0"), true);
});

withOutbox(
  "a pod that waits after it stopped matching is not mistaken for one that matches again",
  (outbox) => {
    owe(outbox, A, { resourceVersion: "1", reasons: ["unselected"] });
    owe(outbox, A, { resourceVersion: "2", reasons: ["created"] });
    const first = takeOne(outbox);
    assert.deepEqual(first.reasons, ["unselected"]);
    outbox.accepted(first);
    assert.deepEqual(takeOne(outbox).reasons, ["created"]);
  },
);

function drain(outbox: Outbox): string[] {
  const versions: string[] = [];
  for (let [next] = outbox.take(A, 0, 1); next !== undefined; [next] = outbox.take(A, 0, 1)) {
    versions.push(next.resourceVersion);
    outbox.accepted(next);
  }
  return versions;
}

Deno.test("what comes of a message that was forgotten meanwhile does not fall on the one after it", () => {
  const store = openTestStore();
  owe(store.outbox, A);
  const forgotten = takeOne(store.outbox);
  store.endpoints.forget(A);
  owe(store.outbox, A);
  store.outbox.accepted(forgotten);
  assert.ok(takeOne(store.outbox).seq > forgotten.seq);
  store.close();
});
