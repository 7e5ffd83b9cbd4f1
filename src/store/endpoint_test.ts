import assert from "node:assert/strict";
import { A, DEAD, FAILED, record, takeAll, takeOne, withStore } from "../../tests/kit/store.ts";

withStore("what was tried early and failed waits for its new time, and not for the one before", (store) => {
  record(store, [A], { name: "other" });
  store.pending.failed(takeOne(store), FAILED, 50);
  record(store, [A], { name: "early" });
  store.pending.failed(takeOne(store), DEAD, 100);
  store.pending.retryDeadLetters(A);
  store.pending.failed(takeOne(store), { ...DEAD, dead: 2 }, 1_000);
  assert.deepEqual(takeAll(store, A, 999).map(({ name }) => name), ["other"]);
  assert.equal(takeOne(store, A, 1_000).name, "early");
});

withStore("what waits for its time may be sent when that is wanted, but for dead letters", (store) => {
  for (const name of ["waits", "dead"]) record(store, [A], { name });
  store.pending.failed(takeOne(store), FAILED, 100);
  store.pending.failed(takeOne(store), DEAD, 100);
  store.pending.retryWaiting(A);
  assert.deepEqual(takeAll(store, A, 0).map(({ name }) => name), ["waits"]);
  assert.deepEqual(takeAll(store, A, 100).map(({ name }) => name), ["dead"]);
});
