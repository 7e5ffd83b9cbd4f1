import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { withFolder } from "../../tests/kit/state_file.ts";
import {
  A,
  B,
  bodyText,
  drain,
  FAILED,
  openTestStore,
  podNamed,
  record,
  recordEnd,
  takeAll,
  takeOne,
  textOf,
  versions,
  withStore,
} from "../../tests/kit/store.ts";
import type { Message } from "./store.ts";

const NOTICE = { event: "k8svent.gap" as const, resourceVersion: "0", reasons: [] };

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

withStore("a message that is released is as if it was never taken", (store) => {
  record(store, [A]);
  record(store, [A], { name: "web-1" });
  const message = takeOne(store);
  assert.equal(store.pending.counts(A).inFlight, 1);
  store.pending.release(message);
  assert.equal(store.pending.counts(A).inFlight, 0);
  assert.deepEqual(takeOne(store), message);
});

for (const isProbe of [false, true]) {
  const how = isProbe ? "to probe" : "to take";
  withStore(`a message whose body came back is the next ${how}, whatever waits`, (store) => {
    for (const namespace of ["bank", "shop"]) {
      for (const name of ["1", "2"]) {
        record(store, [A], { namespace, name, uid: namespace + name, trimmed: true });
      }
    }
    store.commit();
    const next = (): Message =>
      (isProbe ? store.pending.probe(A, 0, { random: 0.999, last: [] }) : store.pending.take(A, 0)) ??
        assert.fail("nothing is next");
    const first = next();
    store.pending.defer(first, 1_000);
    const other = next();
    assert.notEqual(other.uid, first.uid);
    store.pending.defer(other, 0);
    store.inventory.restore(
      store.inventory.known(other) ?? assert.fail("it is not known"),
      new TextEncoder().encode(bodyText(other.name, "1")),
    );
    store.commit();
    const read = next();
    assert.deepEqual([read.uid, read.completeness], [other.uid, "whole"]);
    store.pending.defer(read, 0);
    assert.notEqual(next().uid, other.uid, "once");
  });
}

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
  assert.equal(store.pending.has(A, podNamed("web-0")), false);
  assert.equal(store.pending.has(B, podNamed("web-0")), true);
  assert.equal(textOf(takeOne(store, B)), bodyText("web-0", "1"));
});

withStore("a version that two endpoints wait for is one version", (store) => {
  record(store, [A, B]);
  assert.equal(takeOne(store, A).version, takeOne(store, B).version);
});

withStore("a pod that left the selection and is back is not mistaken for one that never left", (store) => {
  const pod = record(store, [A], { resourceVersion: "1", reasons: ["unselected"], occasion: "unselected" });
  store.inventory.remove(pod, { version: "1", left: true });
  record(store, [A], { resourceVersion: "2", reasons: ["created"] });
  assert.deepEqual(drain(store, A).map(({ reasons }) => reasons.join()), ["unselected", "created"]);
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

withStore("probes come to every namespace before they come to one again, whatever the turns are", (store) => {
  for (let pod = 0; pod < 180; pod++) record(store, [A], { name: `${pod}`, namespace: `ns-${pod % 60}` });
  store.commit();
  const probes = Array.from({ length: 60 }, (_, index) => {
    const message = store.pending.probe(A, 0, { random: index * 0.37 % 1, last: [] }) ?? assert.fail();
    // It is due again at once, as one that is retried is in the end.
    store.pending.failed(message, { ...FAILED, tries: 0 }, 0);
    return message.namespace;
  });
  assert.equal(new Set(probes).size, 60);
  assert.notDeepEqual(probes, probes.toSorted(), "at random");
  assert.equal(store.pending.take(A, 0)?.namespace, "ns-0", "the turns are as they were");
});

withStore("a probe about anything that is ready comes from wherever it stands", (store) => {
  for (let pod = 0; pod < 400; pod++) {
    record(store, [A], { name: `${pod}`, namespace: pod < 390 ? "shop" : "bank" });
  }
  store.commit();
  const probes = (isAnywhere: boolean): number[] =>
    Array.from({ length: 40 }, (_, index) => {
      const choice = { random: index * 0.37 % 1, last: [], isAnywhere };
      const message = store.pending.probe(A, 0, choice) ?? assert.fail();
      store.pending.release(message);
      return Number(message.name);
    });
  assert.ok(Math.max(...probes(false).filter((pod) => pod < 390)) < 50, "by default the first ones");
  const anywhere = probes(true);
  const quarters = new Set(anywhere.map((pod) => Math.floor(pod / 100)));
  assert.deepEqual([...quarters].sort(), [0, 1, 2, 3]);
  assert.equal(anywhere.filter((pod) => pod >= 390).length, 20, "the namespaces by turns");
});

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
  assert.equal(store.pending.has(A, podNamed("web-1")), false);
  assert.deepEqual(store.pending.counts(A), { pending: 0, deadLetters: 0, inFlight: 0 });
  const pod = store.inventory.holder("shop", "web-1") ?? assert.fail();
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
  for (const text of ["first", "second"]) {
    store.record(undefined, { ...NOTICE, occasion: text, body: new TextEncoder().encode(text) }, [A], "gap");
  }
  store.record(undefined, { ...NOTICE, occasion: "", body: new TextEncoder().encode("other") }, [A], "beat");
  const messages = takeAll(store, A);
  assert.deepEqual(messages.map(textOf), ["second", "other"]);
  assert.deepEqual([messages[0]?.event, messages[0]?.reasons, messages[0]?.namespace], [
    "k8svent.gap",
    [],
    "k8svent",
  ]);
  assert.equal(store.inventory.count(), 0);
});

withFolder("a notice that nobody gets leaves nothing in the file", (folder) => {
  const path = `${folder}/state.db`;
  const store = openTestStore({ file: path });
  const body = new TextEncoder().encode("{}");
  store.record(undefined, { ...NOTICE, occasion: "1", body }, [], "heartbeat");
  store.close();
  using database = new DatabaseSync(path);
  for (const table of ["pod", "version", "block", "pending"]) {
    assert.deepEqual(database.prepare(`SELECT * FROM ${table}`).all(), [], table);
  }
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
