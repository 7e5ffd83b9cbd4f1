import assert from "node:assert/strict";
import { answerError } from "./answer.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

Deno.test("a wait that is asked for is five minutes at the most, however it is asked for", async () => {
  const answers = [
    new Response(null, { status: 429, headers: { "retry-after": "86400" } }),
    new Response(null, { status: 503, headers: { "retry-after": "Fri, 02 Jan 2026 00:00:00 GMT" } }),
    Response.json({ kind: "Status", code: 429, details: { retryAfterSeconds: 86_400 } }, { status: 429 }),
  ];
  for (const answer of answers) assert.equal((await answerError(answer, NOW)).retryAfter, 300_000);
});

Deno.test("an answer's Status says what it means", async () => {
  const body = JSON.stringify({ kind: "Status", code: 410, reason: "Expired" });
  assert.equal((await answerError(new Response(body, { status: 410 }), NOW)).fault, "expired");
});

Deno.test("an answer without a Status is judged by its code and headers", async () => {
  const response = new Response("<html>busy</html>", { status: 429, headers: { "retry-after": "3" } });
  const error = await answerError(response, NOW);
  assert.equal(error.fault, "busy");
  assert.equal(error.retryAfter, 3000);
  assert.equal((await answerError(new Response(null, { status: 503 }), NOW)).fault, "server");
});

Deno.test("an endless error page is cut and its connection let go", async () => {
  let pulled = 0;
  let cancelled = false;
  const body = new ReadableStream({
    pull(controller): void {
      pulled++;
      controller.enqueue(new Uint8Array(16 * 1024).fill(0x78));
    },
    cancel(): void {
      cancelled = true;
    },
  });
  const error = await answerError(new Response(body, { status: 502 }), NOW);
  assert.equal(error.fault, "server");
  assert.ok(cancelled);
  assert.ok(pulled < 8, `pulled ${pulled} times`);
});
