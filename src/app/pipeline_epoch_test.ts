import assert from "node:assert/strict";
import { podIn, withSynced } from "../../tests/kit/pipeline_rig.ts";
import { makeObject, makePod } from "../../tests/kit/pods.ts";

withSynced("in a new epoch every listed pod is news, and what is not listed is gone", [
  makePod({ name: "web-0", version: "50" }),
  makePod({ name: "web-1", version: "60" }),
], (rig) => {
  rig.store.inventory.beginEpoch();
  rig.list([makePod({ name: "web-0", version: "40", labels: { a: "1" } })]);
  assert.deepEqual(
    rig.deliver().map(({ event, name, resourceVersion, epoch, reasons }) =>
      `${event} ${name} ${resourceVersion} @${epoch} ${reasons.join()}`
    ).sort(),
    ["pod.changed web-0 40 @1 sync,metadata", "pod.deleted web-1 60 @1 deleted"],
  );
});

withSynced("a pod in which a new epoch changed nothing is sent as sync alone", [makePod()], (rig) => {
  rig.store.inventory.beginEpoch();
  rig.list([makePod()]);
  assert.deepEqual(rig.deliver().map(({ epoch, reasons }) => [epoch, reasons]), [[1, ["sync"]]]);
});

withSynced("a pod that was deleted before history was rewritten may live again", [makePod()], (rig) => {
  rig.delete({ version: "8" });
  rig.deliver();
  rig.store.inventory.beginEpoch();
  rig.list([makePod({ version: "3" })]);
  assert.deepEqual(rig.sent(), ["pod.changed web-0 3 created"]);
});

withSynced("a pod that stops matching is sent once more, and its end is not", [makePod()], (rig) => {
  rig.unselect({ version: "4", labels: { app: "other" } });
  assert.deepEqual(rig.sent(), ["pod.changed web-0 4 unselected"]);
  rig.delete({ version: "6" });
  rig.list([]);
  assert.deepEqual(rig.sent(), []);
});

withSynced("a pod that matches again is sent as created", [makePod()], (rig) => {
  rig.unselect({ version: "4" });
  rig.see({ version: "5" });
  assert.deepEqual(rig.sent(), ["pod.changed web-0 4 unselected", "pod.changed web-0 5 created"]);
});

withSynced(
  "what the watch brings from before a pod was read as unselected is dropped",
  [makePod()],
  (rig) => {
    rig.unselect({ version: "7" });
    rig.see({ version: "5" });
    assert.deepEqual(rig.sent(), ["pod.changed web-0 7 unselected"]);
    rig.see({ version: "7" });
    assert.deepEqual(rig.sent(), ["pod.changed web-0 7 created"]);
  },
);

withSynced("a pod that stops matching after history was rewritten is sent in the new epoch", [
  makePod({ version: "50" }),
], (rig) => {
  rig.store.inventory.beginEpoch();
  rig.accept(
    { type: "sync-start", scope: undefined, resourceVersion: "41" },
    { type: "unselected", object: makeObject({ version: "40" }) },
    { type: "sync-end", scope: undefined },
  );
  assert.deepEqual(rig.deliver().map(({ epoch, reasons }) => [epoch, reasons]), [[1, ["unselected"]]]);
});

withSynced(
  "a read that is older than what is known waits for the list that shows it",
  [
    makePod({ version: "50" }),
  ],
  (rig) => {
    rig.unselect({ version: "40" });
    rig.accept(
      { type: "sync-start", scope: undefined, resourceVersion: "60" },
      { type: "unselected", object: makeObject({ version: "40" }) },
      { type: "sync-end", scope: undefined },
    );
    assert.deepEqual(rig.sent(), []);
    rig.store.inventory.beginEpoch();
    rig.list([makePod({ version: "40" })]);
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
    rig.unselect({ version: "4" });
    const [unselected] = rig.deliver();
    assert.deepEqual(podIn(created ?? assert.fail()), podIn(unselected ?? assert.fail()));
    assert.notEqual(created?.occasion, unselected?.occasion, "a receiver would drop the same id");
  },
);
