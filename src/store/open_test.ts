import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { drain, openTestStore, record, takeAll } from "../../tests/kit/store.ts";
import { TestDisk } from "../../tests/kit/test_disk.ts";
import type { Message, Store, StoreOptions } from "./store.ts";

const A = "a.example.com";

/** A store on a file whose disk the test moves. */
interface Rig {
  store: Store;
  disk: TestDisk;
  clock: TestClock;
  folder: string;
  /** Endpoints that became ready, in order. */
  ready: string[];
  faults: (string | undefined)[];
  open: (path: string, options?: Partial<StoreOptions>) => Store;
}

function withRig(name: string, test: (rig: Rig) => Promise<void> | void): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    const [clock, ready, faults] = [
      new TestClock(undefined, () => Promise.resolve()),
      [] as string[],
      [] as Rig["faults"],
    ];
    const disk = new TestDisk(`${folder}/state.db`);
    const opened: Store[] = [];
    const options = {
      clock,
      onReady: (endpoints: ReadonlySet<string>) => void ready.push(...endpoints),
      onDiskFault: (fault: string | undefined) => void faults.push(fault),
    };
    const open = (path: string, more: Partial<StoreOptions> = {}): Store => {
      const store = openTestStore({ ...options, ...more }, path === "" ? disk : new TestDisk(path));
      opened.push(store);
      return store;
    };
    try {
      await test({ store: open(""), disk, clock, folder, ready, faults, open });
    } finally {
      for (const store of opened) store.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

function takeOne(store: Store, now = 0): Message {
  return store.pending.take(A, now) ?? assert.fail("nothing can be sent");
}

withRig(
  "with a state file nothing is handed out before the log is on the disk",
  async ({ store, disk, ready }) => {
    record(store, [A]);
    store.commit();
    assert.equal(store.pending.take(A, 0), undefined);
    assert.deepEqual(ready, []);
    await disk.endSync();
    assert.deepEqual(ready, [A]);
    assert.equal(takeOne(store).name, "web-0");
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
  assert.deepEqual([takeOne(store).name, store.pending.take(A, 0)], ["web-0", undefined]);
  assert.equal(disk.syncing, 1);
  await disk.endSync();
  assert.deepEqual([takeOne(store).name, takeOne(store).name], ["web-1", "web-2"]);
  assert.equal(disk.syncing, 0);
});

withRig(
  "the next message of a line waits until the acknowledgement is on the disk",
  async ({ store, disk, clock }) => {
    record(store, [A], { resourceVersion: "1", reasons: ["terminated"] });
    record(store, [A], { resourceVersion: "2" });
    store.commit();
    await disk.endSync();
    store.pending.acknowledged(takeOne(store), 0);
    assert.equal(store.pending.take(A, 0), undefined);
    await clock.advance(0);
    assert.equal(disk.syncing, 1, "it is committed at once, because its line goes on");
    assert.equal(store.pending.take(A, 0), undefined);
    await disk.endSync();
    assert.equal(takeOne(store).resourceVersion, "2");
  },
);

withRig(
  "an acknowledgement that nothing waits for is committed after 250 ms",
  async ({ store, disk, clock }) => {
    record(store, [A]);
    store.commit();
    await disk.endSync();
    store.pending.acknowledged(takeOne(store), 0);
    await clock.advance(249);
    assert.equal(disk.syncing, 0);
    await clock.advance(1);
    assert.equal(disk.syncing, 1);
    await disk.endSync();
  },
);

withRig("what is known and pending survives a crash at any commit", async ({ store, disk, folder, open }) => {
  store.inventory.beginEpoch();
  store.inventory.bind({ cluster: "here" });
  store.inventory.setReached("shop", "42");
  store.inventory.endSync("shop");
  const pod = record(store, [A, "b"], { resourceVersion: "7", text: '{"n":9223372036854775807}' });
  store.inventory.reroute(pod, ["x"], "e");
  store.inventory.setReminder(pod, 5);
  const gone = record(store, [], { name: "gone" });
  store.inventory.remove(gone, { version: "3", left: true });
  store.commit();
  await disk.endSync();
  const [message] = takeAll(store, "b");
  store.pending.acknowledged(message ?? assert.fail(), 0);
  store.commit();
  disk.copyTo(`${folder}/copy.db`);
  const again = open(`${folder}/copy.db`);
  const known = again.inventory.known("uid-web-0") ?? assert.fail();
  assert.deepEqual(
    [known.resourceVersion, known.epoch, known.route, known.environment, known.namespace, known.name],
    ["7", 1, ["x"], "e", "shop", "web-0"],
  );
  assert.deepEqual(again.inventory.audience(known), [A, "b"]);
  assert.equal(new TextDecoder().decode(again.inventory.bodyOf(known)?.body), '{"n":9223372036854775807}');
  assert.deepEqual(again.inventory.tombstone("uid-gone")?.left, true);
  assert.deepEqual([again.inventory.reached("shop"), again.inventory.isSynced("shop")], ["42", true]);
  assert.deepEqual(again.inventory.binding, { cluster: "here" });
  assert.deepEqual(again.inventory.remindable(5, 10), [known]);
  assert.deepEqual([again.pending.has(A, "uid-web-0"), again.pending.has("b", "uid-web-0")], [true, false]);
  assert.deepEqual(drain(again, A).map(({ resourceVersion }) => resourceVersion), ["7"]);
});

withRig("how endpoints stand to a pod survives a restart, and what was recorded for them", async (rig) => {
  const { store, disk, folder, open } = rig;
  const pod = record(store, [A, "b", "c"], { resourceVersion: "7" });
  store.inventory.put({ ...pod, workload: "Deployment/web" });
  store.followers.setStanding(pod, "b", "left");
  store.followers.setStanding(pod, "c", undefined);
  store.followers.setStanding(pod, "d", "selected");
  store.followers.setSent(pod, A, "7");
  store.commit();
  await disk.endSync();
  disk.copyTo(`${folder}/copy.db`);
  const { inventory, followers } = open(`${folder}/copy.db`);
  const known = inventory.known("uid-web-0") ?? assert.fail();
  const standings = [A, "b", "c", "d", "e"].map((name) => followers.standing(known, name));
  assert.deepEqual(standings, ["sent", "left", undefined, "selected", undefined]);
  assert.deepEqual(inventory.audience(known), [A]);
  assert.deepEqual(followers.sent(A), [{ uid: "uid-web-0", resourceVersion: "7" }]);
  assert.equal(known.workload, "Deployment/web");
});

withRig(
  "what was recorded of a pod that is gone, or for an endpoint that is, does not survive a restart",
  async (rig) => {
    const { store, disk, folder, open } = rig;
    for (const name of ["web-0", "web-1"]) {
      const pod = record(store, [A, "b"], { name });
      for (const endpoint of [A, "b"]) store.followers.setSent(pod, endpoint, "1");
    }
    store.inventory.remove(store.inventory.known("uid-web-0") ?? assert.fail(), {
      version: "2",
      left: false,
    });
    store.pending.forget("b");
    store.commit();
    await disk.endSync();
    disk.copyTo(`${folder}/copy.db`);
    const { followers } = open(`${folder}/copy.db`);
    assert.deepEqual(followers.sent(A).map(({ uid }) => uid), ["uid-web-1"]);
    assert.deepEqual(followers.sent("b"), []);
  },
);

withRig(
  "a restart makes everything due, and keeps what is dead, how often it was tried, and why",
  async (rig) => {
    const { store, disk, folder, open } = rig;
    record(store, [A], { reasons: ["terminated"] });
    store.commit();
    await disk.endSync();
    const failures = { tries: 9, strikes: 4, failedAt: 77, dead: 2, why: "status 413" };
    store.pending.failed(takeOne(store), failures, 1e12);
    store.commit();
    disk.copyTo(`${folder}/copy.db`);
    const again = open(`${folder}/copy.db`);
    assert.equal(again.pending.counts(A).deadLetters, 1);
    assert.deepEqual(takeOne(again).failures, {
      tries: 9,
      strikes: 0,
      failedAt: 0,
      dead: 2,
      why: "status 413",
    });
  },
);

withRig("while the disk is full everything goes on, and is written when there is room", async (rig) => {
  const { store, disk, clock, folder, faults, open } = rig;
  record(store, [A], { name: "before" });
  store.commit();
  await disk.endSync();
  disk.fillUp();
  recordMany(store, 1_000);
  store.commit();
  assert.match(store.fault ?? "", /full/);
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
  assert.equal(takeOne(behind).epoch, 1, "and what was pending is older than that");
  const pod = behind.inventory.holder("shop", "before") ?? assert.fail();
  assert.equal(pod.epoch, 1, "and so is what is said again before the list");
});

withRig("a disk that fails is tried again after ten seconds, and not with each commit", async (rig) => {
  const { store, disk, clock } = rig;
  disk.fillUp();
  recordMany(store, 1_000);
  store.commit();
  disk.makeRoom();
  await clock.advance(9_999);
  for (let turn = 0; turn < 20; turn++) store.commit();
  assert.match(store.fault ?? "", /full/);
  await clock.advance(1);
  for (let turn = 0; turn < 20; turn++) await clock.advance(0);
  assert.equal(store.fault, undefined);
});

/** So many pods become known, each pending for A. */
function recordMany(store: Store, count: number): void {
  for (let pod = 0; pod < count; pod++) record(store, [A], { name: `web-${pod}` });
}

withRig("after a fault one commit writes a bounded number of rows", async ({ store, disk, clock }) => {
  record(store, [A], { name: "before" });
  store.commit();
  await disk.endSync();
  disk.fillUp();
  recordMany(store, 2_000);
  store.commit();
  assert.match(store.fault ?? "", /full/);
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
  "what was announced as lost is announced again if the acknowledgement of that did not reach the disk",
  async ({ store, disk, folder, open }) => {
    record(store, [A], { name: "dead" });
    store.commit();
    await disk.endSync();
    store.pending.failed(
      takeOne(store),
      { tries: 9, strikes: 4, failedAt: 1, dead: 1, why: "status 413" },
      1e12,
    );
    store.pending.discard(A);
    record(store, [A], { name: "next" });
    store.commit();
    await disk.endSync();
    store.pending.acknowledged(takeOne(store), 1);
    assert.equal(store.pending.lost(A).messages, 0);
    disk.copyTo(`${folder}/before.db`);
    store.commit();
    disk.copyTo(`${folder}/after.db`);
    const [before, after] = ["before", "after"].map((name) => open(`${folder}/${name}.db`).pending);
    assert.deepEqual([before?.lost(A).messages, before?.counts(A).pending], [1, 1]);
    assert.deepEqual([after?.lost(A).messages, after?.counts(A).pending], [0, 0]);
  },
);

withRig(
  "an inventory in a file that is behind stays one of its epoch",
  async ({ store, disk, folder, open }) => {
    const page = { event: "k8svent.inventory", resourceVersion: "1", reasons: [], occasion: "1" } as const;
    store.record(undefined, { ...page, body: new TextEncoder().encode("{}") }, [A], "inventory-1");
    store.commit();
    await disk.endSync();
    disk.setBehind(0);
    disk.copyTo(`${folder}/behind.db`);
    assert.equal(takeOne(open(`${folder}/behind.db`)).epoch, 0);
  },
);

withRig(
  "a sync that began before the disk was full does not show that the file has all again",
  async (rig) => {
    const { store, disk, clock, folder, open } = rig;
    record(store, [A], { name: "before" });
    store.commit();
    assert.equal(disk.syncing, 1);
    disk.fillUp();
    recordMany(store, 1_000);
    store.commit();
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

withRig("after a restart, what was reached is not what a pod of an older epoch shows", async (rig) => {
  const { store, disk, folder, open } = rig;
  record(store, [A], { resourceVersion: "900" });
  store.inventory.beginEpoch();
  store.inventory.setReached(undefined, "50");
  store.commit();
  await disk.endSync();
  disk.copyTo(`${folder}/copy.db`);
  assert.equal(open(`${folder}/copy.db`).inventory.reached(undefined), "50");
});

withRig("what is recorded after a restart leaves alone what was pending before", async (rig) => {
  const { store, disk, folder, open } = rig;
  record(store, [A], { name: "before" });
  store.commit();
  await disk.endSync();
  disk.copyTo(`${folder}/copy.db`);
  const again = open(`${folder}/copy.db`);
  record(again, [A], { name: "after" });
  assert.deepEqual(again.pending.list(A, 9).map(({ seq, name }) => [seq, name]), [[1, "before"], [
    2,
    "after",
  ]]);
});

withRig("a line that goes on is committed at once, also while another acknowledgement waits", async (rig) => {
  const { store, disk, clock } = rig;
  record(store, [A], { name: "alone" });
  record(store, [A], { resourceVersion: "1", reasons: ["terminated"] });
  record(store, [A], { resourceVersion: "2" });
  store.commit();
  await disk.endSync();
  for (let time = 0; time < 2; time++) store.pending.acknowledged(takeOne(store), 0);
  await clock.advance(0);
  assert.equal(disk.syncing, 1);
  await disk.endSync();
});

withRig("a pod of which no version was written is not known after a restart", async (rig) => {
  const { store, disk, folder, open } = rig;
  const pod = record(store, [A]);
  store.inventory.put({ ...pod, uid: "half", name: "half" });
  store.commit();
  await disk.endSync();
  disk.copyTo(`${folder}/copy.db`);
  const { inventory } = open(`${folder}/copy.db`);
  assert.deepEqual([...inventory.pods()].map(({ name }) => name), ["web-0"]);
});

withRig("what is recorded after the end changes nothing", ({ folder }) => {
  const store = openTestStore({}, new TestDisk(`${folder}/other.db`));
  store.close();
  record(store, [A]);
  store.commit();
  assert.equal(store.fault, undefined);
});

withRig("two crashes while the disk is full begin two new epochs", async ({ store, disk, folder }) => {
  record(store, [A], { name: "before" });
  store.commit();
  await disk.endSync();
  disk.fillUp();
  recordMany(store, 1_000);
  store.commit();
  assert.match(store.fault ?? "", /full/);
  disk.copyTo(`${folder}/once.db`);
  const once = new TestDisk(`${folder}/once.db`);
  once.fillUp();
  const second = openTestStore({}, once);
  recordMany(second, 1_000);
  second.commit();
  assert.match(second.fault ?? "", /full/);
  assert.equal(second.inventory.epoch, 2);
  once.copyTo(`${folder}/twice.db`);
  second.close();
  const third = openTestStore({}, new TestDisk(`${folder}/twice.db`));
  assert.deepEqual([takeOne(third).epoch, third.inventory.epoch], [3, 4]);
  third.close();
});

withRig(
  "a sync that fails is a fault of the disk, and holds nothing up",
  async ({ store, disk, clock, faults }) => {
    record(store, [A]);
    store.commit();
    await disk.endSync(new Error("disk I/O error"));
    assert.deepEqual(faults, ["the disk has a fault"]);
    assert.equal(takeOne(store).name, "web-0");
    await clock.advance(10_000);
    assert.equal(store.fault, undefined);
  },
);
