import assert from "node:assert/strict";
import { type Rig, withRig, withSynced } from "../../tests/kit/pipeline_rig.ts";
import { ended, makePod } from "../../tests/kit/pods.ts";
import type { Reason } from "../change/reasons.ts";
import type { Pod } from "../pod/pod.ts";
import type { Candidate, Verdict, Want } from "../route/want.ts";

/** Wants the pods with this label. */
function selecting(label: string): Want {
  const selects: Want["selects"] = ({ metadata }) => metadata.labels?.[label] !== undefined;
  return {
    selects,
    keptOutBy: (pod) => selects(pod) ? undefined : "selector",
    isSelective: true,
    isFiltering: false,
    judge: () => assert.fail("it has no filter"),
  };
}

function filtering(judge: (message: Candidate) => Verdict): Want {
  return { selects: () => true, keptOutBy: () => undefined, isSelective: false, isFiltering: true, judge };
}

/** Wants messages with one of these reasons. */
function wanting(...reasons: Reason[]): Want {
  return filtering((message) =>
    message.reasons.some((reason) => reasons.includes(reason))
      ? { kind: "send" }
      : { kind: "skip", rule: "reasons" }
  );
}

function configure(rig: Rig, name: string, want: Want): void {
  if (!rig.defaults.includes(name)) rig.defaults.push(name);
  rig.wants.set(name, want);
}

const IN = { mine: "yes" };

withRig("a pod outside the selection is not sent", (rig) => {
  configure(rig, "b", selecting("mine"));
  rig.list([makePod({ name: "in", labels: IN }), makePod({ name: "out" })]);
  assert.deepEqual(rig.sent("b"), ["pod.changed in 1 sync"]);
  assert.deepEqual(rig.sent("a"), ["pod.changed in 1 sync", "pod.changed out 1 sync"]);
});

withSynced(
  "a pod that enters the selection by a change is sent as sync and its transition, and to the others as what it is",
  [
    makePod(),
  ],
  (rig) => {
    configure(rig, "b", selecting("mine"));
    rig.see({ version: "2", labels: IN, phase: "Failed" });
    assert.deepEqual(rig.sent("b"), ["pod.changed web-0 2 sync,phase"]);
    assert.deepEqual(rig.sent("a"), ["pod.changed web-0 2 phase,metadata"]);
    rig.see({ version: "3", labels: IN, phase: "Running" });
    assert.deepEqual(rig.sent("b"), ["pod.changed web-0 3 phase"]);
  },
);

withRig(
  "a pod that leaves the selection is sent as unselected with what it went through, and then no more",
  (rig) => {
    configure(rig, "b", selecting("mine"));
    rig.list([makePod({ labels: IN })]);
    rig.deliver("b");
    rig.see({ version: "2", phase: "Failed" });
    assert.deepEqual(rig.sent("b"), ["pod.changed web-0 2 phase,unselected"]);
    rig.see({ version: "3", phase: "Running" });
    rig.delete({ version: "4" });
    assert.deepEqual(rig.sent("b"), []);
  },
);

withRig("a pod that comes back to the selection is sent as sync, and its end again", (rig) => {
  configure(rig, "b", selecting("mine"));
  rig.list([makePod({ labels: IN })]);
  rig.see({ version: "2" });
  rig.see({ version: "3", labels: IN });
  rig.deliver("b");
  rig.delete({ version: "4", labels: IN });
  assert.deepEqual(rig.sent("b"), ["pod.deleted web-0 4 deleted"]);
});

withRig("a selection that is widened sends the pods that it has now as sync at the next list", (rig) => {
  configure(rig, "b", selecting("mine"));
  rig.list([makePod()]);
  rig.wants.delete("b");
  rig.list([makePod()]);
  assert.deepEqual(rig.sent("b"), ["pod.changed web-0 1 sync"]);
});

withRig("a selection that is narrowed sends unselected at the next list, once", (rig) => {
  configure(rig, "b", selecting("mine"));
  rig.list([makePod({ labels: { mine: "yes", yours: "yes" } })]);
  rig.deliver("b");
  rig.wants.set("b", selecting("other"));
  for (let list = 0; list < 2; list++) rig.list([makePod({ labels: { mine: "yes", yours: "yes" } })]);
  assert.deepEqual(rig.sent("b"), ["pod.changed web-0 1 unselected"]);
});

withRig("a version that was sent, unselected and sent again has an occasion each time", async (rig) => {
  configure(rig, "b", selecting("mine"));
  const pods = [makePod({ labels: IN })];
  const occasions: string[] = [];
  const listWith = async (want: Want): Promise<void> => {
    await rig.clock.advance(1_000);
    rig.wants.set("b", want);
    rig.list(pods);
    occasions.push(...rig.deliver("b").map(({ occasion }) => occasion));
  };
  for (const label of ["mine", "other", "mine", "other"]) await listWith(selecting(label));
  assert.equal(occasions.length, 4);
  assert.equal(new Set(occasions).size, 4);
});

