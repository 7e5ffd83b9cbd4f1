import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { withFolder, withoutSync } from "../../tests/kit/state_file.ts";
import {
  A,
  B,
  DEAD,
  drain,
  openTestStore,
  record,
  recordEnd,
  takeAll,
  takeOne,
  withStore,
} from "../../tests/kit/store.ts";
import type { Store } from "./store.ts";

/* What an operator does to what is pending: to pause, to discard, to redeliver; and when a pod changed. */

/** These pods are dead letters of A. Returns their rows. */
function kill(store: Store, ...names: string[]): number[] {
  for (const name of names) record(store, [A, B], { name });
  return takeAll(store, A).map((message) => {
    store.pending.failed(message, DEAD, 1e9);
    return message.seq;
  });
}

withFolder("a pause outlives the process, and ends with the endpoint", (folder) => {
  const file = `${folder}/state.db`;
  const pauses = (change: (store: Store) => void = () => {}): boolean => {
    const store = openTestStore({}, withoutSync(file));
    change(store);
    const isPaused = store.pending.isPaused(A);
    store.close();
    return isPaused;
  };
  assert.equal(pauses(), false);
  assert.equal(pauses((store) => store.pending.setPaused(A, true)), true);
  assert.equal(pauses((store) => record(store, [A])), true);
  assert.equal(pauses(), true);
  assert.equal(pauses((store) => store.pending.setPaused(A, false)), false);
  pauses((store) => store.pending.setPaused(A, true));
  assert.equal(pauses((store) => store.pending.forget(A)), false);
  assert.equal(pauses((store) => record(store, [A])), false, "it begins anew under its name");
});

withStore(
  "a dead letter that is discarded is lost, and what was behind it goes on when that is durable",
  (store) => {
    record(store, [A], { reasons: ["restarted"] });
    record(store, [A], { resourceVersion: "2", reasons: ["terminated"] });
    const dead = takeOne(store);
    store.pending.failed(dead, DEAD, 1e9);
    assert.equal(store.pending.discard(A, dead.seq), 1);
    assert.equal(store.pending.take(A, 0), undefined, "not before the commit");
    const { resourceVersion, coalesced } = takeOne(store);
    assert.deepEqual([resourceVersion, coalesced], ["2", 0], "what follows does not stand for it");
    assert.equal(store.pending.lost(A).messages, 1);
    assert.deepEqual(store.pending.counts(A), { pending: 1, deadLetters: 0, inFlight: 1 });
  },
);

withStore(
  "all dead letters of one endpoint are discarded, of no other, and nothing that is no dead letter",
  (store) => {
    kill(store, "web-0", "web-1");
    record(store, [A], { name: "web-2" });
    assert.equal(store.pending.discard(A), 2);
    assert.deepEqual(drain(store, A).map(({ name }) => name), ["web-2"]);
    assert.equal(drain(store, B).length, 2);
    assert.deepEqual([store.pending.lost(A).messages, store.pending.lost(B).messages], [2, 0]);
  },
);

withFolder("what was said last of an endpoint outlives the process, and ends with the endpoint", (folder) => {
  const file = `${folder}/state.db`;
  const saidLast = (change: (store: Store) => void = () => {}): string | undefined => {
    const store = openTestStore({}, withoutSync(file));
    change(store);
    store.commit();
    const event = store.lastEvents.lastEvent(A);
    store.close();
    return event;
  };
  assert.equal(saidLast(), undefined);
  assert.equal(saidLast((store) => store.lastEvents.setLastEvent(A, "it fails")), "it fails");
  assert.equal(saidLast((store) => store.pending.setPaused(A, true)), "it fails");
  assert.equal(saidLast((store) => void store.pending.forget(A)), undefined);
  assert.equal(saidLast(), undefined);
});

withStore("a dead letter that is tried just now is not discarded, nor what is none", (store) => {
  const [seq] = kill(store, "web-0");
  store.pending.retryDeadLetters(A);
  const flying = takeOne(store);
  assert.equal(store.pending.discard(A, seq), 0);
  assert.equal(store.pending.discard(A), 0);
  assert.equal(store.pending.retryDeadLetter(A, flying.seq), false);
  store.pending.acknowledged(flying, 0);
  record(store, [A], { name: "web-1" });
  const { seq: alive } = takeOne(store);
  assert.equal(store.pending.discard(A, alive), 0);
  assert.equal(store.pending.discard("nobody"), 0);
  assert.equal(store.pending.lost(A).messages, 0);
});

