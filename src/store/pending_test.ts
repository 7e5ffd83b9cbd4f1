import assert from "node:assert/strict";
import { bodyText, drain, openTestStore, record, recordEnd, takeAll, textOf } from "../../tests/kit/store.ts";
import { LATEST_TRANSITIONS } from "./pending.ts";
import type { Failures, Message, Store } from "./store.ts";

const A = "a.example.com";
const B = "b.example.com";

const FAILED: Failures = { tries: 1, strikes: 1, failedAt: 1, dead: 0, why: "status 503" };
const DEAD: Failures = { ...FAILED, tries: 4, strikes: 3, dead: 1, why: "status 413" };
/** After three failed retries as a dead letter. */
const STUCK: Failures = { ...DEAD, tries: 7, dead: 4 };

function withStore(name: string, test: (store: Store) => void): void {
  Deno.test(name, () => {
    const store = openTestStore();
    try {
      test(store);
    } finally {
      store.close();
    }
  });
}

function takeOne(store: Store, endpoint = A, now = 0): Message {
  store.commit();
  return store.pending.take(endpoint, now) ?? assert.fail("nothing can be sent");
}

function versions(messages: Message[]): string[] {
  return messages.map(({ resourceVersion }) => resourceVersion);
}

withStore("what was recorded is taken as it was recorded", (store) => {
  record(store, [A], {
    event: "pod.deleted",
    reasons: ["terminated", "deleted"],
    phase: "Failed",
    observed: false,
    environment: "staging",
    resourceVersion: "340282366920938463463374607431768211455",
    text: '{"n":9223372036854775807}',
  });
  const { body, ...message } = takeOne(store);
  assert.equal(new TextDecoder().decode(body), '{"n":9223372036854775807}');
  assert.deepEqual(message, {
    seq: 1,
    version: 1,
    endpoint: A,
    uid: "uid-web-0",
    namespace: "shop",
    name: "web-0",
    event: "pod.deleted",
    reasons: ["terminated", "deleted"],
    occasion: "",
    epoch: 0,
    generation: 0,
    phase: "Failed",
    observed: false,
    environment: "staging",
    workload: undefined,
    resourceVersion: "340282366920938463463374607431768211455",
    coalesced: 0,
    completeness: "whole",
    failures: { tries: 0, strikes: 0, failedAt: 0, dead: 0, why: undefined },
  });
});

withStore("nothing is handed out before its batch is committed", (store) => {
  record(store, [A]);
  assert.equal(store.pending.take(A, 0), undefined);
  assert.equal(store.pending.hasReady(A, 0), false);
  store.commit();
  assert.equal(store.pending.hasReady(A, 0), true);
  assert.notEqual(store.pending.take(A, 0), undefined);
});

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

withStore("a reminder has the body of the version that it reminds of", (store) => {
  const pod = record(store, [A]);
  drain(store, A);
  const reminder = { event: "pod.changed" as const, resourceVersion: "1", reasons: ["unhealthy" as const] };
  store.record(pod, { ...reminder, occasion: "7", body: undefined }, [A]);
  assert.equal(textOf(takeOne(store)), bodyText("web-0", "1"));
});

withStore("of one name only the oldest message is sent, whatever its UID", (store) => {
  recordEnd(store, [A], { uid: "old", resourceVersion: "1" });
  record(store, [A], { uid: "new", resourceVersion: "2", reasons: ["created"] });
  const [first, ...more] = takeAll(store, A);
  assert.equal(first?.uid, "old");
  assert.deepEqual(more, []);
  if (first === undefined) return;
  store.pending.failed(first, FAILED, 500);
  assert.deepEqual(takeAll(store, A, 499), [], "the new pod waits for the end of the old one");
  store.pending.acknowledged(takeOne(store, A, 500), 0);
  assert.equal(store.pending.take(A, 500), undefined, "until that is committed");
  assert.equal(takeOne(store, A, 500).uid, "new");
});

withStore("the same name in two namespaces is two pods", (store) => {
  record(store, [A], { uid: "1", namespace: "shop" });
  record(store, [A], { uid: "2", namespace: "shop-2" });
  assert.equal(takeAll(store, A).length, 2);
});

withStore("namespaces take turns, and each is first come, first served", (store) => {
  for (const name of ["1", "2", "3"]) record(store, [A], { namespace: "many", name, uid: `many-${name}` });
  for (const namespace of ["few", "one"]) record(store, [A], { namespace, uid: namespace });
  const order = takeAll(store, A).map(({ namespace, name }) => `${namespace}/${name}`);
  assert.deepEqual(order, ["many/1", "few/web-0", "one/web-0", "many/2", "many/3"]);
});

