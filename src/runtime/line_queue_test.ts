import assert from "node:assert/strict";
import { LineQueue } from "./line_queue.ts";

async function settle(): Promise<void> {
  for (let turn = 0; turn < 9; turn++) await Promise.resolve();
}

/** What a reader has taken, who takes something only when the test says so. */
function openQueue(): { queue: LineQueue; taken: string[]; take: (error?: Error) => Promise<void> } {
  const taken: string[] = [];
  let last = Promise.withResolvers<void>();
  const queue = new LineQueue((text) => {
    last = Promise.withResolvers();
    return last.promise.then(() => void taken.push(text));
  });
  const take = async (error?: Error): Promise<void> => {
    if (error === undefined) last.resolve();
    else last.reject(error);
    await settle();
  };
  return { queue, taken, take };
}

Deno.test("what waits while nobody reads comes in one piece, in order", async () => {
  const { queue, taken, take } = openQueue();
  queue.write("a\n");
  await settle();
  for (const line of ["b\n", "c\n"]) queue.write(line);
  await take();
  await take();
  await queue.written();
  assert.deepEqual(taken, ["a\n", "b\nc\n"]);
});

Deno.test("lines beyond the bound are left out, and how many is said in their place", async () => {
  const { queue, taken, take } = openQueue();
  queue.onMissing = (lines) => queue.write(`${lines} missing\n`);
  queue.write("first\n");
  await settle();
  const line = `${"x".repeat(2 ** 18 - 1)}\n`;
  for (let count = 0; count < 6; count++) queue.write(line);
  queue.write("short\n");
  await take();
  queue.write("later\n");
  await take();
  await take();
  await queue.written();
  assert.deepEqual(taken, ["first\n", line.repeat(4), "3 missing\nlater\n"]);
});

Deno.test("a line that is longer than the bound is left out by itself", async () => {
  const { queue, taken, take } = openQueue();
  queue.onMissing = (lines) => queue.write(`${lines} missing\n`);
  queue.write("x".repeat(2 ** 21));
  await settle();
  await take();
  await take();
  queue.write("next\n");
  await settle();
  await take();
  await queue.written();
  assert.equal(taken.join(""), "1 missing\nnext\n");
});

Deno.test("a reader that is gone ends nothing", async () => {
  const { queue, taken, take } = openQueue();
  queue.write("lost\n");
  await settle();
  await take(new Error("Broken pipe"));
  queue.write("written\n");
  await settle();
  await take();
  await queue.written();
  assert.deepEqual(taken, ["written\n"]);
});
