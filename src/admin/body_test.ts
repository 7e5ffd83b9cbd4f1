import assert from "node:assert/strict";
import { BodyReader } from "./body.ts";
import type { Framing } from "./request.ts";

const CHUNKED: Framing = { kind: "chunked" };

/** What is read, whether all comes at once or byte by byte, and what is left over. */
function read(
  framing: Framing,
  text: string,
  largest = 100,
): { body?: string; refused?: number; rest: number } {
  const bytes = new TextEncoder().encode(text);
  const outcomes = [bytes.length || 1, 1].map((step) => {
    const reader = new BodyReader(framing, largest);
    let used = 0;
    for (let at = 0; at < bytes.length; at += step) used += reader.push(bytes.subarray(at, at + step));
    return {
      ...reader.isComplete && { body: new TextDecoder().decode(reader.take()) },
      ...reader.refused !== undefined && { refused: reader.refused },
      ...reader.refused === undefined ? { rest: bytes.length - used } : { rest: 0 },
    };
  });
  assert.deepEqual(outcomes[0], outcomes[1]);
  return outcomes[0] ?? { rest: 0 };
}

Deno.test("a body of a length ends there, and what follows is left", () => {
  assert.deepEqual(read({ kind: "length", bytes: 5 }, "helloGET /"), { body: "hello", rest: 5 });
  assert.deepEqual(read({ kind: "length", bytes: 5 }, "hell"), { rest: 0 });
  assert.deepEqual(read({ kind: "none" }, "GET /"), { body: "", rest: 5 });
});

Deno.test("a body in chunks is joined, its extensions and trailers are skipped", () => {
  assert.deepEqual(read(CHUNKED, "5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nX: y\r\n\r\nGET"), {
    body: "hello!",
    rest: 3,
  });
  assert.deepEqual(read(CHUNKED, "0\r\n\r\n"), { body: "", rest: 0 });
});

Deno.test("a body that is too large is refused before it has come", () => {
  assert.equal(new BodyReader({ kind: "length", bytes: 101 }, 100).refused, 413);
  assert.equal(read(CHUNKED, "65\r\n").refused, 413);
  assert.equal(read(CHUNKED, "40\r\n" + "x".repeat(64) + "\r\n40\r\n").refused, 413);
});

Deno.test("chunks that two programs could read differently are refused", () => {
  for (const text of ["5\r\nhellox\r\n", "-5\r\n", "0x5\r\n", "\r\n", "5 5\r\n"]) {
    assert.equal(read(CHUNKED, text).refused, 400, JSON.stringify(text));
  }
  assert.equal(new BodyReader({ kind: "unclear" }, 100).refused, 400);
});

Deno.test("chunks whose framing has no end are refused", () => {
  assert.equal(read(CHUNKED, `1;${"x".repeat(70_000)}`).refused, 413);
});
