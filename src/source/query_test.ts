import assert from "node:assert/strict";
import { isSelective, podsPath, selectionsOf } from "./query.ts";

const ALL = { namespaces: [], excludeNamespaces: [] };

function paths(options: Parameters<typeof selectionsOf>[0]): string[] {
  return selectionsOf(options).map((selection) => decodeURIComponent(podsPath(selection, {})));
}

Deno.test("excluded namespaces are left out of all by the API server, beside a field selector", () => {
  assert.deepEqual(paths({ ...ALL, excludeNamespaces: ["b", "a"] }), [
    "/api/v1/pods?fieldSelector=metadata.namespace!=a,metadata.namespace!=b",
  ]);
  assert.deepEqual(paths({ ...ALL, excludeNamespaces: ["a"], fieldSelector: "spec.nodeName=n" }), [
    "/api/v1/pods?fieldSelector=spec.nodeName=n,metadata.namespace!=a",
  ]);
});

Deno.test("of namespaces that are named, the excluded ones are not asked for", () => {
  assert.deepEqual(paths({ namespaces: ["a", "b"], excludeNamespaces: ["a"] }), [
    "/api/v1/namespaces/b/pods?",
  ]);
});

Deno.test("no pod leaves the selection by an excluded namespace", () => {
  assert.equal(isSelective({ namespace: undefined, excludedNamespaces: ["a"] }), false);
});

Deno.test("a store that was written without excluded namespaces has the same selection as before", () => {
  assert.equal(JSON.stringify(selectionsOf(ALL)), "[{}]");
});
