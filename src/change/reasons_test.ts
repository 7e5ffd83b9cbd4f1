import assert from "node:assert/strict";
import { ended, makePod, type PodParts, summaryOf } from "../../tests/kit/pods.ts";
import { compareSummaries, isTransition, type Reason, REASONS, sortReasons } from "./reasons.ts";

function compare(before: PodParts, after: PodParts): Reason[] {
  return compareSummaries(summaryOf(makePod(before)), summaryOf(makePod(after)));
}

for (
  const [what, before, after, reasons] of [
    ["another phase", { phase: "Pending" }, {}, ["phase"]],
    ["readiness", {}, { ready: false }, ["ready"]],
    ["a termination", {}, { state: ended("a") }, ["terminated"]],
    ["a restart", { restarts: 1 }, { restarts: 2 }, ["restarted"]],
    [
      "a crash",
      {},
      { restarts: 1, lastState: ended("a"), state: { waiting: { reason: "CrashLoopBackOff" } } },
      ["terminated", "restarted", "waiting"],
    ],
    ["an end of waiting", { state: { waiting: { reason: "ContainerCreating" } } }, {}, ["status"]],
    ["another image", {}, { image: "app:2" }, ["image", "status"]],
    ["a node", {}, { node: "n1" }, ["scheduled"]],
    ["a request to end", {}, { deletionTimestamp: "2026-01-01T00:00:00Z" }, ["terminating"]],
    ["a label", {}, { labels: { a: "1" } }, ["metadata"]],
    ["an annotation", {}, { annotations: { a: "1" } }, ["metadata"]],
    ["managedFields alone", {}, { version: "2", managedFields: [1] }, ["metadata"]],
  ] satisfies [string, PodParts, PodParts, Reason[]][]
) {
  Deno.test(`${what} has the reasons ${reasons.join()}`, () => {
    assert.deepEqual(compare(before, after), reasons);
  });
}

Deno.test("a count of restarts that begins anew is no restart", () => {
  assert.deepEqual(compare({ restarts: 2 }, { restarts: 0 }), ["status"]);
});

Deno.test("a termination that moves from state to lastState is not a second one", () => {
  assert.deepEqual(
    compare({ state: ended("a") }, { lastState: ended("a"), restarts: 1 }),
    ["restarted"],
  );
});

Deno.test("a second termination of the same container is one, because its container ID differs", () => {
  assert.deepEqual(
    compare({ lastState: ended("a") }, { lastState: ended("b") }),
    ["terminated"],
  );
});

Deno.test("what a container of init or of debugging does is seen like that of any other", () => {
  const before = makePod();
  for (const list of ["initContainerStatuses", "ephemeralContainerStatuses"]) {
    const after = { ...before, status: { ...before.status, [list]: [{ name: "x", state: ended("a") }] } };
    assert.deepEqual(compareSummaries(summaryOf(before), summaryOf(after)), ["terminated"], list);
  }
});

Deno.test("a change of the spec that no narrow reason names is spec", () => {
  const before = makePod();
  const after = { ...before, spec: { ...before.spec, tolerations: [{ key: "a" }] } };
  assert.deepEqual(compareSummaries(summaryOf(before), summaryOf(after)), ["spec"]);
});

Deno.test("what a later version no longer shows is a transition", () => {
  const transitions = REASONS.filter((reason) => isTransition([reason]));
  assert.deepEqual(transitions, ["phase", "terminated", "restarted", "unselected", "deleted"]);
});

Deno.test("reasons come once each and in the documented order", () => {
  assert.deepEqual(sortReasons(["deleted", "phase", "created", "phase"]), ["created", "phase", "deleted"]);
});
