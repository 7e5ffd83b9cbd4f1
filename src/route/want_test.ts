import assert from "node:assert/strict";
import { makePod, type PodParts } from "../../tests/kit/pods.ts";
import type { Summary } from "../change/summary.ts";
import type { MessageFilter, PodSelection } from "./endpoint_settings.ts";
import { compileExpression } from "./expression.ts";
import { type Candidate, compileWant, type Want } from "./want.ts";

function wantOf(selection: Partial<PodSelection>, filter: Partial<MessageFilter> = {}): Want {
  const settings = {
    selection: { namespaces: [], excludeNamespaces: [], ...selection },
    filter: { onError: "send" as const, ...filter },
  };
  const { expression } = settings.filter;
  return compileWant(settings, expression === undefined ? undefined : compileExpression(expression));
}

function candidate(parts: Partial<Candidate> = {}, pod: PodParts = {}): Candidate {
  return { pod: makePod(pod), reasons: ["status"], event: "pod.changed", previous: undefined, ...parts };
}

const END: Partial<Candidate> = { event: "pod.deleted", reasons: ["terminated", "deleted"] };

Deno.test("an endpoint without rules wants everything, and says so", () => {
  const want = wantOf({});
  assert.equal(want.isSelective, false);
  assert.equal(want.isFiltering, false);
  assert.equal(want.selects(makePod()), true);
  assert.deepEqual(want.judge(candidate()), { kind: "send" });
  assert.deepEqual(want.judge(candidate(END)), { kind: "send" });
});

const SELECTIONS: [selection: Partial<PodSelection>, pod: PodParts, keptOutBy: string | undefined][] = [
  [{ namespaces: ["shop", "team-a"] }, { namespace: "team-a" }, undefined],
  [{ namespaces: ["shop"] }, { namespace: "shop-2" }, "namespaces"],
  [{ excludeNamespaces: ["kube-system"] }, { namespace: "shop" }, undefined],
  [{ excludeNamespaces: ["kube-system"] }, { namespace: "kube-system" }, "excludeNamespaces"],
  [{ namespaces: ["shop"], excludeNamespaces: ["shop"] }, { namespace: "shop" }, "excludeNamespaces"],
  [{ selector: "app=web" }, { labels: { app: "web" } }, undefined],
  [{ selector: "app=web" }, {}, "selector"],
  [{ selector: "app!=web" }, {}, undefined],
  [{ namespaces: ["shop"], selector: "app=web" }, { labels: { app: "db" } }, "selector"],
  [{ selector: "" }, {}, undefined],
];

Deno.test("a pod is selected if all that is given of namespaces and labels holds", () => {
  for (const [selection, pod, keptOutBy] of SELECTIONS) {
    const want = wantOf(selection);
    assert.equal(want.isSelective, true);
    assert.equal(want.keptOutBy(makePod(pod)), keptOutBy, JSON.stringify([selection, pod]));
    assert.equal(want.selects(makePod(pod)), keptOutBy === undefined);
  }
});

Deno.test("a selector that is none is an error of the configuration", () => {
  assert.throws(() => wantOf({ selector: "app in web" }), TypeError);
});

Deno.test("with reasons, a message is sent that has one of them, and the end only if it is listed", () => {
  const want = wantOf({}, { reasons: ["restarted", "waiting"] });
  assert.equal(want.isFiltering, true);
  assert.deepEqual(want.judge(candidate({ reasons: ["ready", "waiting"] })), { kind: "send" });
  assert.deepEqual(want.judge(candidate({ reasons: ["ready"] })), { kind: "skip", rule: "reasons" });
  assert.deepEqual(want.judge(candidate({ reasons: ["sync"] })), { kind: "skip", rule: "reasons" });
  assert.deepEqual(want.judge(candidate(END)), { kind: "skip", rule: "reasons" });
  const withEnd = wantOf({}, { reasons: ["restarted", "deleted"] });
  assert.deepEqual(withEnd.judge(candidate(END)), { kind: "send" });
});

Deno.test("an empty list of reasons wants nothing", () => {
  assert.deepEqual(wantOf({}, { reasons: [] }).judge(candidate()), { kind: "skip", rule: "reasons" });
});

Deno.test("with an expression alone, it decides about changes, and the end is not asked about", () => {
  const want = wantOf({}, { expression: 'pod.status.phase == "Failed"' });
  assert.equal(want.isFiltering, true);
  assert.deepEqual(want.judge(candidate({}, { phase: "Failed" })), { kind: "send" });
  assert.deepEqual(want.judge(candidate()), { kind: "skip", rule: "filter" });
  assert.deepEqual(want.judge(candidate(END)), { kind: "send" });
});

Deno.test("with reasons and an expression both must hold, for the end too", () => {
  const want = wantOf({}, { reasons: ["restarted", "deleted"], expression: 'event == "pod.changed"' });
  assert.deepEqual(want.judge(candidate({ reasons: ["restarted"] })), { kind: "send" });
  assert.deepEqual(want.judge(candidate({ reasons: ["ready"] })), { kind: "skip", rule: "reasons" });
  assert.deepEqual(want.judge(candidate(END)), { kind: "skip", rule: "filter" });
});

Deno.test("that a pod left the selection is sent whatever the filter", () => {
  const want = wantOf({ selector: "app=web" }, { reasons: ["restarted"], expression: "false" });
  assert.deepEqual(want.judge(candidate({ reasons: ["unselected"] })), { kind: "send" });
});

Deno.test("an expression that cannot be evaluated is an error, and onError says whether the message is sent", () => {
  const expression = 'pod.metadata.labels["app"] == "web"';
  for (const onError of ["send", "drop"] as const) {
    const verdict = wantOf({}, { expression, onError }).judge(candidate());
    assert(verdict.kind === "error");
    assert.equal(verdict.sends, onError === "send");
    assert.match(verdict.why, /^pod\.metadata\.labels.* is not there/);
  }
});

Deno.test("an expression sees what is known of the message, and empty strings for what is not", () => {
  const previous = { phase: "Pending" } as Summary;
  const known = wantOf({}, {
    expression: 'reasons == ["status"] && event == "pod.changed" && previous.phase == "Pending" && ' +
      'environment == "production" && cluster == "blue" && workload == "Deployment/web"',
  });
  const message = { previous, environment: "production", cluster: "blue", workload: "Deployment/web" };
  assert.deepEqual(known.judge(candidate(message)), { kind: "send" });
  const unknown = wantOf({}, {
    expression: 'previous == null && environment + cluster + workload == ""',
  });
  assert.deepEqual(unknown.judge(candidate()), { kind: "send" });
});

Deno.test("a caller that forgot to compile the expression is reported", () => {
  const settings = {
    selection: { namespaces: [], excludeNamespaces: [] },
    filter: { expression: "true", onError: "send" as const },
  };
  assert.throws(() => compileWant(settings, undefined), /was not compiled/);
});
