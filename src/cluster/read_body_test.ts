import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { ScriptedStream } from "../../tests/kit/scripted_api.ts";
import { ClusterError } from "./error.ts";
import { BodyReader, readBody } from "./read_body.ts";

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

async function read(body: Body, clock = new TestClock()): Promise<string> {
  return new TextDecoder().decode(await readBody(body, { clock, signal: new AbortController().signal }));
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
  for (const size of [1, 2, 3, 5]) assert.equal(await read(inPieces(text, size)), text);
});

Deno.test("a text larger than the first buffer is whole", async () => {
  for (const size of [0, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 200_000, 5 * 1024 * 1024]) {
    const text = "0123456789".repeat(size / 10 + 1).slice(0, size);
    assert.ok(await read(inPieces(text, 30_011)) === text, `${size} bytes`);
  }
});

Deno.test("a piece is waited for 15 s, but only from when it is asked for", async () => {
  const clock = new TestClock();
  const stream = new ScriptedStream();
  using reader = new BodyReader(stream.body, { clock, signal: new AbortController().signal });
  await clock.advance(60_000);
  stream.send("a");
  const { bytes } = await reader.read(new ArrayBuffer(8), 0);
  assert.equal(bytes.length, 1);
  await clock.advance(60_000);
  const next = reader.read(bytes.buffer, 0).catch((error) => error);
  await clock.advance(14_999);
  stream.send("b");
  const second = await next;
  assert.equal(second.bytes.length, 1);
  const third = reader.read(second.bytes.buffer, 0).catch((error) => error);
  await clock.advance(15_000);
  assert.equal((await third).fault, "unreachable");
});

Deno.test("a body that breaks off is unreachable", async () => {
  const clock = new TestClock();
  const stream = new ScriptedStream();
  const text = read(stream.body, clock);
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

Deno.test("an answer without end is no object, and is read no further", async () => {
  let sent = 0;
  let isLeft = false;
  const endless: Body = new ReadableStream({
    type: "bytes",
    pull(controller): void {
      sent += 2 ** 20;
      controller.enqueue(new Uint8Array(2 ** 20));
    },
    cancel: () => void (isLeft = true),
  });
  await assert.rejects(read(endless), (error) => {
    assert(error instanceof ClusterError);
    assert.equal(error.fault, "protocol");
    assert.match(error.message, /more than one object can be \(32 MiB\)/);
    return true;
  });
  assert(isLeft && sent < 2 ** 26, `${sent} bytes were read`);
});
