import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { ScriptedApi } from "../../tests/kit/scripted_api.ts";
import { Health } from "../admin/health.ts";
import type { Selection } from "../source/query.ts";
import { sayMissingRight } from "./rights.ts";

class Rig {
  readonly api = new ScriptedApi();
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly stop = new AbortController();
  readonly health: Health;
  readonly done: Promise<void>;

  constructor(selection: Selection, allows: boolean | undefined) {
    this.api.allows = allows;
    this.health = new Health({
      clock: this.clock,
      scopes: [selection.namespace],
      staleAfter: 1,
      diskFault: () => undefined,
    });
    this.done = sayMissingRight(selection, this, this.stop.signal);
  }
}

Deno.test("whether pods may be read is asked in the namespace that is followed", async () => {
  const rig = new Rig({ namespace: "shop" }, true);
  await rig.done;
  assert.deepEqual(rig.api.posted, [{
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes: { verb: "get", resource: "pods", namespace: "shop" } },
  }]);
  assert.deepEqual([rig.log.lines, rig.health.notes()], [[], []]);
});

for (
  const [what, selection, sentence] of [
    [
      "with a selector",
      { namespace: "shop", labelSelector: "app=web" },
      /^k8svent may not get the pods of namespace shop: .* k8svent-observed: false\. .*kubectl apply -n shop -f kube\/rbac-namespaced\.yaml$/,
    ],
    [
      "with a field selector, everywhere",
      { namespace: undefined, fieldSelector: "status.phase=Running" },
      /^k8svent may not get the pods of all namespaces: .* k8svent-observed: false\. .*kubectl apply -f kube\/rbac\.yaml$/,
    ],
    [
      "without a selector",
      { namespace: undefined },
      /^k8svent may not get the pods of all namespaces: .* cannot be read again/,
    ],
  ] as const
) {
  Deno.test(`that pods may not be read is said (${what}), again at growing distances, and its end`, async () => {
    const rig = new Rig(selection, false);
    await rig.clock.advance(0);
    assert.match(rig.log.at("warn")[0] ?? "", sentence);
    assert.equal(rig.health.notes().length, 1);
    await rig.clock.advance(3_600_000);
    assert.equal(rig.log.at("warn").length, 4, "at once, after 5 min, 15 min and 1 h");
    rig.api.allows = true;
    await rig.clock.advance(300_000);
    await rig.done;
    assert.deepEqual(rig.health.notes(), []);
    assert.match(rig.log.at("info").join(), /^k8svent may get the pods of .* now\.$/);
  });
}

Deno.test("where that cannot be asked nothing is said", async () => {
  const rig = new Rig({ namespace: "shop", labelSelector: "a" }, undefined);
  await rig.done;
  assert.deepEqual([rig.log.at("warn"), rig.log.at("info"), rig.health.notes()], [[], [], []]);
});

for (const said of ["null", "[]", "7", '{"status":null}', '{"status":{"allowed":"yes"}}', "<html>", ""]) {
  Deno.test(`nothing follows from an answer ${said || "without a body"} to the question for a right`, async () => {
    const log = new MemoryLog();
    const api = Object.assign(new ScriptedApi(), { post: async () => await new Blob([said]).bytes() });
    const health = { limited: (_scope: unknown, why: unknown) => assert.equal(why, undefined) };
    await sayMissingRight(
      { namespace: "shop" },
      { api, health, clock: new TestClock(), log },
      AbortSignal.any([]),
    );
    assert.deepEqual([log.at("warn"), log.at("info")], [[], []]);
  });
}

Deno.test("the asking ends with the program", async () => {
  const rig = new Rig({ namespace: undefined }, false);
  await rig.clock.advance(0);
  rig.stop.abort();
  await rig.done;
  assert.deepEqual([rig.clock.pending, rig.log.at("info")], [0, []]);
});
