import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { ScriptedStream } from "../../tests/kit/scripted_api.ts";
import { ClusterError } from "./error.ts";
import { readBody } from "./read_body.ts";

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Reads a body as text, into a buffer; the one that comes back can be used again. */
async function read(
  body: Body,
  given?: ArrayBuffer,
  clock = new TestClock(),
): Promise<{ text: string; buffer: ArrayBuffer }> {
  const bytes = await readBody(body, { clock, signal: new AbortController().signal, buffer: given });
  return { text: new TextDecoder().decode(bytes), buffer: bytes.buffer };
}

/** A body that comes in pieces of so many bytes. */
function inPieces(text: string, size: number): Body {
  const bytes = new TextEncoder().encode(text);
  let sent = 0;
  return new ReadableStream({
    type: "bytes",
    pull: (controller): void => {
      if (sent < bytes.length) return controller.enqueue(bytes.slice(sent, sent += size));
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

Deno.test("a text that comes in pieces cut inside a UTF-8 character is whole", async () => {
  const text = '{"owner":"Zoë","price":"5 €","mood":"😀"}';
  for (const size of [1, 2, 3, 5]) assert.equal((await read(inPieces(text, size))).text, text);
});

Deno.test("a text larger than the buffer is whole, and so is a short one that is read after it", async () => {
  let last: ArrayBuffer | undefined;
  for (const size of [64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 200_000, 5 * 1024 * 1024]) {
    const text = "0123456789".repeat(size / 10 + 1).slice(0, size);
    const long = await read(inPieces(text, 30_011), last);
    assert.ok(long.text === text, `${size} bytes`);
    const room = long.buffer.byteLength;
    const short = await read(inPieces("short", 2), long.buffer);
    assert.equal(short.text, "short");
    // In the same bytes: they fit.
    assert.equal(short.buffer.byteLength, room);
    const empty = await read(inPieces("", 2), short.buffer);
    assert.equal(empty.text, "");
    last = empty.buffer;
  }
});

Deno.test("two texts read at once do not mix", async () => {
  const { buffer } = await read(inPieces("a buffer to use again", 4));
  const [first, second] = [new ScriptedStream(), new ScriptedStream()];
  const texts = Promise.all([read(first.body, buffer), read(second.body)]);
  for (let piece = 0; piece < 3; piece++) {
    first.send(`a${piece} `);
    await settle();
    second.send(`b${piece} `);
    await settle();
  }
  second.end();
  first.send("a3");
  first.end();
  assert.deepEqual((await texts).map(({ text }) => text), ["a0 a1 a2 a3", "b0 b1 b2 "]);
});

Deno.test("a body that breaks off is unreachable", async () => {
  const clock = new TestClock();
  const stream = new ScriptedStream();
  const text = read(stream.body, undefined, clock);
  stream.send('{"kind":"PodList","items":[');
  await settle();
  assert.equal(clock.pending, 1);
  const cause = new TypeError("error reading a body from connection");
  stream.break(cause);
  const error = await text.catch((error) => error);
  assert.ok(error instanceof ClusterError, String(error));
  assert.equal(error.fault, "unreachable");
  assert.equal(error.cause, cause);
  assert.equal(clock.pending, 0);
});
