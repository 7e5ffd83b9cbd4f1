/*
 * What a change costs that nobody wants: 200 endpoints, each with a selection and a filter that say no.
 *
 *     deno run bench/filters.ts
 *
 * Prints nanoseconds a verdict, for several expressions. The target is 2 µs.
 */
import { compileExpression } from "../src/route/expression.ts";
import { type Candidate, compileWant, type Want } from "../src/route/want.ts";
import type { Pod } from "../src/pod/pod.ts";
import { manifest } from "./manifest.ts";

const ENDPOINTS = 200;
const ROUNDS = 200;

/** Of which the quickest counts: what else runs on the machine only ever adds. */
const BATCHES = 20;

/** N is the endpoint's number: no two expressions are the same. */
const EXPRESSIONS = [
  'pod.metadata.namespace == "team-N"',
  'pod.metadata.?labels[?"app"].orValue("") == "app-N"',
  'pod.metadata.name.matches("^team-N-[a-z]+-[0-9]+$")',
  'workload.startsWith("Deployment/app-N") && "restarted" in reasons',
  'pod.spec.containers.exists(c, c.image.startsWith("registry.example.com/team-N/"))',
  "pod.status.?containerStatuses.orValue([]).exists(s, s.restartCount + 1 > 1000 + N)",
  'previous != null && previous.phase == "team-N" && pod.status.phase == "Failed"',
];

const { pod, status } = manifest(0);
pod["metadata"] = { ...pod["metadata"] as object, namespace: "shop" };
const message: Candidate = {
  pod: JSON.parse(JSON.stringify({ ...pod, status })) as Pod,
  reasons: ["status"],
  event: "pod.changed",
  previous: undefined,
  workload: "Deployment/web",
};

for (const text of EXPRESSIONS) {
  const wants = Array.from({ length: ENDPOINTS }, (_, n) => wantOf(text.replaceAll("N", `${n}`)));
  const batches = Array.from({ length: BATCHES }, () => measure(wants));
  const [best = 0] = batches.toSorted((a, b) => a - b);
  Deno.stdout.writeSync(new TextEncoder().encode(`${best.toFixed(0).padStart(6)} ns  ${text}\n`));
}

/** Nanoseconds a verdict. */
function measure(wants: Want[]): number {
  const start = performance.now();
  const sent = run(wants, ROUNDS);
  if (sent > 0) throw new Error("This is the benchmark of those that say no.");
  return (performance.now() - start) * 1e6 / (ROUNDS * wants.length);
}

function run(wants: Want[], rounds: number): number {
  let sent = 0;
  for (let round = 0; round < rounds; round++) {
    for (const want of wants) if (want.selects(message.pod) && want.judge(message).kind !== "skip") sent++;
  }
  return sent;
}

function wantOf(expression: string): Want {
  const selection = {
    namespaces: [],
    excludeNamespaces: ["kube-system"],
    selector: "!k8svent.example.com/quiet",
  };
  return compileWant({ selection, filter: { expression, onError: "send" } }, compileExpression(expression));
}
