import assert from "node:assert/strict";
import { TestClock } from "../tests/kit/clock.ts";
import { ended, makePod, type PodParts } from "../tests/kit/pods.ts";
import { openTestStore } from "../tests/kit/store.ts";
import { Pipeline } from "./pipeline.ts";
import type { PodEvent } from "./pod/event.ts";
import type { Pod, Scope } from "./pod/pod.ts";
import type { Endpoint } from "./route/endpoint.ts";
import { summarize } from "./change/summary.ts";
import type { KnownPod } from "./store/inventory.ts";
import type { Message } from "./store/store.ts";

const INTERVAL = 120_000;

/** A pipeline on a store in memory. Pods go to the endpoints that their annotation `to` names, else to `a`. */
class Rig {
  readonly store = openTestStore();
  readonly clock = new TestClock();
  readonly woken: string[][] = [];
  defaults = ["a"];

  #pipeline(): Pipeline {
    return new Pipeline({
      store: this.store,
      clock: this.clock,
      defaults: this.defaults,
      interval: INTERVAL,
      route: (pod) => ({
        endpoints: (pod.metadata.annotations?.["to"]?.split(",") ?? this.defaults).map(toEndpoint),
        problems: [],
      }),
      open: () => {},
      wake: (endpoints) => this.woken.push([...endpoints]),
      complain: () => {},
    });
  }

  accept(...events: PodEvent[]): void {
    this.#pipeline().accept(events, undefined);
  }

  acceptFrom(scope: Scope, ...events: PodEvent[]): void {
    this.#pipeline().accept(events, scope);
  }

  remind(): void {
    this.#pipeline().remind();
  }

  /** One complete list. */
  list(pods: Pod[], { rewound = false, scope }: { rewound?: boolean; scope?: string } = {}): void {
    this.acceptFrom(
      scope,
      { type: "sync-start", scope, resourceVersion: "1", rewound },
      ...pods.map((pod): PodEvent => ({ type: "applied", pod })),
      { type: "sync-end", scope },
    );
  }

  see(parts: PodParts): void {
    this.accept({ type: "applied", pod: makePod(parts) });
  }

  delete(parts: PodParts): void {
    this.accept({ type: "deleted", pod: makePod(parts) });
  }

  /** Everything that an endpoint is owed, taken by it, in order. */
  deliver(endpoint = "a"): Message[] {
    const delivered: Message[] = [];
    for (let more = true; more;) {
      const messages = this.store.outbox.take(endpoint, 0, 100);
      for (const message of messages) this.store.outbox.accepted(message);
      delivered.push(...messages);
      more = messages.length > 0;
    }
    return delivered;
  }

  /** The same in short: event, name, version, reasons. */
  told(endpoint = "a"): string[] {
    return this.deliver(endpoint).map(({ event, name, resourceVersion, reasons }) =>
      `${event} ${name} ${resourceVersion} ${reasons.join()}`
    );
  }
}

function toEndpoint(name: string): Endpoint {
  return { name, url: new URL(`https://${name}.example.com/`), trusted: true };
}

function knownAs(name: string, duress: boolean): Omit<KnownPod, "body" | "route" | "environment"> {
  const summary = { ...summarize(makePod()), duress };
  return { uid: name, namespace: "shop", name, resourceVersion: "1", epoch: 0, summary };
}

function withRig(name: string, test: (rig: Rig) => void): void {
  Deno.test(name, () => {
    const rig = new Rig();
    try {
      test(rig);
    } finally {
      rig.store.close();
    }
  });
}

/** A rig whose first list is over and told: nothing is owed. */
function withSynced(name: string, pods: Pod[], test: (rig: Rig) => void): void {
  withRig(name, (rig) => {
    rig.list(pods);
    rig.deliver();
    test(rig);
  });
}

const SICK: PodParts = { ready: false, state: { waiting: { reason: "CrashLoopBackOff" } } };

