import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  A,
  bodyText,
  drain,
  openTestStore,
  podNamed,
  record,
  recordEnd,
  withStore,
} from "../../tests/kit/store.ts";
import { summarize } from "../change/summary.ts";
import { makeObject } from "../../tests/kit/pods.ts";
import type { KnownPod, Store } from "./store.ts";

function names(pods: Iterable<KnownPod>): string[] {
  return Array.from(pods, ({ name }) => name);
}

function remind(store: Store, name: string, remindAt: number | undefined, unhealthy = true): KnownPod {
  const pod = record(store, [], { name, summary: summarize(makeObject({ name, ready: !unhealthy })) });
  store.inventory.setReminder(pod, remindAt);
  return pod;
}

withStore("the last version of a pod is the one that is known", (store) => {
  record(store, [], { resourceVersion: "1" });
  const summary = summarize(makeObject({ version: "2" }));
  record(store, [], { resourceVersion: "2", summary });
  store.commit();
  const known = store.inventory.known(podNamed("web-0")) ?? assert.fail();
  assert.equal(known.resourceVersion, "2");
  assert.equal(new TextDecoder().decode(store.inventory.bodyOf(known)?.body), bodyText("web-0", "2"));
  assert.deepEqual(store.inventory.summaryOf(known), summary);
  assert.equal(store.inventory.holder("shop", "web-0"), known);
  assert.equal(store.inventory.holder("other", "web-0"), undefined);
  assert.equal(store.inventory.known({ ...podNamed("web-0"), uid: "another" }), undefined);
  assert.equal(store.inventory.count(), 1);
});

withStore("a version is known as it is written, whatever number it may be", (store) => {
  for (const version of ["7", "007", "9007199254740993", "1e3", "-0", "a12", " 5", ""]) {
    assert.equal(record(store, [], { resourceVersion: version }).resourceVersion, version);
  }
});

withStore("what changed within a second did so by its end", (store, clock) => {
  const begin = Math.ceil(clock.now() / 1_000) * 1_000;
  clock.jump(begin + 1 - clock.now());
  assert.equal(record(store, []).changedAt, begin + 1_000);
});

withStore("what is said once more of a version keeps its summary and its body", (store) => {
  const summary = summarize(makeObject());
  const pod = record(store, [A], { summary });
  const late = {
    event: "pod.changed" as const,
    resourceVersion: "1",
    reasons: ["sync" as const],
    occasion: "",
  };
  store.record(pod, { ...late, body: undefined }, ["late"]);
  assert.deepEqual(store.inventory.summaryOf(pod), summary);
  assert.deepEqual(store.inventory.audience(pod), [A, "late"]);
  assert.equal(new TextDecoder().decode(drain(store, "late")[0]?.body), bodyText("web-0", "1"));
});

withStore("whoever had a pod pending is in its audience for good, whatever was accepted", (store) => {
  const pod = record(store, ["b", A]);
  drain(store, A);
  drain(store, "b");
  record(store, [A], { resourceVersion: "2" });
  assert.deepEqual(store.inventory.audience(pod), ["b", A]);
});

withStore("a pod that is removed leaves a tombstone only where that was said", (store) => {
  const pods = ["deleted", "left", "ignored"].map((name) => record(store, [], { name }));
  const gone = [{ version: "9", left: false }, { version: "8", left: true }, undefined];
  pods.forEach((pod, index) => store.inventory.remove(pod, gone[index]));
  const tombstones = ["deleted", "left", "ignored"].map((name) => {
    const found = store.inventory.tombstone(`uid-${name}`);
    return found && [found.version, found.left];
  });
  assert.deepEqual(tombstones, [["9", false], ["8", true], undefined]);
  assert.equal(store.inventory.count(), 0);
  assert.equal(store.inventory.holder("shop", "left"), undefined);
});

withStore("a pod that is selected again is no past any more", (store) => {
  store.inventory.remove(record(store, [], { resourceVersion: "1" }), { version: "1", left: true });
  record(store, [], { resourceVersion: "2" });
  assert.equal(store.inventory.tombstone("uid-web-0"), undefined);
});

withStore("the next pod of a name keeps it when the one before is removed after it came", (store) => {
  const old = record(store, [], { uid: "old" });
  const next = record(store, [], { uid: "new" });
  store.inventory.remove(old, { version: "1", left: false });
  assert.equal(store.inventory.holder("shop", "web-0"), next);
});

withStore("tombstones are forgotten after a day", (store, clock) => {
  recordEnd(store, [A], { name: "pending" });
  store.inventory.remove(record(store, [], { name: "gone" }), { version: "1", left: false });
  clock.jump(24 * 3_600_000);
  store.tidy();
  assert.notEqual(store.inventory.tombstone("uid-gone"), undefined);
  clock.jump(1);
  store.tidy();
  assert.equal(store.inventory.tombstone("uid-gone"), undefined);
  assert.deepEqual(drain(store, A).map(({ name }) => name), ["pending"], "what is pending outlasts it");
});

