import assert from "node:assert/strict";
import { makeObject, makePod } from "../tests/kit/pods.ts";
import { withRig, withSynced } from "../tests/kit/pipeline_rig.ts";

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
  rig.accept({ type: "unselected", object: makeObject({ version: "4", labels: { app: "other" } }) });
  assert.deepEqual(rig.told(), ["pod.changed web-0 4 unselected"]);
  rig.delete({ version: "6" });
  rig.list([]);
  assert.deepEqual(rig.told(), []);
});

withSynced("a pod that matches again is told as created", [makePod()], (rig) => {
  rig.accept({ type: "unselected", object: makeObject({ version: "4" }) });
  rig.see({ version: "5" });
  assert.deepEqual(rig.told(), ["pod.changed web-0 4 unselected", "pod.changed web-0 5 created"]);
});

withSynced(
  "what the watch brings from before a pod was read as unselected is dropped",
  [makePod()],
  (rig) => {
    rig.accept({ type: "unselected", object: makeObject({ version: "7" }) });
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

withSynced("a pod that stops matching after the cluster went back is told in the new epoch", [
  makePod({ version: "50" }),
], (rig) => {
  rig.accept(
    { type: "sync-start", scope: undefined, resourceVersion: "1" },
    { type: "unselected", object: makeObject({ version: "40" }) },
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
    rig.accept({ type: "unselected", object: makeObject({ version: "40" }) });
    rig.accept(
      { type: "sync-start", scope: undefined, resourceVersion: "60" },
      { type: "unselected", object: makeObject({ version: "40" }) },
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
    rig.accept({ type: "unselected", object: makeObject({ version: "4" }) });
    const [unselected] = rig.deliver();
    assert.equal(created?.body, unselected?.body);
    assert.notEqual(created?.occasion, unselected?.occasion, "a receiver would drop the same id");
  },
);
