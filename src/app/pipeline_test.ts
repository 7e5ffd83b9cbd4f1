import assert from "node:assert/strict";
import { podIn, withRig, withSynced } from "../../tests/kit/pipeline_rig.ts";
import { ended, makeObject, makePod, objectOf } from "../../tests/kit/pods.ts";
import type { Pod } from "../pod/pod.ts";

withRig("the pods of the first list are sent with reason sync, later ones with created", (rig) => {
  rig.list([makePod({ name: "web-0" }), makePod({ name: "web-1" })]);
  rig.see({ name: "web-2", version: "9" });
  assert.deepEqual(rig.sent(), [
    "pod.changed web-0 1 sync",
    "pod.changed web-1 1 sync",
    "pod.changed web-2 9 created",
  ]);
});

withSynced("a list after the first sends new pods with created", [], (rig) => {
  rig.list([makePod({ version: "5" })]);
  assert.deepEqual(rig.sent(), ["pod.changed web-0 5 created"]);
});

withSynced("a change is sent with what changed", [makePod()], (rig) => {
  rig.see({ version: "2", restarts: 1, lastState: ended("x") });
  assert.deepEqual(rig.sent(), ["pod.changed web-0 2 terminated,restarted"]);
});

withSynced("a list that repeats what is known sends nothing and wakes nobody", [makePod()], (rig) => {
  rig.ready.length = 0;
  rig.list([makePod()]);
  assert.deepEqual(rig.sent(), []);
  assert.deepEqual(rig.ready, []);
});

withSynced("an endpoint becomes ready once a batch, after the batch is stored", [], (rig) => {
  rig.ready.length = 0;
  rig.accept(
    { type: "applied", object: makeObject({ name: "web-1" }) },
    { type: "applied", object: makeObject({ name: "web-2", annotations: { to: "a,b" } }) },
  );
  assert.deepEqual(rig.ready, [["a", "b"]]);
});

withSynced("a version that is older than what is known is dropped", [makePod({ version: "10" })], (rig) => {
  rig.see({ version: "9", phase: "Pending" });
  assert.deepEqual(rig.sent(), []);
  assert.equal(rig.store.inventory.holder("shop", "web-0")?.resourceVersion, "10");
});

withSynced("an old page that holds a pod keeps it from being missing", [makePod({ version: "8" })], (rig) => {
  rig.begin({ at: "9" });
  rig.read({ version: "10", labels: { a: "1" } });
  rig.accept({ type: "applied", object: makeObject({ version: "9" }) }, {
    type: "sync-end",
    scope: undefined,
  });
  assert.deepEqual(rig.sent(), ["pod.changed web-0 10 metadata"]);
});

withSynced("a read while a list runs does not keep a pod that is gone from being missing", [
  makePod({ version: "8" }),
], (rig) => {
  rig.begin({ at: "20" });
  rig.read({ version: "10", labels: { a: "1" } });
  rig.accept({ type: "sync-end", scope: undefined });
  assert.deepEqual(rig.sent(), ["pod.deleted web-0 10 metadata,deleted"]);
});

withSynced("a single read of a pod that is not known is of no effect", [], (rig) => {
  rig.read({ version: "10" });
  assert.equal(rig.store.inventory.count(), 0);
  assert.deepEqual(rig.sent(), []);
});

withSynced("versions of different length are compared as integers", [makePod({ version: "99" })], (rig) => {
  rig.see({ version: "100", labels: { a: "1" } });
  assert.deepEqual(rig.sent(), ["pod.changed web-0 100 metadata"]);
});

withSynced("a deletion that was seen carries its own version, the last phase, and says Deleted", [
  makePod({ version: "5" }),
], (rig) => {
  rig.delete({ version: "8" });
  const [message, ...more] = rig.deliver();
  assert.ok(message);
  assert.deepEqual(more, []);
  assert.equal(message.event, "pod.deleted");
  assert.deepEqual(message.reasons, ["deleted"]);
  assert.deepEqual([message.resourceVersion, message.phase, message.observed], ["8", "Running", true]);
  const pod = podIn(message);
  assert.deepEqual([pod.status?.phase, pod.metadata.resourceVersion], ["Deleted", "8"]);
});

