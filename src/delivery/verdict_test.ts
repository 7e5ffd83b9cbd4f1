import assert from "node:assert/strict";
import { answer as httpAnswer } from "../../tests/kit/scripted_dial.ts";
import type { Failure } from "../http/outcome.ts";
import { judge, type Verdict } from "./verdict.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

function answer(status: number, headers: Record<string, string> = {}): Verdict {
  return judge(httpAnswer(status, headers), NOW);
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

function failure(parts: Partial<Failure>): Failure {
  return { kind: "failure", when: "after", stale: false, fault: "closed", message: "why", ...parts };
}

Deno.test("no answer is the endpoint's fault, but for a connection that was dead already", () => {
  const faults = [
    "name",
    "refused",
    "unreachable",
    "blocked",
    "proxy",
    "certificate",
    "tls",
    "closed",
    "malformed",
  ] as const;
  for (const fault of faults) assert.equal(judge(failure({ fault }), NOW).kind, "endpoint", fault);
  assert.deepEqual(judge(failure({ stale: true }), NOW), { kind: "stale", why: "why" });
});

Deno.test("a timeout may be the message's fault or the endpoint's, unless it came before the request", () => {
  const late = { fault: "timeout", message: "a did not answer" } as const;
  assert.deepEqual(judge(failure(late), NOW), { kind: "unclear", why: "a did not answer", overloaded: true });
  assert.deepEqual(judge(failure({ ...late, when: "before" }), NOW), {
    kind: "endpoint",
    why: "a did not answer",
  });
});

Deno.test("a redirection is told with the host that it leads to, and nothing else of it", () => {
  const to = (location: string): string => answer(307, { location }).why;
  assert.equal(
    to("https://me:pw@other.test:8443/secret?x"),
    "status 307, a redirection to other.test:8443, which is not followed",
  );
  for (const location of ["/secret", "nonsense", "mailto:a@b"]) assert.equal(to(location), "status 307");
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
