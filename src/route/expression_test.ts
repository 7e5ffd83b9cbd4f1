import assert from "node:assert/strict";
import fc from "fast-check";
import { makePod } from "../../tests/kit/pods.ts";
import { compileExpression, ExpressionError, type ExpressionInput } from "./expression.ts";

const POD = makePod({
  namespace: "shop",
  name: "web-0",
  restarts: 3,
  labels: { app: "web" },
  annotations: { pattern: "(" },
});

function inputOf(parts: Partial<ExpressionInput> = {}): ExpressionInput {
  return {
    pod: POD,
    reasons: ["restarted"],
    event: "pod.changed",
    previous: null,
    cluster: "",
    environment: "",
    workload: "",
    ...parts,
  };
}

function evaluated(text: string, parts: Partial<ExpressionInput> = {}): boolean | string {
  const result = compileExpression(text).evaluate(inputOf(parts));
  return result.kind === "value" ? result.value : result.why;
}

/** What is wrong with an expression: the sentence, and the part of the text that it is about. */
function refusalOf(text: string): [message: string, part: string] {
  try {
    compileExpression(text);
  } catch (error) {
    assert(error instanceof ExpressionError, String(error));
    return [error.message, text.slice(error.start, error.end)];
  }
  assert.fail(`${text} was not refused`);
}

Deno.test("an expression sees the pod and what is known of the message", () => {
  const given: Partial<ExpressionInput> = {
    reasons: ["ready"],
    event: "pod.deleted",
    cluster: "blue",
    environment: "production",
    workload: "Deployment/web",
  };
  assert.equal(evaluated('pod.metadata.name == "web-0"', given), true);
  assert.equal(evaluated('reasons == ["ready"] && event == "pod.deleted"', given), true);
  assert.equal(evaluated('cluster == "blue" && environment == "production"', given), true);
  assert.equal(evaluated('workload == "Deployment/web"', given), true);
});

Deno.test("previous is the summary of the version before, and null where there was none", () => {
  const previous = { phase: "Pending", restarts: 2 } as ExpressionInput["previous"];
  assert.equal(evaluated("previous == null"), true);
  assert.equal(evaluated('previous != null && previous.phase == "Pending"', { previous }), true);
  assert.equal(evaluated("previous.restarts + 1 == 3", { previous }), true);
});

const MIXED: [expression: string, value: boolean][] = [
  ["N + 1 == 4", true],
  ["1 + N == 4", true],
  ["N - 1 == 2", true],
  ["5 - N == 2", true],
  ["N * 2 == 6", true],
  ["2 * N > 5", true],
  ["N / 2 == 1.5", true],
  ["int(N) / 2 == 1", true],
  ["N % 2 == 1", true],
  ["10 % N == 1", true],
  ["N % N == 0", true],
  ["N == 3", true],
  ["3 != N", false],
  ["N < 4 && N <= 3 && N > 2 && N >= 3", true],
  ["4 > N && 3 >= N && 2 < N && 3 <= N", true],
  ["-N == -3", true],
  ["N + 1.5 == 4.5", true],
  ["1.5 + 1 == 2.5", true],
  ["1 + 1.5 == 2.5", true],
  ["1.0 == 1", true],
  ["N in [1, 2, 3]", true],
  ["size(pod.metadata.name) + N == 8", true],
  ["[1, 2.5].exists(x, x + 1 == 3.5)", true],
];

Deno.test("a pod's numbers go together with integers, whichever stands first", () => {
  for (const [expression, value] of MIXED) {
    const text = expression.replaceAll("N", "pod.status.containerStatuses[0].restartCount");
    assert.equal(evaluated(text), value, expression);
  }
});

Deno.test("what may be absent is read with ? and orValue; without them it is an error that says so", () => {
  assert.equal(evaluated('pod.metadata.labels[?"team"].orValue("") == "a"'), false);
  assert.equal(evaluated('pod.metadata.?labels[?"app"].orValue("") == "web"'), true);
  assert.equal(evaluated('pod.spec.?nodeName.orValue("") == ""'), true);
  assert.equal(
    evaluated("pod.status.?ephemeralContainerStatuses.orValue([]).exists(s, s.restartCount > 0)"),
    false,
  );
  assert.equal(
    evaluated('pod.metadata.labels["team"] == "a"'),
    'pod.metadata.labels["team"] (1:1) is not there (.?field and [?"key"] with .orValue(…) read what may be absent)',
  );
});

