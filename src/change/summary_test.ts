import assert from "node:assert/strict";
import fc from "fast-check";
import { ODD_POD } from "../../tests/kit/odd_pods.ts";
import { makePod, summaryOf } from "../../tests/kit/pods.ts";
import { exactPod } from "../pod/cut.ts";
import { deletedBody, parseExact, podIn } from "../pod/json.ts";
import { trimmedBody, trimPod } from "../pod/trimmed.ts";
import { compareSummaries, transitionsBetween } from "./reasons.ts";
import { summarize } from "./summary.ts";

Deno.test("whatever a pod holds, its summary is made of strings, numbers and booleans", () => {
  fc.assert(
    fc.property(ODD_POD, (object) => {
      const { phase, ready, unhealthy, unhealthyFrom, scheduled, terminating, restarts, ...rest } = summarize(
        object,
      );
      assert.match(phase, /^[A-Za-z]+$/);
      for (const fact of [ready, unhealthy, scheduled, terminating]) assert.equal(typeof fact, "boolean");
      assert.ok(Number.isFinite(restarts) && Number.isFinite(unhealthyFrom ?? 0));
      for (const text of Object.values(rest).flat()) assert.equal(typeof text, "string");
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("a pod that is unhealthy now has no instant from which on it is", () => {
  const { unhealthy, unhealthyFrom } = summaryOf(makePod({ phase: "Pending" }));
  assert.deepEqual([unhealthy, unhealthyFrom], [true, undefined]);
});

Deno.test("whatever two versions hold, there is a reason for the later one", () => {
  fc.assert(fc.property(ODD_POD, ODD_POD, (before, after) => {
    assert.ok(compareSummaries(summarize(before), summarize(after)).length > 0);
    assert.deepEqual(transitionsBetween(summarize(after), summarize(after)), []);
  }));
});

Deno.test("whatever a pod holds, it can be trimmed, and once is enough", () => {
  fc.assert(fc.property(ODD_POD, ({ pod }) => {
    const trimmed = JSON.parse(JSON.stringify(trimPod(pod)));
    assert.deepEqual(JSON.parse(JSON.stringify(trimPod(trimmed))), trimmed);
    assert.equal(exactPod(trimmed).pod.metadata.uid, pod.metadata.uid);
  }));
});

Deno.test("whatever a pod holds, its last body says Deleted and is else what it was", () => {
  fc.assert(fc.property(ODD_POD, ({ body, pod }) => {
    const { status, ...rest } = podIn(deletedBody(podIn(body)));
    const { status: before, ...same } = pod;
    const isObject = typeof before === "object" && before !== null && !Array.isArray(before);
    assert.deepEqual(status, { ...isObject && before, phase: "Deleted" });
    assert.deepEqual(rest, same);
    assert.deepEqual(podIn(trimmedBody(body)), podIn(trimmedBody(trimmedBody(body))));
  }));
});

Deno.test("a number that a double cannot hold survives in the last body", () => {
  const body = new TextEncoder().encode('{"pod":{"metadata":{"uid":"u"},"spec":{"n":9223372036854775807}}}');
  assert.match(new TextDecoder().decode(deletedBody(podIn(body))), /"n":9223372036854775807/);
  assert.ok(parseExact(new TextDecoder().decode(deletedBody(podIn(body)))));
});
