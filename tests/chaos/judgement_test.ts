import assert from "node:assert/strict";
import type { Pod } from "../../src/pod/pod.ts";
import { ended, makePod } from "../kit/pods.ts";
import type { Delivery } from "../kit/receiver.ts";
import {
  deletionsInvented,
  deletionsNotSent,
  type Evidence,
  idsNotOneToOne,
  transitionsNotSent,
  versionsThatFell,
} from "./judgement.ts";
import type { Witnessed } from "./witness.ts";

/** A pod that began at 1, crashed at 2, ran again at 3 and was deleted at 4. */
const LIFE: Witnessed[] = [
  witnessed("ADDED", makePod({ version: "1" })),
  witnessed("MODIFIED", makePod({ version: "2", state: ended("first") })),
  witnessed("MODIFIED", makePod({ version: "3", restarts: 1, lastState: ended("first") })),
  witnessed("DELETED", makePod({ version: "4", restarts: 1, lastState: ended("first") })),
];
const [BORN, CRASHED, RESTARTED, GONE] = LIFE.map(delivered);
assert(BORN && CRASHED && RESTARTED && GONE);

const ALL = [{ from: 1, to: 4 }];

Deno.test("a faithful account is not held against the program", () => {
  const evidence = account([BORN, CRASHED, RESTARTED, GONE], ALL);
  for (
    const judge of [deletionsNotSent, deletionsInvented, transitionsNotSent, versionsThatFell, idsNotOneToOne]
  ) {
    assert.deepEqual(judge(evidence), [], judge.name);
  }
});

Deno.test("a deletion that is missing is found, if the program knew of the pod", () => {
  assert.equal(
    deletionsNotSent(account([BORN, CRASHED, RESTARTED], [])).length,
    1,
    "it sent something about it",
  );
  assert.equal(deletionsNotSent(account([], [{ from: 2, to: 2 }])).length, 1, "it saw a change of it");
  assert.equal(deletionsNotSent(account([], [])).length, 0, "it may never have seen it");
});

Deno.test("a pod that lived through the beginning of a window was known", () => {
  const [born, , , gone] = LIFE;
  assert(born && gone);
  assert.equal(deletionsNotSent({ ...account([], [{ from: 2, to: 3 }]), events: [born, gone] }).length, 1);
});

Deno.test("a deletion that did not happen is found", () => {
  assert.equal(deletionsInvented({ ...account([GONE], ALL), events: LIFE.slice(0, 3) }).length, 1);
});

Deno.test("a transition that is missing is found, if the program must have seen it", () => {
  assert.equal(transitionsNotSent(account([BORN, RESTARTED, GONE], ALL)).length, 1);
  assert.equal(transitionsNotSent(account([BORN, CRASHED, GONE], ALL)).length, 1);
  assert.equal(transitionsNotSent(account([BORN, RESTARTED, GONE], [{ from: 3, to: 4 }])).length, 0);
});

Deno.test("a transition that was given up needs twenty later ones, the next of which stands for it", () => {
  const later = Array.from(
    { length: 20 },
    (_, i) => delivered(witnessed("MODIFIED", makePod({ version: String(5 + i) }))),
  );
  const [next, ...rest] = later;
  assert(next);
  const heir = { ...next, headers: { ...next.headers, "k8svent-coalesced": "1" } };
  assert.equal(transitionsNotSent(account([BORN, RESTARTED, heir, ...rest], [{ from: 2, to: 2 }])).length, 1);
  const sent3 = { ...RESTARTED, headers: { ...RESTARTED.headers, "k8svent-coalesced": "1" } };
  assert.equal(transitionsNotSent(account([BORN, sent3, ...later], [{ from: 2, to: 2 }])).length, 0);
  assert.equal(transitionsNotSent(account([BORN, sent3, ...later.slice(2)], [{ from: 2, to: 2 }])).length, 1);
});

Deno.test("a version that falls is found, one that comes again is none", () => {
  assert.equal(versionsThatFell(account([BORN, RESTARTED, CRASHED], ALL)).length, 1);
  assert.equal(versionsThatFell(account([BORN, CRASHED, CRASHED], ALL)).length, 0);
});

Deno.test("an id with two bodies is found, and a body with two ids", () => {
  const renamed = (delivery: Delivery, id: string): Delivery => ({
    ...delivery,
    headers: { ...delivery.headers, "webhook-id": id },
  });
  assert.equal(idsNotOneToOne(account([BORN, renamed(CRASHED, "id-1")], ALL)).length, 1);
  assert.equal(idsNotOneToOne(account([BORN, renamed(BORN, "id-9")], ALL)).length, 1);
});

function account(accepted: Delivery[], windows: Evidence["windows"]): Evidence {
  return { events: LIFE, windows, accepted };
}

function witnessed(type: Witnessed["type"], object: Pod): Witnessed {
  return { type, object, revision: Number(object.metadata.resourceVersion), at: 0 };
}

function delivered({ type, object, revision }: Witnessed): Delivery {
  return {
    index: revision,
    at: 0,
    method: "POST",
    path: "/",
    headers: {
      "webhook-id": `id-${revision}`,
      "k8svent-event": type === "DELETED" ? "pod.deleted" : "pod.changed",
    },
    raw: new Uint8Array(),
    text: JSON.stringify(object),
    body: { pod: object },
    signature: "ok",
  };
}