withSynced("a transition first seen in the final object is named", [makePod()], (rig) => {
  rig.delete({ version: "8", phase: "Failed", state: ended("x"), ready: false });
  assert.deepEqual(rig.sent(), ["pod.deleted web-0 8 phase,terminated,deleted"]);
});

withSynced("a deletion inferred from a list repeats the last version and says that it was not seen", [
  makePod({ version: "5", annotations: { n: "1" } }),
], (rig) => {
  rig.list([]);
  const [message] = rig.deliver();
  assert.deepEqual(
    [message?.event, message?.resourceVersion, message?.observed, message?.reasons],
    ["pod.deleted", "5", false, ["deleted"]],
  );
  const pod = podIn(message ?? assert.fail());
  assert.equal(pod.status?.phase, "Deleted");
  assert.deepEqual(pod.metadata.annotations, { n: "1" });
});

withSynced("a list that does not end infers no deletion", [makePod()], (rig) => {
  rig.begin();
  rig.begin();
  rig.see({});
  rig.accept({ type: "sync-end", scope: undefined });
  assert.deepEqual(rig.sent(), []);
});

withRig("lists of two namespaces at once infer no deletion in each other", (rig) => {
  const shop = makePod({ namespace: "shop", name: "s" });
  const bank = makePod({ namespace: "bank", name: "b" });
  rig.list([shop], { scope: "shop" });
  rig.list([bank], { scope: "bank" });
  rig.deliver();
  rig.begin({ scope: "shop" });
  rig.acceptFrom("shop", { type: "applied", object: objectOf(shop) });
  rig.begin({ scope: "bank" });
  rig.acceptFrom("shop", { type: "sync-end", scope: "shop" });
  rig.acceptFrom("bank", { type: "applied", object: objectOf(bank) }, { type: "sync-end", scope: "bank" });
  assert.deepEqual(rig.sent(), []);
});

withSynced("for a UID deleted is final: an old page that still holds it is dropped", [makePod()], (rig) => {
  rig.delete({ version: "8" });
  rig.deliver();
  rig.see({ version: "1" });
  rig.see({ version: "99" });
  assert.deepEqual(rig.sent(), []);
});

withSynced("the deletion of a pod that was pending for nobody is sent to nobody", [], (rig) => {
  rig.delete({ name: "unseen", version: "3" });
  assert.deepEqual(rig.sent(), []);
});

withSynced("a pod that came and went while the endpoint was behind is sent once, as deleted", [], (rig) => {
  rig.see({ version: "2" });
  rig.delete({ version: "3" });
  const [message, ...more] = rig.deliver();
  assert.deepEqual([message?.event, message?.reasons, message?.coalesced], [
    "pod.deleted",
    ["created", "deleted"],
    1,
  ]);
  assert.deepEqual(more, []);
});

withSynced("a name with another UID first ends the old pod, then begins the new one", [
  makePod({ uid: "old", version: "5" }),
], (rig) => {
  rig.see({ uid: "new", version: "7" });
  const messages = rig.deliver();
  assert.deepEqual(messages.map(({ uid, event, observed }) => [uid, event, observed]), [
    ["old", "pod.deleted", false],
    ["new", "pod.changed", undefined],
  ]);
  rig.delete({ uid: "old", version: "6" });
  assert.deepEqual(rig.sent(), [], "the end of the old pod that comes late is no second one");
});

withSynced("an old page with the pod that had the name before is dropped", [
  makePod({ uid: "new", version: "7" }),
], (rig) => {
  rig.see({ uid: "old", version: "5" });
  assert.deepEqual(rig.sent(), []);
  assert.equal(rig.store.inventory.holder("shop", "web-0")?.uid, "new");
});