withStore("of more than 100,000 tombstones the oldest go", (store) => {
  for (let pod = 0; pod <= 101_000; pod++) {
    const name = `p${pod}`;
    const given = { uid: name, namespace: "shop", name, resourceVersion: "1", route: undefined };
    const known = store.inventory.put({ ...given, environment: undefined, remindAt: undefined });
    store.inventory.remove(known, { version: "1", left: false });
  }
  assert.equal(store.inventory.tombstone("p0"), undefined);
  assert.equal(store.inventory.tombstone("p999"), undefined);
  assert.notEqual(store.inventory.tombstone("p1001"), undefined);
});

withStore("a new epoch forgets tombstones, and keeps pods as of the old one until they are seen", (store) => {
  record(store, [], { name: "a" });
  record(store, [], { name: "b" });
  store.inventory.remove(record(store, [], { name: "gone" }), { version: "1", left: false });
  assert.equal(store.inventory.isOfOneEpoch(), true);
  store.inventory.beginEpoch();
  assert.equal(store.inventory.epoch, 1);
  assert.equal(store.inventory.tombstone("uid-gone"), undefined);
  assert.equal(store.inventory.holder("shop", "a")?.epoch, 0);
  record(store, [], { name: "a" });
  assert.equal(store.inventory.isOfOneEpoch(), false);
  record(store, [], { name: "b" });
  assert.equal(store.inventory.isOfOneEpoch(), true);
});

withStore(
  "a reminder of a pod that was not seen since an epoch began is of the old one, its end of the new",
  (store) => {
    const pod = record(store, []);
    store.inventory.beginEpoch();
    const change = { event: "pod.changed" as const, resourceVersion: "1", body: undefined };
    store.record(pod, { ...change, reasons: ["unhealthy"], occasion: "7" }, [A]);
    store.record(pod, { ...change, event: "pod.deleted", reasons: ["deleted"], occasion: "" }, ["b"]);
    assert.deepEqual([drain(store, A)[0]?.epoch, drain(store, "b")[0]?.epoch], [0, 1]);
  },
);

withStore(
  "what a list did not hold is missing, however new; what it marked, and what is new, is not",
  (store) => {
    for (const name of ["kept", "changed", "lost"]) record(store, [], { name });
    store.inventory.beginSync(undefined);
    store.inventory.mark(store.inventory.holder("shop", "kept") ?? assert.fail());
    record(store, [], { name: "changed", resourceVersion: "2" });
    record(store, [], { name: "fresh" });
    assert.deepEqual(names(store.inventory.missing(undefined)), ["changed", "lost"]);
  },
);

withStore("a list that begins anew counts from its second beginning", (store) => {
  const [a, b] = ["a", "b"].map((name) => record(store, [], { name }));
  store.inventory.beginSync(undefined);
  store.inventory.mark(a ?? assert.fail());
  store.inventory.beginSync(undefined);
  store.inventory.mark(b ?? assert.fail());
  assert.deepEqual(names(store.inventory.missing(undefined)), ["a"]);
});

withStore("lists of two namespaces that run at once do not hide each other's pods", (store) => {
  const a = record(store, [], { name: "a" });
  record(store, [], { name: "lost" });
  const b = record(store, [], { name: "b", namespace: "bank" });
  store.inventory.beginSync("shop");
  store.inventory.mark(a);
  store.inventory.beginSync("bank");
  store.inventory.mark(b);
  assert.deepEqual(names(store.inventory.missing("shop")), ["lost"]);
  assert.deepEqual(names(store.inventory.missing("bank")), []);
  assert.deepEqual(names(store.inventory.missing("empty")), []);
});

withStore("a list is complete, and a version reached, for its scope alone", (store) => {
  store.inventory.beginSync("shop");
  assert.equal(store.inventory.isSynced("shop"), false);
  store.inventory.endSync("shop");
  store.inventory.setReached("shop", "100");
  const scopes = ["shop", "bank", undefined];
  assert.deepEqual(scopes.map((scope) => store.inventory.isSynced(scope)), [true, false, false]);
  assert.deepEqual(scopes.map((scope) => store.inventory.reached(scope)), ["100", undefined, undefined]);
});

withStore("a reminder comes at its time, and when its time was set by a clock that went back", (store) => {
  const pod = remind(store, "a", 1_000);
  remind(store, "b", undefined);
  const due = (now: number): string[] => names(store.inventory.remindable(now, 500));
  assert.deepEqual([due(999), due(1_000), due(499)], [[], ["a"], ["a"]]);
  store.inventory.setReminder(pod, 1_500);
  assert.deepEqual(due(1_000), []);
  store.inventory.remove(pod, undefined);
  assert.deepEqual(due(1_500), []);
});

