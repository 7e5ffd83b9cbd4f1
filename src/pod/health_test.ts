import assert from "node:assert/strict";
import { DEADLINE, HEALTH_PODS } from "../../tests/kit/health_pods.ts";
import { makePod } from "../../tests/kit/pods.ts";
import { healthOf, unhealthyFrom } from "./health.ts";

for (const { what, pod, health, because } of HEALTH_PODS) {
  Deno.test(`a pod ${what} is ${health}: ${because}`, () => {
    assert.equal(healthOf(pod), health);
  });
}

Deno.test("the table has 100 pods of every kind at least", () => {
  assert.ok(HEALTH_PODS.length >= 100, `${HEALTH_PODS.length}`);
  const verdicts = new Set(HEALTH_PODS.map(({ health }) => health));
  assert.deepEqual(verdicts, new Set(["healthy", "unhealthy", "finished", "held", "terminating"]));
});

Deno.test("a pod is unhealthy as it is, from the end of its grace period on, or not at all", () => {
  for (const { what, pod, health } of HEALTH_PODS) {
    const expected = { unhealthy: 0, terminating: Date.parse(DEADLINE) }[health as string];
    assert.equal(unhealthyFrom(pod), expected, what);
  }
});

Deno.test("a pod that is being deleted since no one knows when is unhealthy", () => {
  assert.equal(unhealthyFrom(makePod({ deletionTimestamp: "soon" })), 0);
});
