import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { ScriptedApi } from "../../tests/kit/scripted_api.ts";
import { ClusterError, type ClusterFault } from "../cluster/error.ts";
import { Health } from "../admin/health.ts";
import type { Selection } from "../source/query.ts";
import { sayMissingRight } from "./rights.ts";

class Rig {
  readonly api: ScriptedApi;
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly random = (): number => 0;
  readonly stop = new AbortController();
  readonly health: Health;
  readonly done: Promise<void>;

  constructor(selection: Selection, allows: boolean | undefined, api = new ScriptedApi()) {
    this.api = api;
    this.api.allows = allows;
    this.health = new Health({
      clock: this.clock,
      scopes: [selection.namespace],
      staleAfter: 1,
      diskFault: () => undefined,
      isEnding: () => false,
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

Deno.test("whom the file does not name has to be named in it, which is said where the API server tells who it is", async () => {
  const api = new ScriptedApi();
  api.user = "system:serviceaccount:team:default";
  const rig = new Rig({ namespace: "shop" }, false, api);
  await rig.clock.advance(0);
  assert.match(
    rig.log.at("warn").join(),
    /grants it to system:serviceaccount:k8svent:k8svent alone; name system:serviceaccount:team:default in its subjects: kubectl apply -n shop -f/,
  );
  rig.stop.abort();
  await rig.done;
});

Deno.test("where that cannot be asked nothing is said", async () => {
  const rig = new Rig({ namespace: "shop", labelSelector: "a" }, undefined);
  await rig.done;
  assert.deepEqual([rig.log.at("warn"), rig.log.at("info"), rig.health.notes()], [[], [], []]);
});

for (const said of ["null", "[]", "7", '{"status":null}', '{"status":{"allowed":"yes"}}', "{}"]) {
  Deno.test(`nothing follows from an answer ${said} to the question for a right`, async () => {
    const log = new MemoryLog();
    const api = Object.assign(new ScriptedApi(), { post: async () => await new Blob([said]).bytes() });
    const health = { limited: (_scope: unknown, why: unknown) => assert.equal(why, undefined) };
    await sayMissingRight(
      { namespace: "shop" },
      { api, health, clock: new TestClock(), random: () => 0, log },
      AbortSignal.any([]),
    );
    assert.deepEqual([log.at("warn"), log.at("info")], [[], []]);
  });
}

/** Answers the question for a right in its turn; the last one again and again. */
class TurnsApi extends ScriptedApi {
  /** Seconds at which it was asked. */
  readonly askedAt: number[] = [];
  readonly #answers: (string | ClusterError)[];

  constructor(answers: (string | ClusterError)[]) {
    super();
    this.#answers = answers;
  }

  override async post(path: string, body: string): Promise<Uint8Array<ArrayBuffer>> {
    if (path.startsWith("/apis/authentication")) throw fault("missing", 404);
    this.posted.push(JSON.parse(body));
    this.askedAt.push(this.clock.monotonic() / 1_000);
    const answer = this.#answers[Math.min(this.posted.length, this.#answers.length) - 1] ?? "";
    if (answer instanceof ClusterError) throw answer;
    return await new Blob([answer]).bytes();
  }
}

const DENIED = '{"status":{"allowed":false}}';

function fault(fault: ClusterFault, status?: number, retryAfter?: number): ClusterError {
  return new ClusterError(fault, "It failed.", {
    ...status !== undefined && { status },
    ...retryAfter !== undefined && { retryAfter },
  });
}

for (
  const [what, failure] of [
    ["that is out of reach", fault("unreachable")],
    ["that is busy", fault("busy", 429)],
    ["that fails", fault("server", 500)],
    ["that is not ready", fault("server", 503)],
    ["whose proxy fails", fault("protocol", 502)],
    ["whose certificate is being changed", fault("certificate")],
    ["that does not know the token yet", fault("unauthorized", 401)],
    ["whose rights are not loaded yet", fault("forbidden", 403)],
    ["that times out", fault("server", 408)],
    ["whose answer is cut off", '{"status":{"all'],
    ["whose answer is empty", ""],
  ] as const
) {
  Deno.test(`an API server ${what} at the first question for the right is asked again`, async () => {
    const rig = new Rig({ namespace: "shop" }, undefined, new TurnsApi([failure, DENIED]));
    await rig.clock.advance(2_000);
    assert.equal(rig.log.at("warn").length, 1);
    assert.equal(rig.health.notes().length, 1);
    rig.stop.abort();
    await rig.done;
  });
}

for (
  const [what, failure] of [
    ["does not know it", fault("missing", 404)],
    ["does not take a POST", fault("protocol", 405)],
    ["cannot read it", fault("invalid", 400)],
  ] as const
) {
  Deno.test(`a server that ${what} is asked for the right once`, async () => {
    const rig = new Rig({ namespace: "shop" }, undefined, new TurnsApi([failure]));
    await rig.done;
    assert.deepEqual([rig.api.posted.length, rig.log.at("warn")], [1, []]);
  });
}

Deno.test("the question for the right is asked again at growing distances, five minutes at the most", async () => {
  const api = new TurnsApi([fault("unreachable")]);
  const rig = new Rig({ namespace: "shop" }, undefined, api);
  api.clock = rig.clock;
  await rig.clock.advance(800_000);
  assert.deepEqual(api.askedAt, [0, 1, 3, 7, 15, 31, 63, 127, 255, 405, 555, 705]);
  rig.stop.abort();
  await rig.done;
  assert.deepEqual([rig.log.at("warn"), rig.clock.pending], [[], 0]);
});

Deno.test("an API server that is busy is asked for the right when it wants to be", async () => {
  const rig = new Rig({ namespace: "shop" }, undefined, new TurnsApi([fault("busy", 429, 60_000), DENIED]));
  await rig.clock.advance(59_999);
  assert.equal(rig.api.posted.length, 1);
  await rig.clock.advance(1);
  assert.equal(rig.api.posted.length, 2);
  rig.stop.abort();
  await rig.done;
});

Deno.test("a right that is missing stays said while the API server is away", async () => {
  const allowed = '{"status":{"allowed":true}}';
  const api = new TurnsApi([DENIED, fault("unreachable"), fault("unreachable"), allowed]);
  const rig = new Rig({ namespace: "shop" }, undefined, api);
  await rig.clock.advance(300_000);
  assert.equal(rig.health.notes().length, 1);
  await rig.clock.advance(10_000);
  await rig.done;
  assert.deepEqual([rig.health.notes(), rig.log.at("info").length], [[], 1]);
});

Deno.test("the asking ends with the program", async () => {
  const rig = new Rig({ namespace: undefined }, false);
  await rig.clock.advance(0);
  rig.stop.abort();
  await rig.done;
  assert.deepEqual([rig.clock.pending, rig.log.at("info")], [0, []]);
});
