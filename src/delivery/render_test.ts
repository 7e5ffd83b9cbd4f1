import assert from "node:assert/strict";
import fc from "fast-check";
import { makeMessage, type MessageParts } from "../../tests/kit/message.ts";
import { loadRedaction, type RedactProfile } from "../pod/redaction.ts";
import { type Rendered, Renderer, type Rendering } from "./render.ts";
import { Signer } from "./sign.ts";

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
  assert.equal(rendered({ completeness: "trimmed" }).headers["k8svent-observed"], "false");
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
  // Of these five strings and numbers, now and in a year: a receiver knows what it has by it.
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
    completeness: "trimmed",
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
  const trimmed = { ...message, completeness: "trimmed" as const, body: message.body.slice(1) };
  assert.notEqual(renderer.render(trimmed).content, content);
});

const PROFILE: RedactProfile = {
  env: "all",
  args: "all",
  annotations: "all",
  probeHeaders: "all",
  patterns: [],
};
const POD = '{"pod":{"metadata":{"annotations":{"a":"hunter2"}},"n":9223372036854775807}}';
const REDACTED = POD.replace("hunter2", "[redacted]");

Deno.test("an endpoint that must not see all of a pod gets it redacted, beside one that gets all", async () => {
  const renderer = new Renderer(RENDERING);
  const redaction = await loadRedaction(PROFILE);
  const message = makeMessage({ body: POD });
  const [whole, redacted] = [renderer.render(message), renderer.render(message, redaction)];
  assert.deepEqual([text(whole), text(redacted)], [POD, REDACTED]);
  assert.equal(redacted.id, whole.id);
  assert.deepEqual(redacted.headers, whole.headers);
});

Deno.test("what is signed is what is sent, though both come from one signer", async () => {
  const [renderer, signer] = [new Renderer(RENDERING), new Signer()];
  const redaction = await loadRedaction(PROFILE);
  const other = await loadRedaction({ ...PROFILE, annotations: "none" });
  // As long as what it takes the place of.
  const message = makeMessage({ body: POD.replace("hunter2", "hunter2222") });
  const renderings = [undefined, redaction, other].map((one) => renderer.render(message, one));
  for (const rendered of renderings) {
    const [sent, fresh] = [signer, new Signer()].map((one) =>
      one.sign(rendered, 1, ["a secret for signing"])
    );
    assert.deepEqual(sent, fresh);
  }
});

Deno.test("patterns are about the headers too that come of the pod, not about those of the operator", async () => {
  const redaction = await loadRedaction({ ...PROFILE, patterns: ["cust-[0-9]+"] });
  const renderer = new Renderer({ ...RENDERING, environment: "cust-1", cluster: "cust-2" });
  const shown = (parts: MessageParts): (string | undefined)[] => {
    const { headers } = renderer.render(makeMessage({ body: POD, ...parts }), redaction);
    return ["environment", "workload", "cluster"].map((name) => headers[`k8svent-${name}`]);
  };
  assert.deepEqual(shown({ environment: "of cust-47", workload: "StatefulSet/db-cust-47" }), [
    "of [redacted]",
    "StatefulSet/db-[redacted]",
    "cust-2",
  ]);
  assert.deepEqual(shown({}), ["cust-1", undefined, "cust-2"]);
});

Deno.test("notices are never redacted, nor is what the operator adds to pods", async () => {
  const redaction = await loadRedaction({ ...PROFILE, patterns: ["beat|staging"] });
  const renderer = new Renderer({ ...RENDERING, env: { ATOMIST_ENVIRONMENT: "staging" } });
  const notice = makeMessage({ event: "k8svent.heartbeat", body: '{"type":"k8svent.heartbeat"}' });
  assert.equal(text(renderer.render(notice, redaction)), '{"type":"k8svent.heartbeat"}');
  const pod = renderer.render(makeMessage({ body: POD.replace("hunter2", "staging") }), redaction);
  assert.equal(text(pod), `${REDACTED.slice(0, -1)},"env":{"ATOMIST_ENVIRONMENT":"staging"}}`);
});

Deno.test("the program's own secrets are masked where a body is redacted, whatever the profile", async () => {
  const nothing: RedactProfile = {
    env: "none",
    args: "none",
    annotations: "none",
    probeHeaders: "none",
    patterns: [],
  };
  const renderer = new Renderer(RENDERING, () => ["the program's own secret"]);
  const message = makeMessage({ body: POD.replace("hunter2", "the program's own secret") });
  assert.equal(text(renderer.render(message, await loadRedaction(nothing))), REDACTED);
});

Deno.test("a body that could not be redacted is incomplete, and its headers say so", async () => {
  const rendered = new Renderer(RENDERING).render(
    makeMessage({ body: "{hunter2" }),
    await loadRedaction(PROFILE),
  );
  assert.equal(rendered.isWithheld, true);
  assert.equal(rendered.headers["k8svent-observed"], "false");
  assert(!text(rendered).includes("hunter2"));
});

Deno.test("a body that is whole and one that is not have two signatures, also where they are as long", () => {
  const [whole, trimmed] = (["whole", "trimmed"] as const).map((completeness) =>
    rendered({ version: 7, completeness, body: `{"pod":"${completeness.padEnd(7)}"}` })
  );
  assert.equal(whole?.body.length, trimmed?.body.length);
  assert.notEqual(whole?.content, trimmed?.content);
});
