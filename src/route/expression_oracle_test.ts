import assert from "node:assert/strict";
import { run } from "@bufbuild/cel";
import fc from "fast-check";
import type { Pod } from "../pod/pod.ts";
import { compileExpression, type ExpressionInput } from "./expression.ts";

/**
 * The same expressions by another implementation of CEL, over the same pods. It gets the pods' numbers as integers, as
 * Kubernetes has them; so what divides is not here. It does not know `optional`.
 */
const ATOMS = [
  'pod.metadata.namespace == "shop"',
  'pod.metadata.namespace in ["shop", "team-a"]',
  'pod.metadata.labels["app"] == "web"',
  'pod.metadata.labels.app != "web"',
  '"app" in pod.metadata.labels',
  "has(pod.metadata.labels.app)",
  "has(pod.metadata.annotations)",
  'pod.metadata.labels.exists(key, key.startsWith("a"))',
  'pod.metadata.labels == {"app": "web"}',
  'pod.metadata.name.matches("^web-[0-9]+$")',
  'pod.metadata.name.matches("(?i)WEB|b")',
  'pod.metadata.name.endsWith("-0") || pod.metadata.name.contains("eb")',
  "size(pod.metadata.name) > 3",
  "pod.metadata.name.size() == size(pod.spec.containers)",
  'pod.metadata.name + "." + pod.metadata.namespace == "web-0.shop"',
  'pod.metadata.name < "b"',
  'pod.spec.containers.exists(c, c.image.startsWith("registry.example.com/"))',
  'pod.spec.containers.all(c, c.name != "app")',
  'pod.spec.containers.exists_one(c, c.name == "app")',
  'pod.spec.containers.map(c, c.name).exists(n, n in ["app", "sidecar"])',
  'pod.spec.containers.filter(c, c.name == "app").size() == 1',
  'pod.spec.containers.map(c, c.name) == ["app"]',
  "pod.spec.containers.exists(a, pod.spec.containers.exists(b, a.name == b.name && a.image != b.image))",
  "pod.spec.containers[0].name == pod.status.containerStatuses[0].name",
  "pod.status.containerStatuses.exists(s, s.restartCount > 3)",
  "pod.status.containerStatuses[0].restartCount + 1 > 3",
  "pod.status.containerStatuses[0].restartCount - 1 <= 2",
  "2 * pod.status.containerStatuses[0].restartCount >= pod.status.containerStatuses[1].restartCount",
  "pod.status.containerStatuses[0].restartCount % 2 == 1",
  "pod.status.containerStatuses[0].restartCount in [0, 3]",
  "-pod.status.containerStatuses[0].restartCount < 0",
  "10 % pod.status.containerStatuses[0].restartCount == 1",
  "int(pod.status.containerStatuses[0].restartCount) / 2 == 1",
  'pod.status.phase == "Running" ? size(pod.spec.containers) == 1 : pod.status.phase == "Failed"',
  'timestamp(pod.metadata.creationTimestamp) < timestamp("2026-06-01T00:00:00Z")',
  'timestamp("2026-06-01T00:00:00Z") - timestamp(pod.metadata.creationTimestamp) > duration("24h")',
  '"restarted" in reasons',
  'reasons.exists(r, r in ["sync", "created"])',
  'reasons == ["sync"]',
  'event == "pod.deleted"',
  "previous == null",
  "previous != null && previous.phase != pod.status.phase",
  "previous.restarts + 1 > 2",
  'workload.startsWith("Deployment/")',
  'cluster == ""',
  "pod.metadata.name",
  "pod.status.containerStatuses[0].restartCount",
  'pod.metadata.name.startsWith(pod.metadata.labels["app"])',
  "pod.spec.containers.exists(c, c.nosuch == 1)",
  'pod.spec.containers.all(c, c.name == "app" || c.nosuch)',
];

const expressions: fc.Arbitrary<string> = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    { weight: 3, arbitrary: fc.constantFrom(...ATOMS) },
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => `(${a}) && (${b})`),
    fc.tuple(tie("any"), tie("any")).map(([a, b]) => `(${a}) || (${b})`),
    tie("any").map((a) => `!(${a})`),
    fc.tuple(tie("any"), tie("any"), tie("any")).map(([a, b, c]) => `(${a}) ? (${b}) : (${c})`),
  ),
})).any;

const names = fc.constantFrom("app", "sidecar", "web-0", "b");
const labels = fc.dictionary(fc.constantFrom("app", "tier"), fc.constantFrom("web", "db", ""), {
  maxKeys: 2,
});
const images = fc.constantFrom("app:1", "registry.example.com/app:2");

const pods: fc.Arbitrary<Pod> = fc.record({
  metadata: fc.record({
    uid: fc.constant("u"),
    resourceVersion: fc.constant("1"),
    name: names,
    namespace: fc.constantFrom("shop", "team-a", "other"),
    creationTimestamp: fc.constantFrom(
      "2026-01-01T00:00:00Z",
      "2026-05-31T12:00:00Z",
      "2026-11-27T08:00:00Z",
    ),
    labels,
    annotations: labels,
  }, { requiredKeys: ["uid", "resourceVersion", "name", "namespace", "creationTimestamp"] }),
  spec: fc.record({
    containers: fc.array(fc.record({ name: names, image: images }), { maxLength: 3 }),
  }),
  status: fc.record({
    phase: fc.constantFrom("Running", "Pending", "Failed"),
    containerStatuses: fc.array(fc.record({ name: names, restartCount: fc.nat(5) }), { maxLength: 3 }),
  }, { requiredKeys: [] }),
}) as fc.Arbitrary<Pod>;

const inputs: fc.Arbitrary<ExpressionInput> = fc.record({
  pod: pods,
  reasons: fc.subarray(["sync", "created", "restarted"] as ExpressionInput["reasons"][number][]),
  event: fc.constantFrom("pod.changed", "pod.deleted"),
  previous: fc.option(fc.record({ phase: fc.constantFrom("Running", "Pending"), restarts: fc.nat(5) })),
  cluster: fc.constantFrom("", "blue"),
  environment: fc.constant(""),
  workload: fc.constantFrom("", "Deployment/web"),
}) as fc.Arbitrary<ExpressionInput>;

Deno.test("an expression gives what another implementation of CEL gives", () => {
  fc.assert(
    fc.property(expressions, inputs, (expression, input) => {
      assert.equal(ours(expression, input), theirs(expression, input));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("each of the expressions that are compared is true of some pod, or an error by design", () => {
  const samples = fc.sample(inputs, { numRuns: 600, seed: 14 });
  const never = ATOMS.filter((atom) => !samples.some((input) => ours(atom, input) === true));
  assert.deepEqual(never, [
    "pod.metadata.name",
    "pod.status.containerStatuses[0].restartCount",
    "pod.spec.containers.exists(c, c.nosuch == 1)",
  ]);
});

type Result = boolean | "error";

function ours(expression: string, input: ExpressionInput): Result {
  const result = compileExpression(expression).evaluate(input);
  return result.kind === "value" ? result.value : "error";
}

function theirs(expression: string, input: ExpressionInput): Result {
  const result: unknown = run(expression, withIntegers(input) as Parameters<typeof run>[1]);
  return typeof result === "boolean" ? result : "error";
}

/** Numbers as integers, objects as maps. */
function withIntegers(value: unknown, isTop = true): unknown {
  if (typeof value === "number") return BigInt(value);
  if (Array.isArray(value)) return value.map((item) => withIntegers(item, false));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map((
    [name, item],
  ): [string, unknown] => [name, withIntegers(item, false)]);
  return isTop ? Object.fromEntries(entries) : new Map(entries);
}