withRig(
  "a deletion goes to each endpoint that was sent the pod, wherever the annotation points now",
  (rig) => {
    rig.list([makePod({ version: "1", annotations: { to: "a" } })]);
    rig.deliver("a");
    rig.see({ version: "2", annotations: { to: "b" } });
    assert.deepEqual(rig.sent("a"), []);
    assert.deepEqual(rig.sent("b"), ["pod.changed web-0 2 sync"]);
    rig.delete({ version: "3", annotations: { to: "c" } });
    assert.deepEqual(rig.sent("a"), ["pod.deleted web-0 3 deleted"]);
    assert.deepEqual(rig.sent("b"), ["pod.deleted web-0 3 deleted"]);
    assert.deepEqual(rig.sent("c"), []);
  },
);

withRig("a deletion goes to an endpoint that the pod was pending for, though it took nothing yet", (rig) => {
  rig.list([makePod({ annotations: { to: "a" } })]);
  rig.see({ version: "2", annotations: { to: "b" } });
  rig.delete({ version: "3" });
  assert.deepEqual(rig.sent("a"), ["pod.deleted web-0 3 sync,deleted"]);
  assert.deepEqual(rig.sent("b"), ["pod.deleted web-0 3 sync,deleted"]);
});

withSynced("an endpoint that was added is sent every pod with reason sync", [
  makePod({ name: "web-0", version: "3" }),
  makePod({ name: "web-1", version: "4" }),
], (rig) => {
  rig.defaults.push("b");
  rig.list([makePod({ name: "web-0", version: "3" }), makePod({ name: "web-1", version: "5" })]);
  assert.deepEqual(rig.sent("b"), ["pod.changed web-0 3 sync", "pod.changed web-1 5 sync"]);
  assert.deepEqual(rig.sent("a"), ["pod.changed web-1 5 metadata"]);
  rig.list([makePod({ name: "web-0", version: "3" }), makePod({ name: "web-1", version: "5" })]);
  assert.deepEqual(rig.sent("b"), []);
});

withSynced("the numbers of a pod that vanished are those that the cluster showed", [], (rig) => {
  const pod = makePod({ version: "5" });
  const raw = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON("9223372036854775807");
  rig.list([{ ...pod, spec: { ...pod.spec, tolerationSeconds: raw } }]);
  rig.list([]);
  const [end] = rig.deliver();
  assert.match(new TextDecoder().decode(end?.body), /"tolerationSeconds":9223372036854775807/);
});

for (
  const odd of [{ status: null }, { status: { conditions: null } }, { spec: 7 }, {
    status: { containerStatuses: [null] },
  }]
) {
  withSynced(`a pod with ${JSON.stringify(odd)} is sent as it is, and stops nothing`, [], (rig) => {
    const pod = (version: string): Pod => ({ ...makePod({ version }), ...odd }) as unknown as Pod;
    rig.accept(
      { type: "applied", object: objectOf(pod("5")) },
      { type: "applied", object: makeObject({ name: "web-1", version: "6" }) },
    );
    const [first, second] = rig.deliver();
    assert.deepEqual(podIn(first ?? assert.fail()), { apiVersion: "v1", kind: "Pod", ...pod("5") });
    assert.equal(second?.name, "web-1");
    rig.accept({ type: "deleted", object: objectOf(pod("7")) });
    assert.deepEqual(rig.sent(), ["pod.deleted web-0 7 deleted"]);
  });
}

withSynced("batches from the middle of a list share a commit, which comes soon", [], async (rig) => {
  rig.begin({ at: "9" });
  rig.ready.length = 0;
  rig.see({ name: "web-1" });
  rig.see({ name: "web-2" });
  assert.deepEqual(rig.ready, []);
  await rig.clock.advance(20);
  assert.deepEqual(rig.ready, [["a"]]);
});

withSynced("many pods of a list, or large ones, are committed at once", [], (rig) => {
  rig.begin({ at: "9" });
  rig.ready.length = 0;
  for (let pod = 1; pod < 64; pod++) rig.see({ name: `web-${pod}` });
  assert.deepEqual(rig.ready, []);
  rig.see({ name: "web-64" });
  assert.deepEqual(rig.ready, [["a"]]);
  rig.see({ name: "large", labels: { a: "x".repeat(1_100_000) } });
  assert.equal(rig.ready.length, 2);
});
