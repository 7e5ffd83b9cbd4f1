import assert from "node:assert/strict";
import { ended, makePod, type PodParts, summaryOf } from "../../tests/kit/pods.ts";
import type { Pod } from "../pod/pod.ts";
import { detailsOf, readiness, restartsOf } from "./details.ts";
import { compareSummaries } from "./reasons.ts";

function between(before: PodParts, after: PodParts): string[] {
  const pod = makePod({ version: "2", ...after });
  const known = summaryOf(makePod(before));
  return detailsOf({ pod, before: known, reasons: compareSummaries(known, summaryOf(pod)) });
}

Deno.test("a container that ended is named with its exit code or signal, once", () => {
  const crashed = { ready: false, state: ended("a", 1) };
  assert.deepEqual(between({}, crashed), ["app ended (exit 1)"]);
  const restarted = { restarts: 1, lastState: ended("a", 1) };
  assert.deepEqual(between(crashed, restarted), []);
  const again = { restarts: 1, state: ended("b", 2), lastState: ended("a", 1) };
  assert.deepEqual(between(crashed, again), ["app ended (exit 2)"]);
  const killed = { terminated: { containerID: "b", exitCode: 137, reason: "OOMKilled" } };
  assert.deepEqual(between({}, { lastState: killed, restarts: 1 }), ["app ended (exit 137, OOMKilled)"]);
  const signalled = { terminated: { containerID: "c", exitCode: 0, signal: 9, reason: "Error" } };
  assert.deepEqual(between({}, { lastState: signalled }), ["app ended (signal 9)"]);
});

Deno.test("a container that ended by no signal is named with its exit code", () => {
  const ended = { terminated: { containerID: "c", exitCode: 3, signal: 0, reason: "Error" } };
  assert.deepEqual(between({}, { lastState: ended }), ["app ended (exit 3)"]);
});

Deno.test("what a container waits for, its new image and the node are named", () => {
  const waiting = { waiting: { reason: "ImagePullBackOff" } };
  assert.deepEqual(between({}, { state: waiting }), ["app waits (ImagePullBackOff)"]);
  assert.deepEqual(between({}, { image: "registry:5000/app:2" }), ["app has the image registry:5000/app:2"]);
  assert.deepEqual(between({}, { node: "node-1" }), ["on node-1"]);
});

Deno.test("several restarts at once, and why a whole pod failed, are said", () => {
  assert.deepEqual(between({}, { restarts: 3 }), ["restarted 3 times"]);
  assert.deepEqual(between({}, { restarts: 1 }), []);
  const before = makePod();
  const evicted: Pod = { ...before, status: { phase: "Failed", reason: "Evicted" } };
  assert.deepEqual(detailsOf({ pod: evicted, before: summaryOf(before), reasons: ["phase"] }), ["Evicted"]);
});

Deno.test("containers are counted as kubectl counts them: sidecars with the others, init containers not", () => {
  const pod = makePod({ restarts: 2 });
  pod.spec = {
    ...pod.spec,
    initContainers: [{ name: "setup" }, { name: "proxy", restartPolicy: "Always" }],
  };
  pod.status = {
    ...pod.status,
    initContainerStatuses: [{ name: "setup", ready: true, restartCount: 1 }, { name: "proxy", ready: true }],
  };
  assert.deepEqual(readiness(pod), { ready: 2, containers: 2 });
  assert.equal(restartsOf(pod), 3);
});

Deno.test("whatever a pod holds, its details are words", () => {
  const odd = {
    metadata: makePod().metadata,
    spec: null,
    status: { containerStatuses: 7 },
  } as unknown as Pod;
  assert.deepEqual(
    detailsOf({ pod: odd, before: undefined, reasons: ["terminated", "waiting", "phase"] }),
    [],
  );
  assert.deepEqual(readiness(odd), { ready: 0, containers: 0 });
});