const EVALUATION_ERRORS: [expression: string, why: RegExp][] = [
  [
    'true &&\n  pod.spec.containers[7].name == "a"',
    /^pod\.spec\.containers\[7\] \(2:3\) is not there: the list is/,
  ],
  [
    "pod.metadata.name && true",
    /^pod\.metadata\.name \(1:1\) logical operator requires bool operands, got 'string'$/,
  ],
  ["pod.metadata.name > 3", /^pod\.metadata\.name > 3 \(1:1\) no such overload: string > int$/],
  ["pod.metadata.name.matches(3)", /found no matching overload for 'string\.matches\(int\)'$/],
  ["pod.metadata.name", /^its result is neither true nor false$/],
  ['"x".matches(pod.metadata.annotations.pattern)', /^a pattern that it computes is not one of RE2$/],
  ["int(pod.metadata.name) == 1", /cannot convert to int$/],
  ['duration(pod.metadata.name) == duration("1h")', /has a value that does not fit$/],
  ["pod.status.containerStatuses[0].restartCount % 0 == 1", /a remainder of a division by zero$/],
  ["1 / (size(pod.metadata.name) - 5) == 1", /division by zero$/],
];

Deno.test("what cannot be evaluated is an error that names the place, not a throw", () => {
  for (const [expression, why] of EVALUATION_ERRORS) {
    assert.match(String(evaluated(expression)), why, expression);
  }
});

const SENTINEL = "s3cr3t-of-the-pod";

Deno.test("no error shows what is in a pod", () => {
  const pod = makePod({ name: SENTINEL, labels: { app: SENTINEL }, annotations: { [SENTINEL]: SENTINEL } });
  for (
    const expression of [
      "pod.metadata.labels[pod.metadata.name] == 1",
      "int(pod.metadata.name) == 1",
      "uint(pod.metadata.name) == 1u",
      "double(pod.metadata.name) == 1.0",
      "bool(pod.metadata.name)",
      "duration(pod.metadata.name) == duration('1s')",
      "timestamp(pod.metadata.name) == timestamp(0)",
      "timestamp(0).getHours(pod.metadata.name) == 1",
      "'x'.matches('(' + pod.metadata.name)",
      "pod.metadata.name",
      "pod.metadata.labels",
      "pod.metadata.name + 1 == 1",
      "pod.metadata.name.substring(99) == ''",
      "bytes(pod.metadata.name).json() == {}",
      "pod.metadata.annotations.map(a, pod.metadata.labels[a]).size() == 1",
      "pod.metadata.labels.exists(l, pod.spec[l] == 1)",
      "pod[pod.metadata.name] == 1",
      "optional.none().value() == pod.metadata.name",
      "-pod.metadata.name == 1",
      "!pod.metadata.name",
      "pod.metadata.name ? true : false",
      "pod.metadata.name.exists(c, c == 1)",
    ]
  ) {
    const result = compileExpression(expression).evaluate(inputOf({ pod }));
    assert(result.kind === "error", expression);
    assert.equal(JSON.stringify(result).includes(SENTINEL.slice(0, 6)), false, expression);
  }
});