withStore("500 reminders at most come at once", (store) => {
  for (let pod = 0; pod < 600; pod++) remind(store, `web-${pod}`, 0);
  assert.equal(store.inventory.remindable(0, 500).length, 500);
});

withStore("of more pods than one look finds each has its turn before one has a second", (store) => {
  for (let pod = 0; pod < 1_200; pod++) remind(store, `web-${pod}`, 0);
  const found = [0, 1_000, 2_000].flatMap((now) => {
    const due = store.inventory.remindable(now, 1_000);
    for (const pod of due) store.inventory.setReminder(pod, now + 1_000);
    return names(due);
  });
  assert.equal(new Set(found).size, 1_200);
});

withStore("reminders that are switched on begin with the pods that are unhealthy now", (store) => {
  remind(store, "sick", undefined);
  remind(store, "well", undefined, false);
  remind(store, "later", 5_000);
  store.inventory.startReminders();
  assert.deepEqual(names(store.inventory.remindable(0, 10_000)), ["sick"]);
});

withStore(
  "a selection that differs from the last one begins a generation, for pods that come then",
  (store) => {
    store.inventory.select("app=a");
    const first = record(store, [A], { name: "first" });
    store.inventory.select("app=a");
    const same = record(store, [A], { name: "same" });
    store.inventory.select("app=b");
    store.inventory.select("app=a");
    const third = record(store, [A], { name: "third" });
    assert.deepEqual([first, same, third].map(({ generation }) => generation), [0, 0, 2]);
    assert.deepEqual(drain(store, A).map(({ generation }) => generation), [0, 0, 2]);
  },
);

withStore("pods of other namespaces are forgotten without a word", (store) => {
  record(store, [A], { name: "a" });
  record(store, [A], { name: "b", namespace: "bank" });
  drain(store, A);
  assert.equal(store.inventory.forgetOutside((namespace) => namespace === "shop"), 1);
  assert.deepEqual(names(store.inventory.pods()), ["a"]);
  assert.equal(store.inventory.tombstone("uid-b"), undefined);
  assert.deepEqual(drain(store, A), []);
});

withStore("routes and environments are kept, and the same route is one in memory", (store) => {
  const [a, b] = ["a", "b"].map((name) => record(store, [], { name }));
  store.inventory.reroute(a ?? assert.fail(), ["x", "y"], "e");
  store.inventory.reroute(b ?? assert.fail(), ["x", "y"], undefined);
  assert.deepEqual([a?.route, a?.environment, b?.environment], [["x", "y"], "e", undefined]);
  assert.equal(a?.route, b?.route);
});

Deno.test("a pod does not keep the text alive that its names were cut from", () => {
  const store = openTestStore();
  const pods = 2_000;
  collect();
  const before = Deno.memoryUsage().heapUsed;
  for (let pod = 0; pod < pods; pod++) {
    // As a parser that slices would: 20 KB each.
    const names =
      `uid-of-the-pod-${pod}|namespace-number-one|name-of-the-pod-${pod}|1234567890123456789${pod}`;
    const [uid = "", namespace = "", name = "", resourceVersion = ""] = `${names}|${"x".repeat(20_000)}`
      .split("|");
    const given = { uid, namespace, name, resourceVersion, route: undefined, environment: undefined };
    store.inventory.put({ ...given, remindAt: undefined });
  }
  collect();
  const grown = Deno.memoryUsage().heapUsed - before;
  store.close();
  assert.ok(grown < pods * 5_000, `${grown} bytes for ${pods} pods`);
});

Deno.test("pods of one namespace and workload, listed one after the other, share these strings", () => {
  const store = openTestStore();
  const pods = 2_000;
  const long = "x".repeat(1_000);
  collect();
  const before = Deno.memoryUsage().heapUsed;
  for (let pod = 0; pod < pods; pod++) {
    // As a parser makes them: new ones for each pod.
    const [namespace = "", workload = ""] = `namespace-${long} Deployment/${long}`.split(" ");
    const names = { uid: `uid-${pod}`, namespace, name: `pod-${pod}`, workload };
    store.inventory.put({
      ...names,
      resourceVersion: "1",
      route: undefined,
      environment: undefined,
      remindAt: undefined,
    });
  }
  collect();
  const grown = Deno.memoryUsage().heapUsed - before;
  store.close();
  assert.ok(grown < pods * 1_500, `${grown} bytes for ${pods} pods`);
});

/** A full garbage collection. */
function collect(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}
