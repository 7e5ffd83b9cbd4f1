import assert from "node:assert/strict";
import { fillUp, makeRoom, withSmallDisk } from "../../tests/kit/small_disk.ts";
import { withoutSync, writeStateFile } from "../../tests/kit/state_file.ts";
import { A, openTestStore, record, takeAll, takeReady } from "../../tests/kit/store.ts";
import { withRig } from "../../tests/kit/store_rig.ts";
import { TestDisk } from "../../tests/kit/test_disk.ts";
import type { Store } from "./store.ts";

withRig("while the disk is full everything goes on, and is written when there is room", async (rig) => {
  const { store, disk, clock, folder, faults, open } = rig;
  await overflow(store, disk);
  assert.equal(faults.length, 1);
  assert.equal(takeAll(store, A).length, 1_001, "nothing waits for a disk that fails");
  await clock.advance(10_000);
  assert.match(store.fault ?? "", /full/, "there is still no room");
  disk.copyTo(`${folder}/behind.db`);
  disk.makeRoom();
  await clock.advance(10_000);
  for (let turn = 0; turn < 20; turn++) await clock.advance(0);
  assert.equal(store.fault, undefined);
  assert.deepEqual(faults.slice(1), [undefined]);
  await disk.endSync();
  disk.copyTo(`${folder}/copy.db`);
  const again = open(`${folder}/copy.db`);
  assert.deepEqual([again.pending.counts(A).pending, again.inventory.epoch], [1_001, 0]);
  const behind = open(`${folder}/behind.db`);
  assert.equal(behind.inventory.epoch, 2, "what was sent meanwhile is in no row: what is listed is news");
  assert.equal(behind.pending.counts(A).pending, 1);
  assert.equal(takeReady(behind).epoch, 1, "and what was pending is older than that");
  const pod = behind.inventory.holder("shop", "before") ?? assert.fail();
  assert.equal(pod.epoch, 1, "and so is what is said again before the list");
});

withRig("a disk that fails is tried again after ten seconds, and not with each commit", async (rig) => {
  const { store, disk, clock } = rig;
  fillBeyond(store, disk);
  disk.makeRoom();
  await clock.advance(9_999);
  for (let turn = 0; turn < 20; turn++) store.commit();
  assert.match(store.fault ?? "", /full/);
  await clock.advance(1);
  for (let turn = 0; turn < 20; turn++) await clock.advance(0);
  assert.equal(store.fault, undefined);
});

/** One pod is in the file, pending for A, when the disk gets full. */
async function overflow(store: Store, disk: TestDisk, pods?: number): Promise<void> {
  record(store, [A], { name: "before" });
  store.commit();
  await disk.endSync();
  fillBeyond(store, disk, pods);
}

/** The disk is full, and so many pods become known, each pending for A. */
function fillBeyond(store: Store, disk: TestDisk, pods = 1_000): void {
  disk.fillUp();
  for (let pod = 0; pod < pods; pod++) record(store, [A], { name: `web-${pod}` });
  store.commit();
  assert.match(store.fault ?? "", /full/);
}

withRig("after a fault one commit writes a bounded number of rows", async ({ store, disk, clock }) => {
  await overflow(store, disk, 2_000);
  disk.makeRoom();
  clock.freeze(10_000);
  const written: number[] = [];
  for (let before = rowsWritten(disk); store.fault !== undefined; before += written.at(-1) ?? 0) {
    store.commit();
    written.push(rowsWritten(disk) - before);
    assert.ok(written.length < 100, `${written}`);
  }
  assert.ok(written.every((rows) => rows > 0 && rows <= 1_000), `${written}`);
  assert.ok(written.reduce((sum, rows) => sum + rows, 0) > 6_000, `${written}`);
});

/** By all statements so far, of transactions that were rolled back too. */
function rowsWritten(disk: TestDisk): number {
  return Number(disk.open().prepare("SELECT total_changes() AS rows").get()?.["rows"]);
}

withRig(
  "a sync that began before the disk was full does not show that the file has all again",
  async (rig) => {
    const { store, disk, clock, folder, open } = rig;
    record(store, [A], { name: "before" });
    store.commit();
    assert.equal(disk.syncing, 1);
    fillBeyond(store, disk);
    assert.equal(takeAll(store, A).length, 1_001, "what is in no file is sent");
    disk.makeRoom();
    await clock.advance(10_000);
    for (let turn = 0; turn < 20; turn++) await clock.advance(0);
    assert.equal(store.fault, undefined);
    await disk.endSync();
    disk.copyTo(`${folder}/cut.db`, true);
    assert.equal(open(`${folder}/cut.db`).inventory.epoch, 2);
    await disk.endSync();
    disk.copyTo(`${folder}/later.db`, true);
    assert.equal(open(`${folder}/later.db`).inventory.epoch, 0);
  },
);

