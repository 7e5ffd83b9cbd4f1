import assert from "node:assert/strict";
import { PieceReader } from "./piece_reader.ts";

const never = new AbortController().signal;

/** A body that gives these strings and then, unless it is to wait, ends. */
function body(strings: string[], end: boolean): { stream: ReadableStream<Uint8Array>; cancelled: unknown[] } {
  const cancelled: unknown[] = [];
  const rest = strings.map((text) => new TextEncoder().encode(text));
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller): void {
      const next = rest.shift();
      if (next !== undefined) return controller.enqueue(next);
      if (!end) return;
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: (reason) => void cancelled.push(reason),
  });
  return { stream, cancelled };
}

Deno.test("pieces go into the buffer that is given, which comes back with each", async () => {
  const given = body(["one", "two"], true);
  using reader = new PieceReader(given.stream, never);
  let buffer = new ArrayBuffer(16);
  const strings: string[] = [];
  for (;;) {
    const { bytes, done } = await reader.read(buffer, 4);
    assert.ok(buffer.detached);
    buffer = bytes.buffer;
    if (done) break;
    assert.equal(bytes.byteOffset, 4);
    strings.push(new TextDecoder().decode(bytes));
  }
  assert.deepEqual(strings, ["one", "two"]);
  assert.equal(buffer.byteLength, 16);
});

Deno.test("an abort ends a read that waits, and lets go of the body", async () => {
  const stop = new AbortController();
  const given = body([], false);
  using reader = new PieceReader(given.stream, stop.signal);
  const waiting = assert.rejects(reader.read(new ArrayBuffer(16)), /the program stops/);
  stop.abort(new Error("the program stops"));
  await waiting;
  assert.equal(given.cancelled.length, 1);
});

Deno.test("a signal that has aborted already lets go of the body and lets nothing be read", async () => {
  const given = body(["one"], true);
  using reader = new PieceReader(given.stream, AbortSignal.abort(new Error("too late")));
  await assert.rejects(reader.read(new ArrayBuffer(16)), /too late/);
  assert.equal(given.cancelled.length, 1);
});

Deno.test("whoever leaves a body in its middle lets go of it", () => {
  const given = body(["one"], false);
  {
    using _reader = new PieceReader(given.stream, never);
  }
  assert.equal(given.cancelled.length, 1);
});

Deno.test("a read that waits for more takes several pieces, and at the end of the body what there is", async () => {
  const given = body(["one", "two", "three", "x"], true);
  using reader = new PieceReader(given.stream, never);
  const pieces: string[] = [];
  for (let buffer = new ArrayBuffer(32);;) {
    const { bytes, done } = await reader.read(buffer, 0, 8);
    buffer = bytes.buffer;
    if (done) break;
    pieces.push(new TextDecoder().decode(bytes));
  }
  assert.deepEqual(pieces, ["onetwothree", "x"]);
});
