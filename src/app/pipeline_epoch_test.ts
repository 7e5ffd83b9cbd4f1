import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { podIn, withSynced } from "../../tests/kit/pipeline_rig.ts";
import { makeObject, makePod } from "../../tests/kit/pods.ts";
import type { Suspicion } from "../change/contradiction.ts";

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

withSynced(
  "the end of a namesake is of the epoch of the pod that follows it",
  [makePod({ version: "50" })],
  (rig) => {
    rig.store.inventory.beginEpoch();
    rig.list([makePod({ uid: "next", version: "40" })]);
    assert.equal(rig.store.inventory.tombstone(makePod().metadata.uid)?.version, "40");
  },
);

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

withSynced("a pod that left and is read at an older version than is known is a suspicion", [
  makePod({ version: "50" }),
], (rig) => {
  const object = makeObject({ version: "40" });
  const { uid, namespace, name } = object.pod.metadata;
  const suspicion = rig.accept({ type: "unselected", object });
  assert.deepEqual(suspicion, {
    kind: "pod-behind",
    pod: { uid, namespace, name, resourceVersion: "40" },
  });
  assert.deepEqual(rig.sent(), []);
  rig.store.inventory.beginEpoch();
  assert.equal(
    rig.accept({ type: "unselected", object }),
    undefined,
    "versions of two histories are not compared",
  );
  assert.deepEqual(rig.sent(), ["pod.changed web-0 40 unselected"]);
});

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

withSynced("a list behind what was reached is a suspicion, and nothing of it is taken", [
  makePod({ version: "50" }),
], (rig) => {
  rig.accept({ type: "bookmark", resourceVersion: "60" });
  assert.deepEqual(rig.list([makePod({ name: "new", version: "55" })], { at: "59" }), {
    kind: "list-behind",
  });
  assert.deepEqual(rig.sent(), [], "neither the new pod nor the end of the one that is not listed");
  assert.equal(rig.list([makePod({ version: "50" })], { at: "60" }), undefined);
});

withSynced(
  "a list behind the read of a pod that left is a suspicion",
  [makePod({ version: "50" })],
  (rig) => {
    rig.unselect({ version: "60" });
    assert.deepEqual(rig.list([makePod({ version: "55" })], { at: "59" }), { kind: "list-behind" });
  },
);

withSynced("a list behind the end of a pod that nobody may read is a suspicion", [
  makePod({ version: "50" }),
], (rig) => {
  const { uid, namespace, name } = makePod().metadata;
  const pod = { uid, namespace, name };
  rig.accept({ type: "gone", pod, resourceVersion: "60", object: undefined, mayLive: true });
  assert.deepEqual(rig.list([makePod({ version: "55" })], { at: "59" }), { kind: "list-behind" });
});

withSynced("a list behind a pod that was read by itself is a suspicion", [
  makePod({ version: "50" }),
], (rig) => {
  rig.read({ version: "60" });
  assert.deepEqual(rig.list([makePod({ version: "55" })], { at: "59" }), { kind: "list-behind" });
});

withSynced("a pod that a list holds at an older version than is known is a suspicion", [
  makePod({ name: "web-0", version: "50" }),
  makePod({ name: "web-1", version: "51" }),
], (rig) => {
  const listed = [makePod({ name: "new", version: "54" }), makePod({ name: "web-0", version: "40" })];
  const suspicion = rig.list(listed, { at: "55" });
  const pod = { uid: "uid-web-0", namespace: "shop", name: "web-0", resourceVersion: "40" };
  assert.deepEqual(suspicion, { kind: "pod-behind", pod });
  rig.pipeline.abandonList(undefined);
  assert.deepEqual(
    rig.sent(),
    ["pod.changed new 54 created"],
    "what came before it is taken; no deletion is inferred",
  );
  assert.equal(rig.store.inventory.holder("shop", "web-1")?.resourceVersion, "51");
});

for (
  const [what, listed] of [
    ["in two versions, the older one last", [makePod({ version: "50" }), makePod({ version: "40" })]],
    ["in two versions, the older one first", [makePod({ version: "40" }), makePod({ version: "50" })]],
    ["beside another pod of its name", [makePod({ version: "50" }), makePod({ uid: "old", version: "40" })]],
  ] as const
) {
  withSynced(`a list that holds a pod ${what} goes on once a read has refuted that`, [
    makePod({ version: "50" }),
    makePod({ name: "gone", version: "51" }),
  ], (rig) => {
    const suspicion = rig.list([...listed], { at: "60" });
    assert.equal(suspicion?.kind === "list-behind" ? undefined : suspicion?.pod.resourceVersion, "40");
    rig.pipeline.abandonList(undefined);
    const refuted = (again: Suspicion): boolean => isDeepStrictEqual(again, suspicion);
    for (let list = 0; list < 2; list++) {
      assert.equal(rig.list([...listed], { at: "61", isRefuted: refuted }), undefined);
    }
    assert.deepEqual(rig.sent(), ["pod.deleted gone 51 deleted"]);
  });
}

withSynced("a pod whose deletion was seen and that a list holds is a suspicion", [makePod()], (rig) => {
  rig.delete({ version: "8" });
  rig.deliver();
  const suspicion = rig.list([makePod({ version: "1" })], { at: "9" });
  assert.equal(suspicion?.kind, "pod-returned");
  assert.deepEqual(rig.sent(), []);
});

withSynced(
  "a version that the watch brings is no suspicion, however old",
  [makePod({ version: "50" })],
  (rig) => {
    assert.equal(rig.see({ version: "40" }), undefined);
  },
);

withSynced("in a new epoch a version that is known is sent once more, with sync among its reasons", [
  makePod({ version: "50" }),
], (rig) => {
  rig.store.inventory.beginEpoch();
  for (let list = 0; list < 2; list++) assert.equal(rig.list([makePod({ version: "50" })]), undefined);
  assert.deepEqual(
    rig.deliver().map(({ resourceVersion, epoch, reasons }) => [resourceVersion, epoch, reasons[0]]),
    [
      ["50", 1, "sync"],
    ],
  );
});
