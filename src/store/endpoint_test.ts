import assert from "node:assert/strict";
import { A, DEAD, record, takeAll, takeOne, withStore } from "../../tests/kit/store.ts";

withStore("what was tried early and failed waits for its new time, and not for the one before", (store) => {
  record(store, [A]);
  store.pending.failed(takeOne(store), DEAD, 100);
  store.pending.retryDeadLetters(A);
  store.pending.failed(takeOne(store), { ...DEAD, dead: 2 }, 1_000);
  assert.equal(store.pending.nextDue(A), 1_000);
  assert.deepEqual(takeAll(store, A, 999), []);
  assert.equal(takeOne(store, A, 1_000).failures.dead, 2);
});