withRig("the pods of the first list are told with reason sync, later ones with created", (rig) => {
  rig.list([makePod({ name: "web-0" }), makePod({ name: "web-1" })]);
  rig.see({ name: "web-2", version: "9" });
  assert.deepEqual(rig.told(), [
    "pod.changed web-0 1 sync",
    "pod.changed web-1 1 sync",
    "pod.changed web-2 9 created",
  ]);
});

withSynced("a list after the first tells of new pods with created", [], (rig) => {
  rig.list([makePod({ version: "5" })]);
  assert.deepEqual(rig.told(), ["pod.changed web-0 5 created"]);
});

withSynced("a change is told with what changed", [makePod()], (rig) => {
  rig.see({ version: "2", restarts: 1, lastState: ended("x") });
  assert.deepEqual(rig.told(), ["pod.changed web-0 2 terminated,restarted"]);
});

withSynced("a list that repeats what is known tells nothing and wakes nobody", [makePod()], (rig) => {
  rig.woken.length = 0;
  rig.list([makePod()]);
  assert.deepEqual(rig.told(), []);
  assert.deepEqual(rig.woken, []);
});

withSynced("an endpoint is woken once a batch, after the batch is stored", [], (rig) => {
  rig.woken.length = 0;
  rig.accept(
    { type: "applied", pod: makePod({ name: "web-1" }) },
    { type: "applied", pod: makePod({ name: "web-2", annotations: { to: "a,b" } }) },
  );
  assert.deepEqual(rig.woken, [["a", "b"]]);
});

withSynced("a page that is older than what is known is dropped", [makePod({ version: "10" })], (rig) => {
  rig.see({ version: "9", phase: "Pending" });
  assert.deepEqual(rig.told(), []);
  assert.equal(rig.store.inventory.known("uid-web-0")?.resourceVersion, "10");
});

withSynced(
  "an old page that holds a pod keeps it from being missing",
  [makePod({ version: "10" })],
  (rig) => {
    rig.list([makePod({ version: "9" })]);
    assert.deepEqual(rig.told(), []);
  },
);

withSynced("versions of different length are compared as integers", [makePod({ version: "99" })], (rig) => {
  rig.see({ version: "100", labels: { a: "1" } });
  assert.deepEqual(rig.told(), ["pod.changed web-0 100 metadata"]);
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
  const body = JSON.parse(message.body) as Pod;
  assert.deepEqual([body.status?.phase, body.metadata.resourceVersion], ["Deleted", "8"]);
});

withSynced("a transition first seen in the final object is named", [makePod()], (rig) => {
  rig.delete({ version: "8", phase: "Failed", state: ended("x"), ready: false });
  assert.deepEqual(rig.told(), ["pod.deleted web-0 8 phase,terminated,deleted"]);
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
  const body = JSON.parse(message?.body ?? "") as Pod;
  assert.equal(body.status?.phase, "Deleted");
  assert.deepEqual(body.metadata.annotations, { n: "1" });
});

withSynced("a list that does not end infers no deletion", [makePod()], (rig) => {
  rig.accept({ type: "sync-start", scope: undefined, resourceVersion: "1", rewound: false });
  rig.accept({ type: "sync-start", scope: undefined, resourceVersion: "1", rewound: false });
  rig.see({});
  rig.accept({ type: "sync-end", scope: undefined });
  assert.deepEqual(rig.told(), []);
});

withRig("lists of two namespaces at once infer no deletion in each other", (rig) => {
  const shop = makePod({ namespace: "shop", name: "s" });
  const bank = makePod({ namespace: "bank", name: "b" });
  rig.list([shop], { scope: "shop" });
  rig.list([bank], { scope: "bank" });
  rig.deliver();
  rig.acceptFrom("shop", { type: "sync-start", scope: "shop", resourceVersion: "1", rewound: false });
  rig.acceptFrom("shop", { type: "applied", pod: shop });
  rig.acceptFrom("bank", { type: "sync-start", scope: "bank", resourceVersion: "1", rewound: false });
  rig.acceptFrom("shop", { type: "sync-end", scope: "shop" });
  rig.acceptFrom("bank", { type: "applied", pod: bank }, { type: "sync-end", scope: "bank" });
  assert.deepEqual(rig.told(), []);
});

