import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { openTestStore, record } from "../../tests/kit/store.ts";
import type { Message, Store } from "./store.ts";

async function withStore(test: (store: Store, clock: TestClock) => Promise<void> | void): Promise<void> {
  const clock = new TestClock();
  const store = openTestStore({ clock });
  try {
    await test(store, clock);
  } finally {
    store.close();
  }
}

function add(store: Store, name: string, resourceVersion = "1"): void {
  record(store, ["a"], { name, resourceVersion });
  store.commit();
}

function take(store: Store): Message {
  const message = store.pending.take("a", 0);
  assert.ok(message);
  return message;
}

Deno.test("a message is as old as its commit, also when a newer version took its place", async () => {
  await withStore(async (store, clock) => {
    await clock.advance(100);
    add(store, "web-0", "1");
    await clock.advance(100);
    add(store, "web-0", "2");
    add(store, "web-1");
    assert.equal(store.ages.recordedAt(take(store)), 100);
    assert.equal(store.ages.recordedAt(take(store)), 200);
  });
});

Deno.test("the oldest is that of the messages that are pending, and nobody's when none is", async () => {
  await withStore(async (store, clock) => {
    assert.equal(store.ages.oldest("a"), undefined);
    for (const name of ["web-0", "web-1", "web-2"]) {
      await clock.advance(100);
      add(store, name);
    }
    const messages = [take(store), take(store), take(store)];
    for (const [index, message] of messages.entries()) {
      assert.equal(store.ages.oldest("a"), 100 * (index + 1));
      assert.equal(store.ages.oldest("a"), 100 * (index + 1), "once more, as it is remembered");
      store.pending.acknowledged(message, 0);
    }
    assert.equal(store.ages.oldest("a"), undefined);
  });
});

Deno.test("of ever so many commits each age is right to some parts of a hundred", async () => {
  await withStore(async (store, clock) => {
    for (let pod = 0; pod < 20_000; pod++) {
      clock.freeze(10);
      record(store, ["a"], { name: `web-${pod}` });
      store.commit();
    }
    const now = clock.monotonic();
    const oldest = now - (store.ages.oldest("a") ?? 0);
    assert.ok(oldest > 0.95 * 20_000 * 10 && oldest <= 20_000 * 10, `${oldest}`);
    let last: Message | undefined;
    for (let message; (message = store.pending.take("a", 0)) !== undefined;) last = message;
    assert.ok(last);
    assert.equal(store.ages.recordedAt(last), now);
    await clock.advance(0);
  });
});

Deno.test("what an earlier process recorded counts from the start of this one", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ages-" });
  try {
    const options = { file: `${folder}/state.db`, clock: new TestClock() };
    const first = openTestStore(options);
    record(first, ["a"], { name: "web-0" });
    first.commit();
    first.close();
    const clock = new TestClock();
    clock.freeze(5_000);
    const second = openTestStore({ ...options, clock });
    clock.freeze(1_000);
    assert.equal(second.ages.oldest("a"), 5_000);
    second.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
