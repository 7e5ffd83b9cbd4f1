import assert from "node:assert/strict";
import { ended, makePod, summaryOf } from "../../tests/kit/pods.ts";
import { parseExact, printPod } from "./json.ts";
import type { Pod } from "./pod.ts";
import { trimPod } from "./trimmed.ts";

const RICH = {
  ...makePod({
    version: "7",
    phase: "Failed",
    node: "node-1",
    restarts: 3,
    state: ended("containerd://1", 137),
    lastState: ended("containerd://0"),
    labels: { app: "web" },
    annotations: { note: "x".repeat(5_000) },
    deletionTimestamp: "2026-01-01T00:00:00Z",
    managedFields: [{ manager: "kubectl" }],
  }),
  apiVersion: "v1",
  kind: "Pod",
} as Pod;

Deno.test("a trimmed pod says which pod it was, where it ran and how it ended", () => {
  const trimmed = trimPod(RICH);
  const { metadata, spec, status } = trimmed;
  assert.deepEqual([trimmed.apiVersion, trimmed.kind], ["v1", "Pod"]);
  assert.deepEqual(metadata, {
    name: "web-0",
    namespace: "shop",
    uid: "uid-web-0",
    resourceVersion: "7",
    deletionTimestamp: "2026-01-01T00:00:00Z",
    labels: { app: "web" },
  });
  assert.deepEqual(spec, { nodeName: "node-1", containers: [{ name: "app", image: "app:1" }] });
  assert.equal(status?.phase, "Failed");
  assert.deepEqual(status?.conditions, RICH.status?.conditions);
  const [container] = status?.containerStatuses ?? [];
  assert.deepEqual(container?.state, ended("containerd://1", 137));
  assert.deepEqual(container?.lastState, ended("containerd://0"));
  assert.equal(container?.restartCount, 3);
});

Deno.test("a trimmed pod is small, whatever the whole one holds", () => {
  assert.ok(printPod(RICH).length > 5_000);
  assert.ok(printPod(trimPod(RICH)).length < 1_000);
});

Deno.test("what a pod does not have, its trimmed form does not have either", () => {
  const bare: Pod = { metadata: { name: "a", namespace: "b", uid: "c", resourceVersion: "1" } };
  const text = printPod(trimPod(bare));
  assert.doesNotMatch(text, /null|undefined/);
  assert.deepEqual(Object.keys((parseExact(text) as Pod).metadata), [
    "name",
    "namespace",
    "uid",
    "resourceVersion",
  ]);
});

Deno.test("trimming a pod twice is trimming it once, and the whole one stays as it was", () => {
  const before = printPod(RICH);
  const once = trimPod(RICH);
  assert.deepEqual(trimPod(once), once);
  assert.equal(printPod(RICH), before);
});

Deno.test("a trimmed pod tells the same of its containers, phase and node as the whole one", () => {
  const [whole, trimmed] = [summaryOf(RICH), summaryOf(trimPod(RICH))];
  for (
    const what of [
      "phase",
      "ready",
      "scheduled",
      "terminating",
      "restarts",
      "terminations",
      "images",
    ] as const
  ) {
    assert.deepEqual(trimmed[what], whole[what], what);
  }
});
