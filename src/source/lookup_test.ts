import assert from "node:assert/strict";
import { ScriptedApi } from "../../tests/kit/scripted_api.ts";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { ClusterError } from "../cluster/error.ts";
import { lookUp } from "./lookup.ts";

const REF = { uid: "uid-web-0", namespace: "shop", name: "web-0" };
const forever = new AbortController().signal;

Deno.test("a lookup reads the pod by its name", async () => {
  const pod = simplePod("web-0", "7", { namespace: "shop" });
  const api = new ScriptedApi(pod);
  assert.deepEqual((await lookUp(api, REF, forever))?.pod, pod);
  assert.equal(api.requests[0]?.pathname, "/api/v1/namespaces/shop/pods/web-0");
});

Deno.test("a pod is gone when its name is not found", async () => {
  assert.equal(
    await lookUp(new ScriptedApi(new ClusterError("missing", "Not found.")), REF, forever),
    undefined,
  );
});

Deno.test("a pod is gone when another pod has its name", async () => {
  const api = new ScriptedApi(simplePod("web-0", "9", { uid: "another", namespace: "shop" }));
  assert.equal(await lookUp(api, REF, forever), undefined);
});

Deno.test("a server that does not say does not mean that the pod is gone", async () => {
  for (const answer of [new ClusterError("forbidden", "Forbidden."), { kind: "Status", status: "Failure" }]) {
    await assert.rejects(lookUp(new ScriptedApi(answer), REF, forever), ClusterError);
  }
});
