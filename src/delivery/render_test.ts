import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import type { Message } from "../store/store.ts";
import { render, type Rendered } from "./render.ts";

const RENDERING = { version: "1.2.3" };

function message(parts: Partial<Message> = {}): Message {
  return {
    seq: 1,
    endpoint: "a",
    uid: "u",
    namespace: "shop",
    name: "web-0",
    event: "pod.changed",
    resourceVersion: "7",
    epoch: 0,
    body: '{"metadata":{}}',
    reasons: ["phase", "ready"],
    occasion: "",
    attempts: 0,
    strikes: 0,
    timesAside: 0,
    coalesced: 0,
    completeness: "whole",
    ...parts,
  };
}

function rendered(parts: Partial<Message> = {}): Rendered {
  return render(message(parts), RENDERING);
}

function text({ body }: Rendered): string {
  return new TextDecoder().decode(body);
}

Deno.test("the body is the pod's own text and nothing else", () => {
  assert.equal(text(rendered({ body: '{"n":9223372036854775807}' })), '{"pod":{"n":9223372036854775807}}');
});

Deno.test("the older contract's variables are added only where they are asked for", () => {
  const older = render(message(), { ...RENDERING, env: { ATOMIST_ENVIRONMENT: 'a "b"' } });
  assert.equal(text(older), '{"pod":{"metadata":{}},"env":{"ATOMIST_ENVIRONMENT":"a \\"b\\""}}');
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

Deno.test("a pod's own environment takes the place of the cluster's", () => {
  const cluster = { ...RENDERING, environment: "production" };
  assert.equal(render(message(), cluster).headers["k8svent-environment"], "production");
  const own = message({ environment: "staging" });
  assert.equal(render(own, cluster).headers["k8svent-environment"], "staging");
});

Deno.test("whatever a text is, its header is one that fetch takes", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.constantFrom("", "\ud800", "é\r\nx: y"), (a, b) => {
    const { headers } = rendered({ environment: a + b, phase: b + a });
    assert.match(headers["k8svent-environment"] ?? "", /^[\x20-\x7e]*$/);
    new Headers(headers);
  }));
});

Deno.test("the id is base32 of the SHA-256 of event, occasion and body, as RFC 4648 has it", () => {
  const { id, body } = rendered({ event: "pod.deleted", occasion: "17" });
  const digest = createHash("sha256").update("pod.deleted\n17\n").update(body).digest();
  assert.match(id, /^pod_[a-z2-7]{52}$/);
  const bits = [...id.slice(4)]
    .map((digit) => "abcdefghijklmnopqrstuvwxyz234567".indexOf(digit).toString(2).padStart(5, "0")).join("");
  assert.equal(bits.slice(0, 256), [...digest].map((byte) => byte.toString(2).padStart(8, "0")).join(""));
  assert.equal(bits.slice(256), "0000");
});

const TELLING = fc.record({
  event: fc.constantFrom("pod.changed" as const, "pod.deleted" as const),
  occasion: fc.constantFrom("", "1", "11", "unselected"),
  epoch: fc.nat(2),
  body: fc.constantFrom("{}", '{"a":1}', '{"a":11}'),
});

Deno.test("two messages have one id exactly if they say the same", () => {
  fc.assert(fc.property(TELLING, TELLING, (one, other) => {
    const same = JSON.stringify(one) === JSON.stringify(other);
    assert.equal(rendered(one).id === rendered(other).id, same);
  }));
});

Deno.test("the id and the body do not depend on attempts, reasons or what else is told in headers", () => {
  const again = rendered({ seq: 9, attempts: 4, strikes: 2, coalesced: 5, reasons: ["sync"], endpoint: "b" });
  assert.equal(again.id, rendered().id);
  assert.deepEqual(again.body, rendered().body);
});
