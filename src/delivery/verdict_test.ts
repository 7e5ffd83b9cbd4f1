import assert from "node:assert/strict";
import { DialError } from "./dial.ts";
import { judge, type Verdict } from "./verdict.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

function answer(status: number, headers: Record<string, string> = {}): Verdict {
  return judge({ status, headers: new Headers(headers), body: "" }, NOW);
}

for (
  const [kind, statuses] of [
    ["accepted", [200, 201, 202, 204, 206, 299]],
    ["endpoint", [300, 301, 302, 303, 304, 307, 308, 401, 403, 404, 405, 407, 408, 425, 429, 501, 503]],
    ["message", [400, 402, 406, 409, 411, 413, 414, 415, 418, 422, 426, 431, 451, 499]],
    ["unclear", [500, 502, 504, 505, 507, 520, 599]],
    ["gone", [410]],
  ] satisfies [Verdict["kind"], number[]][]
) {
  Deno.test(`the statuses ${statuses.join(", ")} mean: ${kind}`, () => {
    for (const status of statuses) {
      assert.equal(answer(status).kind, kind, String(status));
      assert.equal(answer(status).why, `status ${status}`);
    }
  });
}

Deno.test("no answer is the endpoint's fault, but for a connection that was dead already", () => {
  const kinds = (["network", "certificate", "blocked", "closed"] as const)
    .map((fault) => judge(new DialError(fault, "why"), NOW).kind);
  assert.deepEqual(kinds, ["endpoint", "endpoint", "endpoint", "stale"]);
});

Deno.test("a timeout may be the message's fault or the endpoint's, and asks for less at a time", () => {
  assert.deepEqual(judge("timeout", NOW), { kind: "unclear", why: "timed out", overloaded: true });
});

Deno.test("429 and 503 ask for less at a time, other faults of the endpoint do not", () => {
  assert.deepEqual([429, 503, 404, 500].map((status) => answer(status).overloaded === true), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("Retry-After is read in seconds and as a date, of every fault that is not the message's", () => {
  const date = "Thu, 01 Jan 2026 00:00:30 GMT";
  for (const status of [301, 404, 429, 503, 500]) {
    assert.equal(answer(status, { "retry-after": "3" }).retryAfter, 3_000, String(status));
    assert.equal(answer(status, { "retry-after": date }).retryAfter, 30_000, String(status));
  }
});
