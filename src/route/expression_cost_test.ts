import assert from "node:assert/strict";
import { makePod } from "../../tests/kit/pods.ts";
import type { Pod } from "../pod/pod.ts";
import { compileExpression, type Evaluation, ExpressionError } from "./expression.ts";
import { MOST_NODES } from "./expression_cost.ts";

const GIVEN = {
  reasons: [],
  event: "pod.changed",
  previous: null,
  cluster: "",
  environment: "",
  workload: "",
} as const;

function evaluation(text: string, pod: Pod): Evaluation {
  return compileExpression(text).evaluate({ ...GIVEN, pod });
}

function podWith(containers: number, annotation = ""): Pod {
  const pod = makePod({ annotations: { a: annotation } });
  pod.spec = {
    containers: Array.from({ length: containers }, (_, n) => ({ name: `c${n}`, image: "app:1" })),
  };
  return pod;
}

const TOO_MANY: Evaluation = { kind: "error", why: "it takes more than 1000000 steps with this pod" };

Deno.test("an expression has at most 500 parts", () => {
  const sum = (parts: number): string => Array.from({ length: parts }, () => "true").join(" && ");
  assert.deepEqual(compileExpression(sum(MOST_NODES / 2)).warnings, []);
  assert.throws(() => compileExpression(sum(MOST_NODES / 2 + 1)), (error) => {
    assert(error instanceof ExpressionError);
    assert.equal(error.message, "it has more than 500 parts");
    return true;
  });
});

Deno.test("comprehensions are nested at most twice, whichever they are; one after the other is no nesting", () => {
  const nested = "pod.spec.containers.exists(a, pod.spec.containers.filter(b, BODY).size() > 0)";
  assert.throws(
    () => compileExpression(nested.replace("BODY", "pod.spec.containers.all(c, c == a)")),
    (error) => {
      assert(error instanceof ExpressionError);
      assert.match(error.message, /nested more than twice$/);
      assert.equal(nested.indexOf("BODY"), error.start);
      return true;
    },
  );
  const chained =
    "pod.spec.containers.map(a, a.name).filter(a, a != '').map(a, a + '!').exists(a, a == 'c1!')";
  assert.deepEqual(evaluation(chained, podWith(3)), { kind: "value", value: true });
});

const PAIRS = "pod.spec.containers.exists(a, pod.spec.containers.exists(b, a.name == b.image))";

Deno.test("nested comprehensions are not begun with a pod whose longest list squared is more than a million", () => {
  assert.deepEqual(evaluation(PAIRS, podWith(300)), { kind: "value", value: false });
  const why = "the pod has a list of 1001 items, too many for comprehensions in comprehensions";
  assert.deepEqual(evaluation(PAIRS, podWith(1001)), { kind: "error", why });
  const labels = Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`l${n}`, ""]));
  const pod = { ...podWith(1), metadata: { ...podWith(1).metadata, labels } };
  assert.deepEqual(evaluation(PAIRS, pod), { kind: "error", why });
});

/** Thirty times the same, one after the other. */
function chained(step: string): string {
  return Array.from({ length: 30 }, () => step).join("");
}

const COSTLY: [sentence: string, expression: string][] = [
  [
    "a list that is gone through for each piece of a text",
    'pod.metadata.annotations.a.split("").map(x, pod.spec.containers).exists(l, l.exists(c, false))',
  ],
  [
    "a text that is doubled thirty times",
    `[pod.metadata.name]${chained(".map(x, x + x)")}.exists(x, x == "")`,
  ],
  ["a list that is doubled thirty times", `[[1]]${chained(".map(x, x + x)")}.exists(x, x == [])`],
  [
    "a text that is cut into pieces which are compared with each other",
    'pod.metadata.annotations.a.split("").exists(x, pod.metadata.annotations.a.split("").exists(y, x != y))',
  ],
  [
    "a long text that a pattern is looked for in, for each piece of it",
    'pod.metadata.annotations.a.split("").exists(x, pod.metadata.annotations.a.matches("b"))',
  ],
  [
    "a long list that is looked through, for each piece of a text",
    'pod.metadata.annotations.a.split("").exists(x, x in pod.metadata.annotations.a.split("").map(y, "z"))',
  ],
  [
    "objects that are compared with each other, for each piece of a text",
    'pod.metadata.annotations.a.split("").exists(x, {"a": pod.spec} == {"a": pod.status})',
  ],
  [
    "pieces that are joined again, for each of them",
    'pod.metadata.annotations.a.split("").exists(x, pod.metadata.annotations.a.split("").join("").size() == 0)',
  ],
];

for (const [sentence, expression] of COSTLY) {
  Deno.test(`an evaluation ends before it is done: ${sentence}`, () => {
    assert.deepEqual(evaluation(expression, podWith(100, "a".repeat(20_000))), TOO_MANY);
  });
}

Deno.test("each item is a step", () => {
  const expression = 'pod.metadata.annotations.a.split("").exists(x, false)';
  assert.deepEqual(evaluation(expression, podWith(1, "a".repeat(500_000))), { kind: "value", value: false });
  assert.deepEqual(evaluation(expression, podWith(1, "a".repeat(1_100_000))), TOO_MANY);
});

Deno.test("each character that a pattern is looked for in is a step", () => {
  const expression =
    'pod.metadata.annotations.a.split("").exists(x, pod.metadata.annotations.a.matches("b"))';
  assert.deepEqual(evaluation(expression, podWith(1, "a".repeat(900))), { kind: "value", value: false });
  assert.deepEqual(evaluation(expression, podWith(1, "a".repeat(1_100))), TOO_MANY);
});

Deno.test("the larger a pattern is, the more steps it takes for each character", () => {
  const expression = 'pod.metadata.annotations.a.matches("[a-z]{600}[0-9]")';
  assert.deepEqual(evaluation(expression, podWith(1, "a".repeat(20_000))), { kind: "value", value: false });
  assert.deepEqual(evaluation(expression, podWith(1, "a".repeat(30_000))), TOO_MANY);
});

Deno.test("a large pattern that stands in the pod is not looked for", () => {
  const expression = "pod.metadata.annotations.a.matches(pod.metadata.annotations.a)";
  assert.deepEqual(evaluation(expression, podWith(1, "a{5}")), { kind: "value", value: false });
  assert.deepEqual(evaluation(expression, podWith(1, ".{1000}".repeat(140))), TOO_MANY);
});

Deno.test("what patterns cost in one evaluation is not charged to the next", () => {
  const expression = compileExpression('pod.metadata.annotations.a.matches("b")');
  const pod = podWith(1, "a".repeat(20_000));
  for (let round = 0; round < 100; round++) {
    assert.deepEqual(expression.evaluate({ ...GIVEN, pod }), { kind: "value", value: false });
  }
});

Deno.test("what one evaluation costs is not charged to the next", () => {
  const expression = compileExpression(
    'pod.metadata.annotations.a.split("").exists(x, pod.metadata.annotations.a.split("").exists(y, x != y))',
  );
  assert.deepEqual(expression.evaluate({ ...GIVEN, pod: podWith(1, "a".repeat(2_000)) }), TOO_MANY);
  for (let round = 0; round < 150; round++) {
    assert.deepEqual(expression.evaluate({ ...GIVEN, pod: podWith(1, "a".repeat(100)) }), {
      kind: "value",
      value: false,
    });
  }
});
