import assert from "node:assert/strict";
import type { Delivery } from "../tests/kit/receiver.ts";
import { coloured, COLUMNS, describe, plain, wrap } from "./line.ts";

function delivery(headers: Record<string, string>, pod: { name?: string; phase?: string } = {}): Delivery {
  const { name = "web-17wdrq-0006", phase = "Running" } = pod;
  const body = { pod: { metadata: { namespace: "shop", name }, status: { phase } } };
  return {
    at: new Date(2026, 0, 2, 3, 4, 5).getTime(),
    headers: {
      "k8svent-event": "pod.changed",
      "k8svent-reason": "ready",
      "k8svent-attempt": "1",
      ...headers,
    },
    body,
    signature: "ok",
  } as unknown as Delivery;
}

Deno.test("a delivery is a line of columns that begin where those of the line above do", () => {
  assert.equal(
    describe(delivery({}), 200, plain),
    "03:04:05 pod.changed ready                  shop/web-17wdrq-0006               Running   signed",
  );
});

Deno.test("a deletion shows the phase that the receiver gets, which is Deleted", () => {
  const line = describe(
    delivery({ "k8svent-event": "pod.deleted", "k8svent-phase": "Running" }, { phase: "Deleted" }),
    200,
    plain,
  );
  assert.match(line, /pod\.deleted .* Deleted +signed$/);
});

Deno.test("a refusal, a retry and a signature that is not good are distinguished", () => {
  assert.match(describe(delivery({}), 503, plain), / answers 503$/);
  assert.match(describe(delivery({ "k8svent-attempt": "2" }), 200, plain), / attempt 2$/);
  assert.match(describe({ ...delivery({}), signature: "bad" } as Delivery, 200, plain), / sig\. bad$/);
});

Deno.test("whatever it is about, a line fits the terminal", () => {
  const long = delivery({
    "k8svent-event": "pod.changed",
    "k8svent-reason": "created,phase,ready,terminated,restarted,waiting,image,scheduled,terminating",
    "k8svent-attempt": "999",
  }, { name: "x".repeat(253), phase: "Succeeded" });
  for (const status of [200, 503]) {
    const line = describe(long, status, plain);
    assert.ok(line.length <= COLUMNS, line);
    // What colours add takes no room.
    const pieces = describe(long, status, coloured).split("\x1b[").map((piece) => piece.replace(/^\d+m/, ""));
    assert.equal(pieces.join("").trimEnd(), line);
  }
});

Deno.test("what the program says is wrapped at words, set in, and loses nothing", () => {
  const text = `03:04:05 warn  Endpoint demo fails: ${"word ".repeat(60)}end`;
  const lines = wrap(text);
  assert.ok(lines.length > 3 && lines.every((line) => line.length <= COLUMNS), lines.join("\n"));
  assert.ok(lines.slice(1).every((line) => /^ {15}\S/.test(line)));
  assert.equal(lines.map((line) => line.trim()).join(" "), text);
  assert.ok(wrap(`one ${"x".repeat(250)}`).every((line) => line.length <= COLUMNS));
});