withStore("what waits for its time is not sent before, holds up no other, and nextDue says when", (store) => {
  record(store, [A]);
  record(store, [A], { name: "web-1" });
  store.pending.failed(takeOne(store), FAILED, 1_000);
  assert.equal(takeOne(store).name, "web-1");
  assert.equal(store.pending.hasReady(A, 999), false);
  assert.equal(store.pending.nextDue(A), 1_000);
  assert.equal(store.pending.hasReady(A, 1_000), true);
  assert.equal(store.pending.nextDue(A), undefined);
});

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
  assert.equal(store.pending.has(A, "old"), true);
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

withStore("a message that is released is as if it was never taken", (store) => {
  record(store, [A]);
  record(store, [A], { name: "web-1" });
  const message = takeOne(store);
  assert.equal(store.pending.counts(A).inFlight, 1);
  store.pending.release(message);
  assert.equal(store.pending.counts(A).inFlight, 0);
  assert.deepEqual(takeOne(store), message);
});

withStore("a message that is deferred waits without a failure, and its body makes it due", (store) => {
  const pod = record(store, [A], { trimmed: true });
  const message = takeOne(store);
  assert.equal(message.completeness, "fetchable");
  store.pending.defer(message, 5_000);
  assert.deepEqual(takeAll(store, A, 4_999), []);
  store.inventory.restore(pod, new TextEncoder().encode("whole"));
  const again = takeOne(store);
  assert.deepEqual([textOf(again), again.completeness, again.failures.tries], ["whole", "whole", 0]);
});

withStore("a body that comes back makes nothing due that failed and waits", (store) => {
  const pod = record(store, [A], { trimmed: true });
  store.pending.failed(takeOne(store), FAILED, 5_000);
  store.inventory.restore(pod, new TextEncoder().encode("whole"));
  assert.deepEqual(takeAll(store, A, 4_999), []);
  assert.equal(textOf(takeOne(store, A, 5_000)), "whole");
});

withStore("a trimmed version that a newer one followed cannot be had any more", (store) => {
  record(store, [A], { resourceVersion: "1", reasons: ["terminated"], trimmed: true });
  record(store, [A], { resourceVersion: "2" });
  assert.equal(takeOne(store).completeness, "trimmed");
});

withStore("what one endpoint took is still pending for the other", (store) => {
  record(store, [A, B]);
  store.pending.acknowledged(takeOne(store, A), 0);
  assert.equal(store.pending.has(A, "uid-web-0"), false);
  assert.equal(store.pending.has(B, "uid-web-0"), true);
  assert.equal(textOf(takeOne(store, B)), bodyText("web-0", "1"));
});

withStore("a version that two endpoints wait for is one version", (store) => {
  record(store, [A, B]);
  assert.equal(takeOne(store, A).version, takeOne(store, B).version);
});

withStore("what one endpoint has coalesced another may have had one by one", (store) => {
  record(store, [A, B], { resourceVersion: "1" });
  store.pending.acknowledged(takeOne(store, B), 0);
  record(store, [A, B], { resourceVersion: "2" });
  assert.deepEqual([takeOne(store, A).coalesced, takeOne(store, B).coalesced], [1, 0]);
});