withSynced("for a UID deleted is final: an old page that still holds it is dropped", [makePod()], (rig) => {
  rig.delete({ version: "8" });
  rig.deliver();
  rig.see({ version: "1" });
  rig.see({ version: "99" });
  assert.deepEqual(rig.told(), []);
});

withSynced("the deletion of a pod that nobody was told of is told to nobody", [], (rig) => {
  rig.delete({ name: "unseen", version: "3" });
  assert.deepEqual(rig.told(), []);
});

withSynced("a pod that came and went while the endpoint was behind is told once, as deleted", [], (rig) => {
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
  assert.deepEqual(rig.told(), [], "the end of the old pod that comes late is no second one");
});

withSynced("an old page with the pod that had the name before is dropped", [
  makePod({ uid: "new", version: "7" }),
], (rig) => {
  rig.see({ uid: "old", version: "5" });
  assert.deepEqual(rig.told(), []);
  assert.equal(rig.store.inventory.holder("shop", "web-0")?.uid, "new");
});

withSynced("after the cluster went back every listed pod is news of a new epoch", [
  makePod({ name: "web-0", version: "50" }),
  makePod({ name: "web-1", version: "60" }),
], (rig) => {
  rig.list([makePod({ name: "web-0", version: "40", labels: { a: "1" } })], { rewound: true });
  assert.deepEqual(
    rig.deliver().map(({ event, name, resourceVersion, epoch, reasons }) =>
      `${event} ${name} ${resourceVersion} @${epoch} ${reasons.join()}`
    ).sort(),
    ["pod.changed web-0 40 @1 sync,metadata", "pod.deleted web-1 60 @1 deleted"],
  );
});

withSynced("a pod deleted before the cluster went back may live again", [makePod()], (rig) => {
  rig.delete({ version: "8" });
  rig.deliver();
  rig.list([makePod({ version: "3" })], { rewound: true });
  assert.deepEqual(rig.told(), ["pod.changed web-0 3 created"]);
});

withSynced("a pod that stops matching is told once more, and its end is not", [makePod()], (rig) => {
  rig.accept({ type: "unselected", pod: makePod({ version: "4", labels: { app: "other" } }) });
  assert.deepEqual(rig.told(), ["pod.changed web-0 4 unselected"]);
  rig.delete({ version: "6" });
  rig.list([]);
  assert.deepEqual(rig.told(), []);
});

withSynced("a pod that matches again is told as created", [makePod()], (rig) => {
  rig.accept({ type: "unselected", pod: makePod({ version: "4" }) });
  rig.see({ version: "5" });
  assert.deepEqual(rig.told(), ["pod.changed web-0 4 unselected", "pod.changed web-0 5 created"]);
});

withSynced(
  "what the watch brings from before a pod was read as unselected is dropped",
  [makePod()],
  (rig) => {
    rig.accept({ type: "unselected", pod: makePod({ version: "7" }) });
    rig.see({ version: "5" });
    assert.deepEqual(rig.told(), ["pod.changed web-0 7 unselected"]);
    rig.see({ version: "7" });
    assert.deepEqual(rig.told(), ["pod.changed web-0 7 created"]);
  },
);

withRig("two namespaces that both tell that the cluster went back begin one epoch", (rig) => {
  const shop = makePod({ namespace: "shop", version: "90" });
  rig.list([shop], { scope: "shop" });
  rig.list([shop], { scope: "shop", rewound: true });
  rig.list([], { scope: "team", rewound: true });
  assert.equal(rig.store.inventory.epoch, 1);
  rig.list([], { scope: "team", rewound: true });
  assert.equal(rig.store.inventory.epoch, 2);
});