withRig(
  "a sync that fails is a fault of the disk, and holds nothing up",
  async ({ store, disk, clock, faults }) => {
    record(store, [A]);
    store.commit();
    await disk.endSync(new Error("disk I/O error"));
    assert.match(faults.join(), /^the disk has a fault/);
    assert.equal(takeReady(store).name, "web-0");
    await clock.advance(10_000);
    assert.equal(store.fault, undefined);
  },
);

withRig("after a sync that failed the log is not relied on", async ({ store, disk, clock, folder, open }) => {
  record(store, [A]);
  store.commit();
  await disk.endSync(new Error("disk I/O error"));
  await clock.advance(10_000);
  // The kernel may have let go of what the log held, and have said so once.
  disk.copyTo(`${folder}/copy.db`);
  await Deno.remove(`${folder}/copy.db-wal`);
  assert.equal(open(`${folder}/copy.db`).inventory.count(), 1);
});

withRig(
  "an inventory in a file that is behind stays one of its epoch",
  async ({ store, disk, folder, open }) => {
    const page = { event: "k8svent.inventory", resourceVersion: "1", reasons: [], occasion: "1" } as const;
    store.record(undefined, { ...page, body: new TextEncoder().encode("{}") }, [A], "inventory-1");
    store.commit();
    await disk.endSync();
    disk.setBehind(0);
    disk.copyTo(`${folder}/behind.db`);
    assert.equal(takeReady(open(`${folder}/behind.db`)).epoch, 0);
  },
);

withRig("two crashes while the disk is full begin two new epochs", async ({ store, disk, folder }) => {
  await overflow(store, disk);
  disk.copyTo(`${folder}/once.db`);
  const once = new TestDisk(`${folder}/once.db`);
  const second = openTestStore({}, once);
  fillBeyond(second, once);
  assert.equal(second.inventory.epoch, 2);
  once.copyTo(`${folder}/twice.db`);
  second.close();
  const third = openTestStore({}, new TestDisk(`${folder}/twice.db`));
  assert.deepEqual([takeReady(third).epoch, third.inventory.epoch], [3, 4]);
  third.close();
});

withSmallDisk(
  "a start on a full disk works, delivers from memory and says so; the file is made later",
  (folder) => {
    fillUp(folder);
    const path = `${folder}/state.db`;
    let now = 0;
    const faults: (string | undefined)[] = [];
    const clock = { now: () => now, monotonic: () => now, after: () => () => {} };
    const store = openTestStore(
      { clock, onDiskFault: (fault) => void faults.push(fault) },
      withoutSync(path),
    );
    for (let pod = 0; pod < 300; pod++) record(store, [A], { name: `web-${pod}` });
    assert.equal(takeAll(store, A).length, 300);
    assert.match(store.fault ?? "", /full/);
    makeRoom(folder);
    now += 10_000;
    for (let turn = 0; turn < 10; turn++) store.commit();
    assert.deepEqual([store.fault, faults.length], [undefined, 2]);
    store.close();
    const again = openTestStore({ file: path });
    assert.equal(again.pending.counts(A).pending, 300);
    again.close();
  },
);

withSmallDisk("a start from a file on a full disk works, and an end there tells the next start", (folder) => {
  const path = `${folder}/state.db`;
  writeStateFile(path, 20);
  fillUp(folder);
  const store = openTestStore({}, withoutSync(path));
  assert.deepEqual(
    [store.inventory.count(), store.pending.counts(A).pending],
    [20, 20],
    "what is there is read",
  );
  for (let pod = 0; pod < 2_000; pod++) record(store, [A], { name: `new-${pod}` });
  assert.equal(takeAll(store, A).length, 2_020);
  assert.match(store.fault ?? "", /full/);
  store.tidy();
  store.close();
  makeRoom(folder);
  const again = openTestStore({ file: path });
  assert.deepEqual([again.inventory.count(), again.inventory.epoch], [20, 2]);
  again.close();
  const third = openTestStore({ file: path });
  assert.equal(third.inventory.epoch, 2, "once");
  third.close();
});

withSmallDisk("a file that another process made while the disk was full is not written into", (folder) => {
  const path = `${folder}/state.db`;
  fillUp(folder);
  let now = 0;
  const clock = { now: () => now, monotonic: () => now, after: () => () => {} };
  const store = openTestStore({ clock }, withoutSync(path));
  record(store, [A], { name: "mine" });
  store.commit();
  assert.match(store.fault ?? "", /full/);
  makeRoom(folder);
  Deno.removeSync(path);
  writeStateFile(path, 20);
  now += 10_000;
  store.commit();
  assert.equal(takeReady(store).name, "mine");
  store.close();
  const again = openTestStore({ file: path });
  assert.deepEqual([again.inventory.count(), again.inventory.holder("shop", "mine")], [20, undefined]);
  again.close();
});