const REFUSED: [expression: string, message: RegExp, part: string][] = [
  [
    "foo == 1",
    /^there is no variable foo, but pod, reasons, event, previous, cluster, environment and workload$/,
    "foo",
  ],
  ["true && (event == 1)", /^no such overload: string == int$/, "event == 1"],
  ["nosuch(pod)", /^found no matching overload for 'nosuch\(map<string, dyn>\)'$/, "nosuch(pod)"],
  ["event.matches(1)", /^found no matching overload for 'string\.matches\(int\)'$/, "event.matches(1)"],
  ["event", /^its result is string, and not true or false$/, "event"],
  [
    "reasons.map(r, r + '!')",
    /^its result is list<string>, and not true or false$/,
    "reasons.map(r, r + '!')",
  ],
  ["(true", /^expected \), got the end$/, ""],
  ["true &&", /^unexpected token: the end$/, ""],
  ["", /^unexpected token: the end$/, ""],
  ["pod.metadata.name = 'x'", /^unexpected character: =$/, "="],
  ["'x", /^unterminated string$/, "'x"],
  ["true || event.matches('(a')", /^the pattern is not one of RE2: missing closing \): `\(a`$/, "'(a'"],
  ["event.matches('(?=a)')", /^the pattern is not one of RE2: invalid or unsupported Perl syntax/, "'(?=a)'"],
  [
    "true || duration('1d') > duration('1h')",
    /^the text is not a duration of CEL, such as .*no days\)$/,
    "'1d'",
  ],
  ["timestamp(0) > timestamp('2026-01-31')", /^the text is not a timestamp such as "2026-/, "'2026-01-31'"],
  ["cel.bind(x, event, x == '')", /^there is no cel\.bind here/, "cel.bind(x, event, x == '')"],
];

Deno.test("a wrong expression is refused with a sentence and its place", () => {
  for (const [expression, message, part] of REFUSED) {
    const [said, where] = refusalOf(expression);
    assert.match(said, message);
    assert.equal(where, part, expression);
  }
});

Deno.test("a pattern is RE2's: found anywhere in the text, and quick with whatever text", () => {
  assert.equal(evaluated('pod.metadata.name.matches("b-[0-9]")'), true);
  assert.equal(evaluated('pod.metadata.name.matches("^b")'), false);
  // A RegExp needs hours for it.
  const pod = makePod({ annotations: { a: `${"a".repeat(5_000)}!` } });
  assert.equal(evaluated('pod.metadata.annotations.a.matches("^(a+)+$")', { pod }), false);
});

Deno.test("a pattern that the expression computes is compiled when it is met", () => {
  const pod = makePod({
    annotations: Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`a${n}`, "x"])),
  });
  const expression = compileExpression('pod.metadata.annotations.all(a, a.matches("^" + a + "$"))');
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(expression.evaluate(inputOf({ pod })), { kind: "value", value: true });
  }
});

/** Each with a label that JavaScript has a meaning for, and with one that it has none for. */
const OF_LABELS: ((key: string) => string)[] = [
  (key) => `"${key}" in pod.metadata.labels`,
  (key) => `has(pod.metadata.labels.${key}) && pod.metadata.labels.${key} == "x"`,
  (key) => `pod.metadata.labels["${key}"] + "y" == "xy"`,
  (key) => `pod.metadata.labels.?${key}.orValue("none") == "x"`,
  (key) => `pod.metadata.labels[?"${key}"].orValue("none") == "x"`,
  (key) => `pod.metadata.labels.exists(k, k == "${key}" && pod.metadata.labels[k] == "x")`,
  (key) => `pod.metadata.labels.filter(k, k.size() > 3) == ["${key}"]`,
  () => 'pod.metadata.labels != {"app": "web"} && {"app": "web"} != pod.metadata.labels',
  () => "size(pod.metadata.labels) == 2 && pod.metadata.labels.size() == 2",
  () => "pod.metadata.labels == pod.metadata.labels && pod == pod && type(pod.metadata.labels) == map",
  () => 'pod.metadata.labels.all(k, k != "z") && pod.metadata.annotations.app == "web"',
  () => '!("z" in pod.metadata.labels) && !has(pod.metadata.labels.z)',
];

Deno.test("a label may have any name, also one that JavaScript has a meaning for", () => {
  const keys = [
    "constructor",
    "prototype",
    "hasOwnProperty",
    "toString",
    "valueOf",
    "length",
    "then",
    "common",
  ];
  for (const key of keys) {
    const labels = { app: "web", [key]: "x" };
    const pod = makePod({ labels, annotations: labels });
    for (const text of OF_LABELS) assert.equal(evaluated(text(key), { pod }), true, text(key));
  }
});

