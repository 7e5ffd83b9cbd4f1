import assert from "node:assert/strict";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { podList, ScriptedApi } from "../../tests/kit/scripted_api.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { ClusterError } from "../cluster/error.ts";
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