withRig("what a filter does not want is neither pending nor counted", (rig) => {
  configure(rig, "b", wanting("terminated"));
  rig.list([makePod()]);
  rig.see({ version: "2", labels: { x: "1" } });
  rig.see({ version: "3", labels: { x: "1" }, restarts: 1, lastState: ended("x") });
  rig.see({ version: "4", labels: { x: "2" }, restarts: 1, lastState: ended("x") });
  const [message, ...others] = rig.deliver("b");
  assert.deepEqual(others, []);
  assert.deepEqual(message?.reasons, ["terminated", "restarted"]);
  assert.equal(message?.coalesced, 0);
});

withRig("who was sent nothing of a pod does not hear of its end, whatever its filter says of ends", (rig) => {
  configure(rig, "b", wanting("terminated", "deleted"));
  rig.list([makePod()]);
  rig.delete({ version: "2" });
  assert.deepEqual(rig.sent("b"), []);
});

withRig("whoever does not list deleted does not hear of an end", (rig) => {
  configure(rig, "b", wanting("sync"));
  rig.list([makePod()]);
  rig.delete({ version: "2" });
  assert.deepEqual(rig.sent("b"), ["pod.changed web-0 1 sync"]);
});

withRig("a filter is asked about the version before, and about none at the first", (rig) => {
  const phases: (string | undefined)[] = [];
  configure(
    rig,
    "b",
    filtering(({ previous }) => {
      phases.push(previous?.phase);
      return { kind: "send" };
    }),
  );
  rig.list([makePod({ phase: "Pending" })]);
  rig.see({ version: "2", phase: "Running" });
  rig.see({ version: "3", phase: "Failed" });
  assert.deepEqual(phases, [undefined, "Pending", "Running"]);
});

withRig("a filter is asked once about a message, also where a list repeats its version", (rig) => {
  let asked = 0;
  configure(
    rig,
    "b",
    filtering(() => {
      asked++;
      return { kind: "skip", rule: "filter" };
    }),
  );
  for (let list = 0; list < 3; list++) rig.list([makePod()]);
  assert.equal(asked, 1);
});

for (const sends of [true, false]) {
  withRig(`a filter that fails ${sends ? "sends" : "drops"} where it learns so, and says why`, (rig) => {
    configure(rig, "b", filtering(() => ({ kind: "error", why: "no such key", sends })));
    rig.list([makePod()]);
    assert.equal(rig.sent("b").length, sends ? 1 : 0);
    assert.deepEqual(rig.failures, ["b: no such key"]);
  });
}

withRig("a reminder goes to those who follow the pod and want it", async (rig) => {
  configure(rig, "b", wanting("sync"));
  configure(rig, "c", selecting("mine"));
  rig.list([makePod({ phase: "Failed", ready: false })]);
  rig.list([makePod({ name: "sick", phase: "Pending" })]);
  for (const name of ["a", "b", "c"]) rig.deliver(name);
  await rig.clock.advance(600_000);
  rig.pipeline.remind();
  assert.deepEqual([rig.sent("a"), rig.sent("b"), rig.sent("c")], [
    ["pod.changed sick 1 unhealthy"],
    [],
    [],
  ]);
});

withRig("an endpoint with a filter has an inventory of what was recorded for it", (rig) => {
  configure(rig, "b", wanting("sync", "terminated"));
  rig.list([makePod({ name: "web-0" }), makePod({ name: "web-1" })]);
  rig.see({ name: "web-0", version: "2", labels: { x: "1" } });
  rig.see({ name: "web-1", version: "3", restarts: 1, lastState: ended("x") });
  rig.delete({ name: "web-2", version: "4" });
  assert.deepEqual(rig.store.followers.sent("b"), [
    { uid: "uid-web-0", resourceVersion: "1" },
    { uid: "uid-web-1", resourceVersion: "3" },
  ]);
});

withRig("a pod that left the selection or ended is in no inventory of its endpoint", (rig) => {
  configure(rig, "b", { ...wanting("sync"), selects: isMine, isSelective: true });
  rig.list([makePod({ name: "web-0", labels: IN }), makePod({ name: "web-1", labels: IN })]);
  rig.see({ name: "web-0", version: "2" });
  rig.delete({ name: "web-1", version: "3", labels: IN });
  assert.deepEqual(rig.store.followers.sent("b"), []);
});

function isMine({ metadata }: Pod): boolean {
  return metadata.labels?.["mine"] !== undefined;
}
