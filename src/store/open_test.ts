import assert from "node:assert/strict";
import { A, openTestStore, record, takeReady } from "../../tests/kit/store.ts";
import { withRig } from "../../tests/kit/store_rig.ts";
import { TestDisk } from "../../tests/kit/test_disk.ts";

withRig(
  "with a state file nothing is handed out before the log is on the disk",
  async ({ store, disk, ready }) => {
    record(store, [A]);
    store.commit();
    assert.equal(store.pending.take(A, 0), undefined);
    assert.deepEqual(ready, []);
    await disk.endSync();
    assert.deepEqual(ready, [A]);
    assert.equal(takeReady(store).name, "web-0");
  },
);

withRig("one sync runs at a time, and covers what was committed before it began", async ({ store, disk }) => {
  record(store, [A], { name: "web-0" });
  store.commit();
  record(store, [A], { name: "web-1" });
  store.commit();
  record(store, [A], { name: "web-2" });
  store.commit();
  assert.equal(disk.syncing, 1);
  await disk.endSync();
  assert.deepEqual([takeReady(store).name, store.pending.take(A, 0)], ["web-0", undefined]);
  assert.equal(disk.syncing, 1);
  await disk.endSync();
  assert.deepEqual([takeReady(store).name, takeReady(store).name], ["web-1", "web-2"]);
  assert.equal(disk.syncing, 0);
});

withRig(
  "the next message of a line waits until the acknowledgement is on the disk",
  async ({ store, disk, clock }) => {
    record(store, [A], { resourceVersion: "1", reasons: ["terminated"] });
    record(store, [A], { resourceVersion: "2" });
    store.commit();
    await disk.endSync();
    store.pending.acknowledged(takeReady(store), 0);
    assert.equal(store.pending.take(A, 0), undefined);
    await clock.advance(0);
    assert.equal(disk.syncing, 1, "it is committed at once, because its line goes on");
    assert.equal(store.pending.take(A, 0), undefined);
    await disk.endSync();
    assert.equal(takeReady(store).resourceVersion, "2");
  },
);

withRig("a line that goes on is committed at once, also while another acknowledgement waits", async (rig) => {
  const { store, disk, clock } = rig;
  record(store, [A], { name: "alone" });
  record(store, [A], { resourceVersion: "1", reasons: ["terminated"] });
  record(store, [A], { resourceVersion: "2" });
  store.commit();
  await disk.endSync();
  for (let time = 0; time < 2; time++) store.pending.acknowledged(takeReady(store), 0);
  await clock.advance(0);
  assert.equal(disk.syncing, 1);
  await disk.endSync();
});

withRig(
  "an acknowledgement that nothing waits for is committed after 250 ms",
  async ({ store, disk, clock }) => {
    record(store, [A]);
    store.commit();
    await disk.endSync();
    store.pending.acknowledged(takeReady(store), 0);
    await clock.advance(249);
    assert.equal(disk.syncing, 0);
    await clock.advance(1);
    assert.equal(disk.syncing, 1);
    await disk.endSync();
  },
);

withRig("what is recorded after the end changes nothing", ({ folder }) => {
  const store = openTestStore({}, new TestDisk(`${folder}/other.db`));
  store.close();
  record(store, [A]);
  store.commit();
  assert.equal(store.fault, undefined);
});