const WARNED: [expression: string, warnings: string[]][] = [
  ["pod.spec.containers.exists(c, has(c.resources.limits))", []],
  ["pod.spec.container.exists(c, true)", [
    "pod.spec.container: PodSpec has no field container, but containers.",
  ]],
  ["has(pod.spec.nodename)", ["pod.spec.nodename: PodSpec has no field nodename, but nodeName."]],
  ['pod["specs"].x == 1', ['pod["specs"]: Pod has no field specs, but spec.']],
  ["pod.spec.containers[0].img == ''", ["pod.spec.containers[0].img: Container has no field img."]],
  [
    "pod.status.?containerStatuses.orValue([]).exists(s, s.restarts > 3)",
    ["s.restarts: ContainerStatus has no field restarts."],
  ],
  [
    "pod.spec.containers.filter(c, c.name == 'a').all(c, c.ports.exists(p, p.port == 80))",
    ["p.port: ContainerPort has no field port."],
  ],
  ['pod.status.phase == "running"', ['pod.status.phase == "running": it is never "running", but "Running".']],
  ['pod.status.phase != "CrashLoopBackOff"', [
    'pod.status.phase != "CrashLoopBackOff": it is never "CrashLoopBackOff", but one of Pending, Running, Succeeded, ' +
    "Failed, Unknown, Deleted.",
  ]],
  ['pod.status.phase in ["Failed", "Deleted"] || "Failed" == pod.status.phase', []],
  ['pod.status.?phase.orValue("") == "" || pod.status.?phase.orValue("none") == "none"', []],
  ['previous != null && previous.phase == "failed"', [
    'previous.phase == "failed": it is never "failed", but "Failed".',
  ]],
  ['"restart" in reasons', ['"restart" in reasons: it is never "restart", but "restarted".']],
  ['reasons.exists(r, r in ["waiting", "Restarted"])', [
    'r in ["waiting", "Restarted"]: it is never "Restarted", but "restarted".',
  ]],
  ['event == "deleted"', ['event == "deleted": it is never "deleted", but one of pod.changed, pod.deleted.']],
  ['pod.status.conditions.exists(c, c.type == "Ready" && c.status == true)', [
    'c.status == true: it is never true, but "True".',
  ]],
  ['pod.spec.restartPolicy == "always"', [
    'pod.spec.restartPolicy == "always": it is never "always", but "Always".',
  ]],
  ['cluster == "x" && workload == "y" && pod.metadata.name == "z"', []],
  ["pod.status.phase == 'Failed' && pod.status.phse == 'x'", [
    "pod.status.phse: PodStatus has no field phse.",
  ]],
  ["pod.metadata.managedFields.size() == 0", [
    "pod.metadata.managedFields: ObjectMeta has no field managedFields.",
  ]],
  ["previous.phases == ''", ["previous.phases: previous has no field phases, but phase."]],
  ["pod.metadata.labels.anything == '' && pod.metadata.annotations['x/y'] == ''", []],
  ["pod.spec.containers.exists(pod, pod.name == 'a')", []],
];

Deno.test("a field that no pod has, and a value that it never has, is warned about, wherever the object comes from", () => {
  for (const [expression, warnings] of WARNED) {
    assert.deepEqual(compileExpression(expression).warnings, warnings, expression);
  }
});

Deno.test("whatever the pod, an evaluation ends with a value or an error", () => {
  const expressions = [
    'pod.metadata.labels["app"] == "web"',
    "pod.status.?containerStatuses.orValue([]).exists(s, s.restartCount + 1 > 3)",
    "pod.spec.containers.exists(a, pod.spec.containers.exists(b, a == b))",
    'pod.metadata.name.matches("^web")',
  ].map(compileExpression);
  fc.assert(fc.property(fc.jsonValue(), (anything) => {
    const pod = {
      metadata: anything,
      spec: { containers: anything },
      status: anything,
    } as unknown as typeof POD;
    for (const expression of expressions) {
      const { kind } = expression.evaluate(inputOf({ pod }));
      assert(kind === "value" || kind === "error");
    }
  }));
});
