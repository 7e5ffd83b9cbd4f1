import assert from "node:assert/strict";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { type Answer, ScriptedApi } from "../../tests/kit/scripted_api.ts";
import { ClusterError } from "../cluster/error.ts";
import type { LogLevel } from "../runtime/log.ts";
import type { Selection } from "../source/query.ts";
import { sayNothingFound } from "./first_list.ts";

const THERE: Answer = { kind: "Namespace", metadata: { name: "shop" } };
const MISSING = new ClusterError("missing", "Not found.");
const FORBIDDEN = new ClusterError("forbidden", "Forbidden.");
const DOWN = new ClusterError("unreachable", "Down.");
const UNKNOWN = " Whether that namespace exists cannot be known: k8svent may not get namespaces.";

const CASES: [selection: Selection, answer: Answer | undefined, level: LogLevel, sentence: string][] = [
  [{ namespace: undefined }, undefined, "info", "No pods were found in any namespace."],
  [
    { namespace: undefined, labelSelector: "app=wbe" },
    undefined,
    "warn",
    'No pods that match --selector "app=wbe" were found in any namespace.',
  ],
  [
    { namespace: undefined, labelSelector: "a", fieldSelector: "status.phase=Runing" },
    undefined,
    "warn",
    'No pods that match --selector "a" and --field-selector "status.phase=Runing" were found in any namespace.',
  ],
  [{ namespace: "shop" }, THERE, "info", "No pods were found in namespace shop."],
  [
    { namespace: "shop", labelSelector: "a=b" },
    THERE,
    "warn",
    'No pods that match --selector "a=b" were found in namespace shop.',
  ],
  [
    { namespace: "shpo" },
    MISSING,
    "warn",
    "There is no namespace shpo (yet): check the spelling of --namespace.",
  ],
  [
    { namespace: "shpo", labelSelector: "a=b" },
    MISSING,
    "warn",
    "There is no namespace shpo (yet): check the spelling of --namespace.",
  ],
  [{ namespace: "shpo" }, FORBIDDEN, "warn", `No pods were found in namespace shpo.${UNKNOWN}`],
  [
    { namespace: "shpo", labelSelector: "a=b" },
    FORBIDDEN,
    "warn",
    `No pods that match --selector "a=b" were found in namespace shpo.${UNKNOWN}`,
  ],
  [{ namespace: "shop" }, DOWN, "info", "No pods were found in namespace shop."],
];

for (const [selection, answer, level, sentence] of CASES) {
  const fault = answer instanceof ClusterError ? answer.fault : answer === undefined ? "not asked" : "there";
  Deno.test(`an empty first list of ${JSON.stringify(selection)}, its namespace ${fault}: ${sentence}`, async () => {
    const log = new MemoryLog();
    const api = new ScriptedApi(...answer === undefined ? [] : [answer]);
    await sayNothingFound(selection, { api, log }, new AbortController().signal);
    assert.deepEqual(log.lines.map((line) => [line.level, line.message]), [[level, sentence]]);
    assert.equal(api.requests.length, answer === undefined ? 0 : 1);
  });
}

Deno.test("an abort says nothing", async () => {
  const log = new MemoryLog();
  await sayNothingFound({ namespace: "shop" }, { api: new ScriptedApi(), log }, AbortSignal.abort());
  assert.deepEqual(log.lines, []);
});
