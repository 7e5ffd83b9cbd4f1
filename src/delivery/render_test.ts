import assert from "node:assert/strict";
import fc from "fast-check";
import { makeMessage, type MessageParts } from "../../tests/kit/memory_pending.ts";
import { type Rendered, Renderer, type Rendering } from "./render.ts";

const RENDERING = { version: "1.2.3" };

function rendered(parts: MessageParts = {}, more: Partial<Rendering> = {}): Rendered {
  const message = makeMessage({ uid: "u", resourceVersion: "7", reasons: ["phase", "ready"], ...parts });
  return new Renderer({ ...RENDERING, ...more }).render(message);
}

function text({ body }: Rendered): string {
  return new TextDecoder().decode(body);
}

Deno.test("the body is what the store has, and nothing else", () => {
  const body = '{"pod":{"n":9223372036854775807}}';
  assert.equal(text(rendered({ body })), body);
});

Deno.test("the older contract's variables are added to pods, and only where they are asked for", () => {
  const env = { ATOMIST_ENVIRONMENT: 'a "b"' };
  const older = rendered({ body: '{"pod":{"metadata":{}}}' }, { env });
  assert.equal(text(older), '{"pod":{"metadata":{}},"env":{"ATOMIST_ENVIRONMENT":"a \\"b\\""}}');
  assert.equal(older.id, rendered().id);
  const notice = rendered({ event: "k8svent.heartbeat", body: '{"type":"k8svent.heartbeat"}' }, { env });
  assert.equal(text(notice), '{"type":"k8svent.heartbeat"}');
});

Deno.test("a plain change has these headers and no others", () => {
  const { id, headers } = rendered();
  assert.deepEqual(headers, {
    "content-type": "application/json",
    "user-agent": "k8svent/1.2.3",
    "webhook-id": id,
    "k8svent-event": "pod.changed",
    "k8svent-reason": "phase,ready",
  });
});

Deno.test("what is not usual has its header", () => {
  const { headers } = rendered({
    event: "pod.deleted",
    phase: "Failed",
    observed: false,
    epoch: 2,
    coalesced: 3,
    environment: "staging",
  });
  const special = ["phase", "observed", "epoch", "coalesced", "environment"]
    .map((name) => headers[`k8svent-${name}`]);
  assert.deepEqual(special, ["Failed", "false", "2", "3", "staging"]);
  assert.equal(rendered({ observed: true }).headers["k8svent-observed"], undefined);
  assert.equal(rendered({ completeness: "reduced" }).headers["k8svent-observed"], "false");
});

Deno.test("a message says which cluster it is from, and what the pod belongs to, where that is known", () => {
  const { headers } = rendered({ workload: "Deployment/web" }, { cluster: "east" });
  assert.deepEqual([headers["k8svent-cluster"], headers["k8svent-workload"]], ["east", "Deployment/web"]);
});

Deno.test("a pod's own environment takes the place of the cluster's", () => {
  const cluster = { environment: "production" };
  assert.equal(rendered({}, cluster).headers["k8svent-environment"], "production");
  assert.equal(rendered({ environment: "staging" }, cluster).headers["k8svent-environment"], "staging");
});

Deno.test("whatever a text is, its header is one that fetch takes", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.constantFrom("", "\ud800", "é\r\nx: y"), (a, b) => {
    const { headers } = rendered({ environment: a + b, phase: b + a });
    assert.match(headers["k8svent-environment"] ?? "", /^[\x20-\x7e]*$/);
    new Headers(headers);
  }));
});

Deno.test("the id is a short digest in lower case base32", () => {
  assert.match(rendered().id, /^pod_[a-z2-7]{26}$/);
  // Of these five texts and numbers, now and in a year: a receiver knows what it has by it.
  assert.equal(rendered().id, "pod_svrjr63n4cw5ymi2lwrmvotlk7");
});

const ABOUT = fc.record({
  uid: fc.constantFrom("u", "u1", "k8svent/gap"),
  resourceVersion: fc.constantFrom("1", "11"),
  event: fc.constantFrom("pod.changed" as const, "pod.deleted" as const),
  occasion: fc.constantFrom("", "1", "11", "unselected"),
  epoch: fc.nat(2),
  generation: fc.nat(2),
});

Deno.test("two messages have one id exactly if they are about the same", () => {
  fc.assert(fc.property(ABOUT, ABOUT, (one, other) => {
    const same = JSON.stringify(one) === JSON.stringify(other);
    assert.equal(rendered(one).id === rendered(other).id, same);
  }));
});

Deno.test("the id does not depend on attempts, endpoints, reasons, nor on what became of the body", () => {
  const again = rendered({
    seq: 9,
    version: 9,
    endpoint: "b",
    coalesced: 5,
    reasons: ["sync"],
    completeness: "reduced",
    body: '{"pod":{}}',
    failures: { tries: 4, strikes: 2, failedAt: 7, dead: 1, why: "status 500" },
  });
  assert.equal(again.id, rendered().id);
});

Deno.test("of one version each endpoint gets its own headers", () => {
  const renderer = new Renderer(RENDERING);
  const message = makeMessage();
  const first = renderer.render(message);
  first.headers["k8svent-attempt"] = "1";
  const second = renderer.render({ ...message, endpoint: "b", coalesced: 2 });
  assert.deepEqual([second.id, second.headers["k8svent-coalesced"]], [first.id, "2"]);
  assert.equal(second.headers["k8svent-attempt"], undefined);
});

Deno.test("what was signed once is known again by its content, which changes with the bytes", () => {
  const message = makeMessage();
  const renderer = new Renderer(RENDERING);
  const { content } = renderer.render(message);
  assert.equal(renderer.render({ ...message, endpoint: "b" }).content, content);
  assert.notEqual(renderer.render({ ...message, version: message.version + 1 }).content, content);
  const reduced = { ...message, completeness: "reduced" as const, body: message.body.slice(1) };
  assert.notEqual(renderer.render(reduced).content, content);
});