withSynced("reminders begin for pods under duress that are known already", [], (rig) => {
  rig.store.inventory.put(
    { ...knownAs("sick", true), route: undefined, environment: undefined },
    "{}",
    undefined,
  );
  rig.store.inventory.put(
    { ...knownAs("well", false), route: undefined, environment: undefined },
    "{}",
    undefined,
  );
  rig.store.inventory.startReminders();
  assert.deepEqual(rig.store.inventory.remindable(rig.clock.now(), INTERVAL).map(({ name }) => name), [
    "sick",
  ]);
});

withSynced("a pod that stops matching after the cluster went back is told in the new epoch", [
  makePod({ version: "50" }),
], (rig) => {
  rig.accept(
    { type: "sync-start", scope: undefined, resourceVersion: "1", rewound: true },
    { type: "unselected", pod: makePod({ version: "40" }) },
    { type: "sync-end", scope: undefined },
  );
  assert.deepEqual(rig.deliver().map(({ epoch, reasons }) => [epoch, reasons]), [[1, ["unselected"]]]);
});

withSynced(
  "a read that is older than what is known waits for the list that tells that the cluster went back",
  [
    makePod({ version: "50" }),
  ],
  (rig) => {
    rig.accept({ type: "unselected", pod: makePod({ version: "40" }) });
    rig.accept(
      { type: "sync-start", scope: undefined, resourceVersion: "60", rewound: false },
      { type: "unselected", pod: makePod({ version: "40" }) },
      { type: "sync-end", scope: undefined },
    );
    assert.deepEqual(rig.told(), []);
    rig.list([makePod({ version: "40" })], { rewound: true });
    assert.deepEqual(rig.deliver().map(({ epoch, resourceVersion }) => [epoch, resourceVersion]), [[
      1,
      "40",
    ]]);
  },
);

withSynced(
  "a pod that stops matching without a change of its own is another message than before",
  [],
  (rig) => {
    rig.see({ version: "4" });
    const [created] = rig.deliver();
    rig.accept({ type: "unselected", pod: makePod({ version: "4" }) });
    const [unselected] = rig.deliver();
    assert.equal(created?.body, unselected?.body);
    assert.notEqual(created?.occasion, unselected?.occasion, "a receiver would drop the same id");
  },
);

withRig("a deletion goes to each endpoint that was told, wherever the annotation points now", (rig) => {
  rig.list([makePod({ version: "1", annotations: { to: "a" } })]);
  rig.deliver("a");
  rig.see({ version: "2", annotations: { to: "b" } });
  assert.deepEqual(rig.told("a"), []);
  assert.deepEqual(rig.told("b"), ["pod.changed web-0 2 metadata"]);
  rig.delete({ version: "3", annotations: { to: "c" } });
  assert.deepEqual(rig.told("a"), ["pod.deleted web-0 3 deleted"]);
  assert.deepEqual(rig.told("b"), ["pod.deleted web-0 3 deleted"]);
  assert.deepEqual(rig.told("c"), []);
});

withRig("a deletion goes to an endpoint that was owed the pod, though it took nothing yet", (rig) => {
  rig.list([makePod({ annotations: { to: "a" } })]);
  rig.see({ version: "2", annotations: { to: "b" } });
  rig.delete({ version: "3" });
  assert.deepEqual(rig.told("a"), ["pod.deleted web-0 3 sync,deleted"]);
  assert.deepEqual(rig.told("b"), ["pod.deleted web-0 3 metadata,deleted"]);
});

