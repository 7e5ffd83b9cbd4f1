import assert from "node:assert/strict";
import { readReplyBody } from "./reply_body.ts";

Deno.test("a body is read to its end as text, characters that chunks cut in two included", async () => {
  const bytes = new TextEncoder().encode("grün 🎉");
  const stream = ReadableStream.from([...bytes].map((byte) => Uint8Array.of(byte)));
  assert.equal(await readReplyBody(stream), "grün 🎉");
});

Deno.test("no body is an empty text", async () => {
  assert.equal(await readReplyBody(null), "");
});

Deno.test("an endless body is cut after 64 KiB and cancelled", async () => {
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(10_000).fill(120)),
    cancel: () => void (cancelled = true),
  });
  assert.equal(await readReplyBody(endless), "x".repeat(65_536));
  assert.equal(cancelled, true);
});

Deno.test("a body that breaks off is what came of it", async () => {
  let turn = 0;
  const broken = new ReadableStream<Uint8Array>({
    pull(controller): void {
      if (turn++ === 0) controller.enqueue(new TextEncoder().encode("half"));
      else controller.error(new Error("reset"));
    },
  });
  assert.equal(await readReplyBody(broken), "half");
});
