import assert from "node:assert/strict";
import { ended, makePod } from "../../tests/kit/pods.ts";
import { isHealthy, isUnhealthy } from "./health.ts";
import type { ContainerStatus, Pod } from "./pod.ts";

function withInit(status: Partial<ContainerStatus>): Pod {
  const pod = makePod();
  return { ...pod, status: { ...pod.status, initContainerStatuses: [{ name: "init", ...status }] } };
}

Deno.test("a pod that runs, with all conditions true and all containers ready, is healthy", () => {
  assert.equal(isHealthy(makePod()), true);
});

for (
  const [what, pod] of [
    ["pends", makePod({ phase: "Pending" })],
    ["failed", makePod({ phase: "Failed" })],
    ["has a condition that is not True", makePod({ ready: false })],
    ["has a container that waits", makePod({ state: { waiting: { reason: "CrashLoopBackOff" } } })],
    ["has a container that ended", makePod({ state: ended("a") })],
    ["has an init container that is not ready", withInit({ ready: false, state: ended("a", 0) })],
    ["has an init container that failed", withInit({ ready: true, state: ended("a", 1) })],
    ["has an init container that waits", withInit({ ready: true, state: { waiting: {} } })],
    ["has no status", { metadata: makePod().metadata }],
  ] satisfies [string, Pod][]
) {
  Deno.test(`a pod that ${what} is unhealthy`, () => {
    assert.equal(isHealthy(pod), false);
    assert.equal(isUnhealthy(pod), true);
  });
}

Deno.test("a pod whose init container ended with 0, and one whose sidecar runs, are healthy", () => {
  assert.equal(isHealthy(withInit({ ready: true, state: ended("a", 0) })), true);
  assert.equal(isHealthy(withInit({ ready: true, state: { running: {} } })), true);
});

Deno.test("a pod that succeeded is neither healthy nor unhealthy", () => {
  const pod = makePod({ phase: "Succeeded", ready: false, state: ended("a", 0) });
  assert.equal(isHealthy(pod), false);
  assert.equal(isUnhealthy(pod), false);
});
