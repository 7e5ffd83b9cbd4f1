import assert from "node:assert/strict";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { type Rig, withSynced } from "../../tests/kit/pipeline_rig.ts";
import { makePod, objectOf } from "../../tests/kit/pods.ts";
import type { PodEvent } from "../pod/event.ts";
import type { OddObject } from "../pod/unreadable.ts";
import { Unreadables } from "./unreadable.ts";

const WEB = makePod({ name: "web-0", version: "5" });
const OTHER = makePod({ name: "web-1", version: "5" });
const { uid, namespace } = WEB.metadata;

/** A list that holds an odd object beside web-1. */
function listOdd(rig: Rig, odd: OddObject): string[] {
  rig.accept(
    { type: "sync-start", scope: undefined, resourceVersion: "9" },
    { type: "unreadable", odd },
    { type: "applied", object: objectOf(OTHER) },
    { type: "sync-end", scope: undefined },
  );
  return rig.sent();
}

const MAY_BE: Record<string, OddObject> = {
  "its UID": { uid },
  "its namespace and name": { namespace, name: "web-0" },
  "its name alone": { name: "web-0" },
  "its namespace alone": { namespace },
  "nothing": {},
};

for (const [what, odd] of Object.entries(MAY_BE)) {
  withSynced(`a pod is not inferred gone while a list holds an object with ${what}`, [WEB, OTHER], (rig) => {
    assert.deepEqual(listOdd(rig, odd), []);
    rig.list([OTHER], { at: "10" });
    assert.deepEqual(rig.sent(), ["pod.deleted web-0 5 deleted"]);
  });
}

const IS_NOT: Record<string, OddObject> = {
  "another UID": { uid: "another", namespace, name: "web-0" },
  "another name": { namespace, name: "web-2" },
  "another namespace": { namespace: "another" },
};

for (const [what, odd] of Object.entries(IS_NOT)) {
  withSynced(`an object with ${what} keeps no pod from being inferred gone`, [WEB, OTHER], (rig) => {
    assert.deepEqual(listOdd(rig, odd), ["pod.deleted web-0 5 deleted"]);
  });
}

const START: PodEvent = { type: "sync-start", scope: undefined, resourceVersion: "1" };
const END: PodEvent = { type: "sync-end", scope: undefined };

function odd(name: string): PodEvent {
  return { type: "unreadable", odd: { namespace: "shop", name } };
}

function heard(...batches: PodEvent[][]): string[] {
  const log = new MemoryLog();
  const unreadables = new Unreadables(log);
  for (const batch of batches) unreadables.take(batch);
  return log.lines.map(({ level, message }) => `${level} ${message}`);
}

Deno.test("a list's objects that are no pods are one warning, counted", () => {
  const [warning, ...more] = heard([START, odd("a")], [odd("b"), odd("c")], [END]);
  assert.deepEqual(more, []);
  assert.match(warning ?? "", /^warn .* an object shop\/a that has no uid, .* So are 2 others\. /);
});

Deno.test("what a list or the watch brings again is not said again, until a list has been without it", () => {
  assert.equal(heard([START, odd("a"), END], [START, odd("a"), END], [odd("a")], [odd("a")]).length, 1);
  assert.equal(heard([odd("a")], [odd("a")], [START, odd("a"), END]).length, 1);
  assert.equal(heard([START, odd("a"), END], [START, END], [START, odd("a"), END]).length, 2);
});

Deno.test("what an object lacks, or is, is said in the words of the API", () => {
  const said = (object: OddObject): string => heard([{ type: "unreadable", odd: object }])[0] ?? "";
  assert.match(said({}), /an object that has no uid, /);
  assert.match(said({ uid: "u", name: "n" }), /an object n that has no namespace, /);
  assert.match(said({ uid: "u", namespace: "s", name: "n" }), /an object s\/n that has no resourceVersion, /);
  assert.match(said({ kind: "Node", name: "n" }), /an object n that is of kind Node, /);
});
