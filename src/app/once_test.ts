import assert from "node:assert/strict";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { podList, ScriptedApi } from "../../tests/kit/scripted_api.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { ClusterError } from "../cluster/error.ts";
import { redactionOf } from "./configured.ts";
import { printOnce } from "./once.ts";

Deno.test("a snapshot whose list had to begin anew prints each pod once", async () => {
  const a = simplePod("a", "1");
  const api = new ScriptedApi(
    podList("10", [a], "token"),
    new ClusterError("expired", "The token expired."),
    podList("11", [a, simplePod("b", "2")]),
  );
  const printed: string[] = [];
  const print = (text: string): Promise<void> => Promise.resolve(void printed.push(text));
  const code = await printOnce(
    api,
    [{ namespace: undefined }],
    { env: undefined, redaction: undefined },
    { print, log: new MemoryLog(), stop: new AbortController().signal },
  );
  const names = printed.join("").trimEnd().split("\n").map((line) => JSON.parse(line).pod.metadata.name);
  assert.deepEqual(names, ["a", "b"]);
  assert.equal(code, 0);
});

Deno.test("a snapshot that is printed is without what the redaction masks", async () => {
  const api = new ScriptedApi(podList("10", [simplePod("a", "1")]));
  const printed: string[] = [];
  const redaction = {
    key: "1",
    redact: (): Uint8Array<ArrayBuffer> => new TextEncoder().encode('{"pod":{}}'),
  };
  await printOnce(api, [{ namespace: undefined }], { env: undefined, redaction }, {
    print: (text) => Promise.resolve(void printed.push(text)),
    log: new MemoryLog(),
    stop: new AbortController().signal,
  });
  assert.deepEqual(printed.join("").trim(), '{"pod":{}}');
});

Deno.test("of a pod that cannot be redacted a printed snapshot says only which one it is", async () => {
  const log = new MemoryLog();
  const printed: string[] = [];
  const deep = simplePod("deep", "1");
  const nested = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
  const api = new ScriptedApi(podList("10", [{ ...deep, spec: { nested } }, simplePod("b", "2")]));
  const redact = {
    env: "all",
    args: "none",
    annotations: "none",
    probeHeaders: "none",
    patterns: [],
  } as const;
  await printOnce(api, [{ namespace: undefined }], {
    env: undefined,
    redaction: await redactionOf({ redact }),
  }, {
    print: (text) => Promise.resolve(void printed.push(text)),
    log,
    stop: new AbortController().signal,
  });
  const [first, second] = printed.join("").trimEnd().split("\n").map((line) => JSON.parse(line).pod);
  const { name, namespace, uid, resourceVersion } = deep.metadata;
  assert.deepEqual(first, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, uid, resourceVersion },
  });
  assert.equal(second.metadata.name, "b");
  assert.match(log.at("warn").join(), /The pod \S+\/deep could not be redacted/);
});
