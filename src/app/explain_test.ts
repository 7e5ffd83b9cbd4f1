import assert from "node:assert/strict";
import { contextOf } from "../../tests/kit/config_files.ts";
import { type AdminPort, TOKEN, withAdminPort } from "../../tests/kit/admin_port.ts";
import { FakeApiServer } from "../../tests/kit/apiserver/server.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { makePod } from "../../tests/kit/pods.ts";
import { parseCommand } from "../cli/command.ts";
import type { ExplainOptions } from "../cli/job.ts";
import { systemClock } from "../runtime/clock.ts";
import { painter } from "../runtime/paint.ts";
import { explainPod, judged } from "./explain.ts";

/** A port at which nothing listens. */
const NOBODY = "http://127.0.0.1:1999";

async function optionsOf(argv: string[], files: Record<string, string> = {}): Promise<ExplainOptions> {
  return await parseCommand(["explain", ...argv], contextOf(files)) as ExplainOptions;
}

async function run(
  options: ExplainOptions,
  { clock }: Pick<AdminPort, "clock"> | { clock: typeof systemClock } = { clock: systemClock },
): Promise<{ code: number; out: string; said: string }> {
  let [out, said] = ["", ""];
  const code = await explainPod(options, {
    clock,
    env: () => undefined,
    paint: painter(false),
    print: (text) => Promise.resolve(void (out += text)),
    remark: (line) => void (said += `${line}\n`),
    stop: new AbortController().signal,
    log: new MemoryLog(),
  });
  return { code, out, said };
}

Deno.test("a program that runs explains a pod: where it goes and why, and what was sent", async () => {
  await withAdminPort(async (port) => {
    await port.clock.advance(90_000);
    const options = await optionsOf(["pod", "shop/web-1", "--server", `127.0.0.1:${port.port}`]);
    assert.deepEqual(await run({ ...options, token: TOKEN }, port), {
      code: 0,
      said: "",
      out: `pod      shop/web-1
         uid uid-1, version 4711
state    Running, healthy, changed 90 s ago
goes to  the endpoints of the operator

hook: would be sent
  because nothing keeps it back
  it was sent something of this pod
  90 s ago  delivered  shop/web-1  phase,ready
      pod_1  200 after 12 ms
`,
    });
    const unknown = await optionsOf(["pod", "shop/web-2", "--server", `127.0.0.1:${port.port}`]);
    const { code, said } = await run({ ...unknown, token: TOKEN }, port);
    assert.equal(code, 1);
    assert.match(
      said,
      /^No pod with this name is known in this namespace\.\nTo judge the pod by the cluster alone, name/,
    );
  });
});

Deno.test("where no program answers, the cluster and the flags explain it, and it says so", async () => {
  const server = await FakeApiServer.start();
  const kubeconfig = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(kubeconfig, server.kubeconfig);
    server.store.create(makePod({ name: "web-0" }));
    const flags = ["--kubeconfig", kubeconfig, "--url", "hook=https://a.example.com", "--server", NOBODY];
    const { code, out, said } = await run(await optionsOf(["pod", "shop/web-0", ...flags]));
    assert.equal(code, 0);
    assert.match(
      said,
      /^No program answers at .*: nothing listens there\. What follows is from the cluster and these flags alone\.$/m,
    );
    assert.match(out, /^hook: would be sent\n {2}because it has no filter\n$/m);
    const missing = await run(await optionsOf(["shop/web-9", ...flags]));
    assert.equal(missing.code, 1);
    assert.match(missing.said, /There is no pod shop\/web-9 in the cluster\.$/m);
  } finally {
    await server.close();
    await Deno.remove(kubeconfig);
  }
});

Deno.test("without a program and without webhooks, it says what would help", async () => {
  const { code, out, said } = await run(await optionsOf(["pod", "shop/web-0", "--server", NOBODY]));
  assert.deepEqual([code, out], [1, ""]);
  assert.match(
    said,
    /port-forward[^]*To judge the pod by the cluster alone, name the webhooks with --config or --url\./,
  );
});

const FILE = `version: 1
endpoints:
  - name: ends
    url: https://a.example.com
    reasons: [terminated, deleted]
  - name: other
    url: https://b.example.com
    namespaces: [billing]
  - name: web
    url: https://c.example.com
    filter: pod.metadata.name.startsWith("db")
`;

Deno.test("the file's rules and the pod's annotation decide, each by its name", async () => {
  const pod = makePod({ name: "web-0" });
  const { options } = await optionsOf(["pod", "shop/web-0", "--config", "k.yaml"], { "k.yaml": FILE });
  assert.deepEqual((await judged(pod, options)).endpoints, [
    {
      endpoint: "ends",
      sends: true,
      because: "a change is sent that has one of the reasons terminated, deleted",
    },
    { endpoint: "other", sends: false, because: "namespaces does not list its namespace" },
    { endpoint: "web", sends: false, because: "filter is false" },
  ]);
  const elsewhere = await optionsOf([
    "pod",
    "shop/web-0",
    "-n",
    "billing",
    "--url",
    "a=https://a.example.com",
  ]);
  assert.deepEqual((await judged(pod, elsewhere.options)).endpoints, [
    {
      endpoint: "a",
      sends: false,
      because: "of the program as a whole, namespaces does not list its namespace",
    },
  ]);
  const annotations = { "atomist.com/k8vent": '{"webhooks":["https://own.example.com/in"]}' };
  const honoured = await optionsOf([
    "pod",
    "shop/web-0",
    "--url",
    "a=https://a.example.com",
    "--pod-webhooks",
    "own.example.com",
  ]);
  const { route, endpoints } = await judged(makePod({ name: "web-0", annotations }), honoured.options);
  assert.equal(route, "annotation");
  assert.deepEqual(endpoints.map(({ sends, because }) => [sends, because]), [
    [false, "the pod's annotation names other endpoints"],
    [true, "the pod's annotation names it"],
  ]);
});

Deno.test("a pod is named with its namespace", async () => {
  const byItself = [["pod", "shop/web-0"], ["shop/web-0"], ["po", "shop/web-0"], ["pods", "shop/web-0"]];
  const asKubectl = [["pod", "web-0", "-n", "shop"], ["pod/web-0", "-n=shop"], [
    "web-0",
    "--namespace",
    "shop",
  ]];
  for (const argv of [...byItself, ...asKubectl]) {
    const { namespace, name } = await optionsOf(argv);
    assert.deepEqual([namespace, name], ["shop", "web-0"]);
  }
  for (
    const argv of [
      ...[["pod", "web-0"], ["deployment", "shop/web"], ["pod"], ["pod", "a/b/c"], ["pod", "shop/"]],
      ...[["pod/web-0"], ["shop", "web-0"], ["pod", "-n", "shop"], ["web-0", "-n", "a", "-n", "b"]],
    ]
  ) {
    await assert.rejects(
      optionsOf(argv),
      /^UsageError: Which pod\? Name it with its namespace: k8svent explain pod NS\/NAME\.$/,
    );
  }
});
