import assert from "node:assert/strict";
import { podIn, withSynced } from "../../tests/kit/pipeline_rig.ts";
import { makeObject, makePod } from "../../tests/kit/pods.ts";
import type { Gone } from "../pod/event.ts";
import type { PodObject } from "../pod/object.ts";

const { uid, namespace, name } = makePod().metadata;

/** The pod is not there any more, at a version. */
function gone(resourceVersion: string, object?: PodObject, mayLive = true): Gone {
  return { type: "gone", pod: { uid, namespace, name }, resourceVersion, object, mayLive };
}

withSynced(
  "a pod that cannot be looked up ends as the watch showed it last, not observed",
  [makePod()],
  (rig) => {
    rig.accept(gone("6", makeObject({ version: "6", phase: "Running", labels: { app: "old" } })));
    const [message, ...more] = rig.deliver();
    assert.deepEqual(more, []);
    assert.deepEqual([message?.event, message?.resourceVersion, message?.observed], [
      "pod.deleted",
      "6",
      false,
    ]);
    const pod = message && podIn(message);
    assert.deepEqual([pod?.status?.phase, pod?.metadata.labels], ["Deleted", { app: "old" }]);
  },
);

withSynced("a pod that a list did not hold ends as it was known, not observed", [makePod()], (rig) => {
  rig.accept(gone("60", undefined, false));
  assert.deepEqual(
    rig.deliver().map(({ event, resourceVersion, observed }) => [event, resourceVersion, observed]),
    [
      ["pod.deleted", makePod().metadata.resourceVersion, false],
    ],
  );
});

withSynced(
  "one that could not be looked up and comes back is created; what is older stays past",
  [makePod()],
  (rig) => {
    rig.accept(gone("6", makeObject({ version: "6" })));
    rig.deliver();
    rig.see({ version: "5" });
    assert.deepEqual(rig.sent(), []);
    rig.see({ version: "7" });
    assert.deepEqual(rig.sent(), ["pod.changed web-0 7 created"]);
  },
);

withSynced("one that is gone for sure never comes back", [makePod()], (rig) => {
  rig.accept(gone("6", undefined, false));
  rig.deliver();
  rig.see({ version: "7" });
  assert.deepEqual(rig.sent(), []);
});

withSynced(
  "a pod of which it is not known whether it is gone outlives the list that lacks it",
  [makePod()],
  (rig) => {
    rig.begin({ at: "50" });
    rig.accept({ type: "sync-end", scope: undefined, undecided: new Set([uid]) });
    assert.deepEqual(rig.sent(), []);
    rig.list([]);
    assert.deepEqual(rig.sent(), [`pod.deleted web-0 ${makePod().metadata.resourceVersion} deleted`]);
  },
);

withSynced(
  "an end that is older than what a read brought meanwhile takes nothing back",
  [makePod()],
  (rig) => {
    rig.read({ version: "9", labels: { app: "read" } });
    rig.deliver();
    rig.delete({ version: "8", labels: { app: "watch" } });
    const [message] = rig.deliver();
    assert.deepEqual([message?.event, message?.resourceVersion, message?.observed], [
      "pod.deleted",
      "9",
      false,
    ]);
    assert.deepEqual(message && podIn(message).metadata.labels, { app: "read" });
  },
);

withSynced("the end of a pod that is not known is nothing", [makePod({ uid: "another" })], (rig) => {
  rig.accept(gone("60"));
  assert.deepEqual(rig.sent(), []);
});
