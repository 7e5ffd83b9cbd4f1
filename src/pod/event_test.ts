import assert from "node:assert/strict";
import { simplePod } from "../../tests/kit/simple_pod.ts";
import { exactPod } from "./cut.ts";
import { newestVersion, type PodEvent } from "./event.ts";

const pod = (version: string): PodEvent => ({ type: "applied", object: exactPod(simplePod("a", version)) });
const list = (resourceVersion: string): PodEvent => ({
  type: "sync-start",
  scope: undefined,
  resourceVersion,
});

Deno.test("a list is newer than its pods, and a watch goes on from there", () => {
  assert.equal(
    newestVersion([list("100"), pod("99"), { type: "sync-end", scope: undefined }], undefined),
    "100",
  );
  assert.equal(newestVersion([pod("101")], "100"), "101");
});

Deno.test("what was reached before stays, unless a list shows that the cluster went back", () => {
  assert.equal(newestVersion([pod("99")], "100"), "100");
  assert.equal(newestVersion([list("99"), pod("98")], "100"), "99");
});
