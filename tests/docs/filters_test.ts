import assert from "node:assert/strict";
import type { Pod } from "../../src/pod/pod.ts";
import { compileExpression, type ExpressionInput } from "../../src/route/expression.ts";
import { blocksOf, readPages } from "../kit/pages.ts";
import { makePod } from "../kit/pods.ts";

/* Each expression of docs/filters.md, on a message that it is true of and on one that it is false of. */

type Message = Partial<Omit<ExpressionInput, "pod">> & { pod?: Pod };

const PLAIN = makePod();

/** A pod whose only container has this status. */
function withStatus(status: Record<string, unknown>): Pod {
  return { ...PLAIN, status: { phase: "Running", containerStatuses: [{ name: "app", ...status }] } };
}

function withImage(image: string): Message {
  return { pod: makePod({ image }) };
}

function pending(changed: string): Message {
  const conditions = [{ type: "Ready", status: "False", lastTransitionTime: changed }];
  const status = { phase: "Pending", startTime: "2026-11-27T08:00:00Z", conditions };
  return { pod: { ...PLAIN, status }, previous: previously({}) };
}

function previously(parts: Record<string, unknown>): ExpressionInput["previous"] {
  return { phase: "Running", ready: true, ...parts } as unknown as ExpressionInput["previous"];
}

/** In the order of the page. */
const MESSAGES: [yes: Message, no: Message][] = [
  [{}, { pod: makePod({ namespace: "other" }) }],
  [{ pod: makePod({ labels: { team: "a" } }) }, {}],
  [{ pod: makePod({ labels: { team: "payments" } }) }, {}],
  [{}, { pod: makePod({ annotations: { "example.com/quiet": "true" } }) }],
  [{ pod: withStatus({ restartCount: 3 }) }, { pod: { ...PLAIN, status: {} } }],
  [
    { pod: withStatus({ lastState: { terminated: { reason: "OOMKilled" } } }) },
    { pod: withStatus({ lastState: {} }) },
  ],
  [
    { pod: withStatus({ state: { waiting: { reason: "CrashLoopBackOff" } } }) },
    { pod: withStatus({ state: { waiting: { reason: "ContainerCreating" } } }) },
  ],
  [
    { pod: withStatus({ state: { terminated: { exitCode: 1 } } }) },
    { pod: withStatus({ state: { terminated: { exitCode: 143 } } }) },
  ],
  [withImage("app:1"), withImage("registry.example.com/app:1")],
  [withImage("registry.example.com:5000/app"), withImage("registry.example.com:5000/app:1.2")],
  [{ workload: "Deployment/cart" }, { workload: "StatefulSet/cart" }],
  [{ previous: previously({}), reasons: ["ready"] }, { reasons: ["ready"] }],
  [{ pod: makePod({ phase: "Failed" }), reasons: ["phase"] }, { pod: makePod({ phase: "Failed" }) }],
  [pending("2026-11-27T08:11:00Z"), pending("2026-11-27T08:09:00Z")],
  [{ environment: "production" }, { environment: "staging" }],
];

const page = (await readPages()).find(({ path }) => path === "docs/filters.md");
const expressions = blocksOf(page ?? assert.fail("docs/filters.md is gone")).filter(({ language }) =>
  language === "cel"
);

Deno.test("docs/filters.md has an example for each of the messages", () => {
  assert.equal(expressions.length, MESSAGES.length);
});

for (const [index, { text }] of expressions.entries()) {
  Deno.test(`docs/filters.md: ${text.split("\n")[0]}`, () => {
    const [yes = {}, no = {}] = MESSAGES[index] ?? [];
    const expression = compileExpression(text);
    assert.deepEqual(expression.warnings, []);
    assert.deepEqual(expression.evaluate(inputOf(yes)), { kind: "value", value: true });
    assert.deepEqual(expression.evaluate(inputOf(no)), { kind: "value", value: false });
  });
}

Deno.test("docs/filters.md: what it says to write instead reads what is absent, and what it warns of is an error", () => {
  const bare: Message = { pod: { ...PLAIN, status: {} } };
  const rows = [...(page?.text ?? "").matchAll(/^\| `(pod\.[^`]+|has[^`]+)` +\| `([^`]+)` +\|$/gm)];
  assert.equal(rows.length, 4);
  for (const [, trap = "", instead = ""] of rows) {
    const [wrong, right] = [trap, instead].map((text) =>
      compileExpression(text.replace("…", "s, s.restartCount > 0")).evaluate(inputOf(bare))
    );
    assert.equal(wrong?.kind, "error", trap);
    assert.deepEqual(right, { kind: "value", value: false }, instead);
  }
});

function inputOf(message: Message): ExpressionInput {
  return {
    pod: PLAIN,
    reasons: ["sync"],
    event: "pod.changed",
    previous: null,
    cluster: "",
    environment: "",
    workload: "",
    ...message,
  };
}