withStore("the end of a pod is sent though what was known of it was discarded", (store) => {
  kill(store, "web-0");
  store.pending.discard(A);
  const pod = store.inventory.holder("shop", "web-0") ?? assert.fail();
  assert.deepEqual(store.inventory.audience(pod), [A, B]);
  recordEnd(store, [A], { resourceVersion: "2" });
  assert.deepEqual(drain(store, A).map(({ event }) => event), ["pod.deleted"]);
});

withStore("the next pod of a name begins when the end of the one before is discarded", (store) => {
  recordEnd(store, [A], { uid: "old" });
  store.pending.failed(takeOne(store), DEAD, 1e9);
  record(store, [A], { uid: "new", resourceVersion: "2" });
  assert.deepEqual(takeAll(store, A), []);
  assert.equal(store.pending.discard(A), 1);
  assert.equal(takeOne(store).uid, "new");
});

withFolder("what was discarded does not come back, and stays lost, after a restart", (folder) => {
  const file = `${folder}/state.db`;
  const store = openTestStore({}, withoutSync(file));
  record(store, [A], { name: "web-0" });
  record(store, [A], { name: "web-1" });
  store.close();
  const second = openTestStore({}, withoutSync(file));
  second.pending.failed(takeOne(second), DEAD, 1e9);
  assert.equal(second.pending.discard(A), 1);
  second.close();
  const third = openTestStore({}, withoutSync(file));
  assert.deepEqual(drain(third, A).map(({ name }) => name), ["web-1"]);
  assert.equal(third.pending.lost(A).messages, 1);
  third.close();
});

withStore(
  "one dead letter is tried again, before what else could be sent, and the others are not",
  (store) => {
    const [, second] = kill(store, "web-0", "web-1");
    record(store, [A], { name: "web-2" });
    store.commit();
    assert.equal(store.pending.retryDeadLetter(A, second ?? 0), true);
    assert.deepEqual(takeAll(store, A).map(({ name, failures }) => [name, failures.dead]), [
      ["web-1", 1],
      ["web-2", 0],
    ]);
    assert.equal(store.pending.retryDeadLetter("nobody", 1), false);
  },
);

withStore(
  "what is pending says the current version of a pod, unless it is an older one or a dead letter",
  (store) => {
    const pod = record(store, [A], { reasons: ["restarted"] });
    assert.equal(store.pending.hasCurrent(A, pod), true);
    const first = takeOne(store);
    assert.equal(store.pending.hasCurrent(A, pod), true, "in flight");
    record(store, [B], { resourceVersion: "2" });
    assert.equal(store.pending.hasCurrent(A, pod), false);
    record(store, [A], { resourceVersion: "3", reasons: ["restarted"] });
    store.pending.failed(first, DEAD, 0);
    assert.equal(store.pending.hasCurrent(A, pod), true, "behind a dead letter that is tried again");
    store.pending.discard(A);
    store.pending.failed(takeOne(store), DEAD, 1e9);
    assert.equal(store.pending.hasCurrent(A, pod), false, "as a dead letter");
    assert.equal(store.pending.hasCurrent("nobody", pod), false);
  },
);

withFolder(
  "when a pod changed is known after a restart, and what only repeats a version is no change",
  async (folder) => {
    const file = `${folder}/state.db`;
    const clock = new TestClock();
    const store = openTestStore({ clock }, withoutSync(file));
    const changedAt = clock.now();
    const pod = record(store, [A]);
    await clock.advance(1_000);
    const { resourceVersion } = pod;
    store.record(pod, {
      event: "pod.changed",
      resourceVersion,
      reasons: ["sync"],
      occasion: "resync",
      body: undefined,
    }, [A]);
    assert.equal(pod.changedAt, changedAt);
    store.close();
    const again = openTestStore({ clock }, withoutSync(file));
    const known = again.inventory.holder("shop", "web-0");
    assert.equal(known?.changedAt, changedAt);
    record(again, [A], { resourceVersion: "2" });
    assert.equal(known?.changedAt, changedAt + 1_000);
    again.close();
  },
);
