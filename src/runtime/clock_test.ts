import assert from "node:assert/strict";
import { settle, TestClock } from "../../tests/kit/clock.ts";
import { sleep, systemClock } from "./clock.ts";

Deno.test("sleep ends after its time, and leaves no timer", async () => {
  const clock = new TestClock();
  let over = false;
  void sleep(clock, 100, new AbortController().signal).then(() => over = true);
  await clock.advance(99);
  assert.equal(over, false);
  await clock.advance(1);
  assert.equal(over, true);
  assert.equal(clock.pending, 0);
});

Deno.test("sleep ends as soon as it is aborted, and at once where it was aborted before", async () => {
  const clock = new TestClock();
  const abort = new AbortController();
  let over = 0;
  void sleep(clock, 100, abort.signal).then(() => over++);
  await settle();
  abort.abort();
  await settle();
  assert.equal(over, 1);
  await sleep(clock, 100, abort.signal);
  assert.equal(clock.pending, 0);
});

Deno.test("a delay of more than 32 bits does not fire at once", async () => {
  let fired = false;
  const cancel = systemClock.after(2 ** 40, () => fired = true);
  await settle();
  cancel();
  assert.equal(fired, false);
});