withStore("a pod that left the selection and is back is not mistaken for one that never left", (store) => {
  const pod = record(store, [A], { resourceVersion: "1", reasons: ["unselected"], occasion: "unselected" });
  store.inventory.remove(pod, { version: "1", left: true });
  record(store, [A], { resourceVersion: "2", reasons: ["created"] });
  assert.deepEqual(drain(store, A).map(({ reasons }) => reasons.join()), ["unselected", "created"]);
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

withStore(
  "a probe is about another pod and, if there is one, of another namespace, the fewest tries first",
  (store) => {
    for (const name of ["1", "2", "3"]) record(store, [A], { name });
    record(store, [A], { name: "4", namespace: "bank", uid: "bank" });
    const probe = (random: number, last: { uid: string; namespace: string; name: string }[]): string => {
      store.commit();
      const message = store.pending.probe(A, 0, { random, last }) ?? assert.fail("no probe");
      store.pending.failed(message, { ...FAILED, tries: message.failures.tries + 1 }, 0);
      return message.name;
    };
    const one = { uid: "uid-1", namespace: "shop", name: "1" };
    assert.equal(probe(0, [one]), "4");
    assert.equal(probe(0.999, [one, { uid: "bank", namespace: "bank", name: "4" }]), "3");
    assert.equal(probe(0, []), "1");
    assert.equal(probe(0.999, [{ uid: "x", namespace: "x", name: "x" }]), "2", "the others were tried");
  },
);

withStore("where there is one pod alone, that is the probe", (store) => {
  record(store, [A]);
  store.commit();
  const only = { uid: "uid-web-0", namespace: "shop", name: "web-0" };
  assert.equal(store.pending.probe(A, 0, { random: 0.5, last: [only] })?.uid, "uid-web-0");
  assert.equal(store.pending.probe(A, 0, { random: 0.5, last: [only] }), undefined);
});

withStore("whether something untried of another namespace could be sent", (store) => {
  record(store, [A]);
  record(store, [A], { namespace: "bank", uid: "bank" });
  store.commit();
  assert.equal(store.pending.hasUntried(A, 0, "shop"), true);
  const messages = takeAll(store, A);
  assert.equal(store.pending.hasUntried(A, 0, "shop"), false);
  for (const message of messages) store.pending.failed(message, FAILED, 0);
  assert.equal(store.pending.hasReady(A, 0), true);
  assert.equal(store.pending.hasUntried(A, 0, "shop"), false);
});

withStore("a forgotten endpoint leaves nothing behind, and begins anew under its name", (store) => {
  recordEnd(store, [A, B]);
  record(store, [A], { name: "web-1" });
  assert.equal(store.pending.forget(A), 2);
  assert.deepEqual(store.pending.endpoints(), [B]);
  assert.equal(store.pending.has(A, "uid-web-1"), false);
  assert.deepEqual(store.pending.counts(A), { pending: 0, deadLetters: 0, inFlight: 0 });
  const pod = store.inventory.known("uid-web-1") ?? assert.fail();
  assert.deepEqual(store.inventory.audience(pod), []);
  record(store, [A], { name: "web-1", resourceVersion: "2" });
  assert.deepEqual(versions(drain(store, A)), ["2"]);
  assert.deepEqual(store.inventory.audience(pod), [A]);
});

withStore(
  "what becomes of a message that was forgotten meanwhile does not fall on the one after it",
  (store) => {
    record(store, [A]);
    const forgotten = takeOne(store);
    store.pending.forget(A);
    record(store, [A], { resourceVersion: "2" });
    store.pending.acknowledged(forgotten, 0);
    assert.ok(takeOne(store).seq > forgotten.seq);
  },
);

withStore("notices are pending like a pod, one of each line", (store) => {
  const notice = { event: "k8svent.gap" as const, resourceVersion: "0", reasons: [] };
  for (const text of ["first", "second"]) {
    store.record(undefined, { ...notice, occasion: text, body: new TextEncoder().encode(text) }, [A], "gap");
  }
  store.record(undefined, { ...notice, occasion: "", body: new TextEncoder().encode("other") }, [A], "beat");
  const messages = takeAll(store, A);
  assert.deepEqual(messages.map(textOf), ["second", "other"]);
  assert.deepEqual([messages[0]?.event, messages[0]?.reasons, messages[0]?.namespace], [
    "k8svent.gap",
    [],
    "k8svent",
  ]);
  assert.equal(store.inventory.count(), 0);
});

withStore("a probe is about a pod that comes first, if it may be sent now", (store) => {
  for (const name of ["1", "2", "3"]) record(store, [A], { name });
  store.commit();
  const [one, two] = ["1", "2"].map((name) => ({ uid: `uid-${name}`, namespace: "shop", name }));
  const choice = { random: 0, last: [], first: [two ?? assert.fail(), one ?? assert.fail()] };
  const names = [1, 2, 3, 4].map(() => store.pending.probe(A, 0, choice)?.name);
  assert.deepEqual(names, ["2", "1", "3", undefined]);
});

withStore("a pod that comes first is no probe before it is due", (store) => {
  record(store, [A], { name: "1" });
  record(store, [A], { name: "2" });
  store.commit();
  const message = store.pending.take(A, 0) ?? assert.fail();
  store.pending.failed(message, { tries: 1, strikes: 1, failedAt: 1, dead: 0, why: "" }, 1_000);
  const choice = { random: 0, last: [], first: [message] };
  assert.equal(store.pending.probe(A, 999, choice)?.name, "2");
  assert.equal(store.pending.probe(A, 1_000, choice)?.name, "1");
});