withSynced("an endpoint that was added is told of every pod with reason sync", [
  makePod({ name: "web-0", version: "3" }),
  makePod({ name: "web-1", version: "4" }),
], (rig) => {
  rig.defaults = ["a", "b"];
  rig.list([makePod({ name: "web-0", version: "3" }), makePod({ name: "web-1", version: "5" })]);
  assert.deepEqual(rig.told("b"), ["pod.changed web-0 3 sync", "pod.changed web-1 5 metadata"]);
  assert.deepEqual(rig.told("a"), ["pod.changed web-1 5 metadata"]);
  rig.list([makePod({ name: "web-0", version: "3" }), makePod({ name: "web-1", version: "5" })]);
  assert.deepEqual(rig.told("b"), []);
});

withSynced("the numbers of a pod that vanished are those that the cluster showed", [], (rig) => {
  const pod = makePod({ version: "5" });
  const raw = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON("9223372036854775807");
  rig.list([{ ...pod, spec: { ...pod.spec, tolerationSeconds: raw } }]);
  rig.list([]);
  assert.match(rig.deliver()[0]?.body ?? "", /"tolerationSeconds":9223372036854775807/);
});

withSynced("a pod under duress is told again once an interval, each time as another message", [
  makePod(SICK),
], (rig) => {
  const occasions: string[] = [];
  for (let tick = 0; tick < 10; tick++) {
    rig.clock.jump(INTERVAL / 2);
    rig.remind();
    for (const message of rig.deliver()) {
      assert.deepEqual([message.event, message.reasons, message.resourceVersion], [
        "pod.changed",
        ["unhealthy"],
        "1",
      ]);
      occasions.push(message.occasion);
    }
  }
  assert.equal(occasions.length, 5);
  assert.deepEqual(occasions, occasions.map((_, index) => String(Number(occasions[0]) + index)));
});

withSynced("of reminders at most one is owed, however long the endpoint is down", [makePod(SICK)], (rig) => {
  for (let tick = 0; tick < 10; tick++) {
    rig.clock.jump(INTERVAL);
    rig.remind();
  }
  assert.deepEqual(rig.store.outbox.owed("a"), { waiting: 1, aside: 0 });
});

withSynced("no reminder is owed while anything else about the pod is", [makePod(SICK)], (rig) => {
  rig.see({ ...SICK, version: "2", labels: { a: "1" } });
  rig.clock.jump(INTERVAL);
  rig.remind();
  assert.deepEqual(rig.told(), ["pod.changed web-0 2 metadata"]);
});

withSynced("reminders end with the duress", [makePod(SICK)], (rig) => {
  rig.see({ version: "2" });
  rig.deliver();
  rig.clock.jump(10 * INTERVAL);
  rig.remind();
  assert.deepEqual(rig.told(), []);
});

withSynced("after a jump of the clock, forward or back, reminders go on within an interval", [
  makePod(SICK),
], (rig) => {
  for (const jump of [3_600_000, -3_600_000, -86_400_000]) {
    rig.clock.jump(jump);
    rig.remind();
    rig.deliver();
    rig.clock.jump(INTERVAL);
    rig.remind();
    assert.deepEqual(rig.told(), ["pod.changed web-0 1 unhealthy"], `after ${jump}`);
    rig.remind();
    assert.deepEqual(rig.told(), [], `only one after ${jump}`);
  }
});

withRig("a reminder goes where the pod goes", (rig) => {
  rig.list([makePod({ ...SICK, annotations: { to: "b" } })]);
  rig.deliver("b");
  rig.clock.jump(INTERVAL);
  rig.remind();
  assert.deepEqual(rig.told("a"), []);
  assert.deepEqual(rig.told("b"), ["pod.changed web-0 1 unhealthy"]);
});

withSynced("of a batch that fails on the way nothing is stored, and nobody is woken", [], (rig) => {
  rig.woken.length = 0;
  const broken = { ...makePod({ name: "web-1" }), metadata: undefined } as unknown as Pod;
  assert.throws(() => rig.accept({ type: "applied", pod: makePod() }, { type: "applied", pod: broken }));
  assert.deepEqual(rig.told(), []);
  assert.equal(rig.store.inventory.known("uid-web-0"), undefined);
  assert.deepEqual(rig.woken, []);
});
