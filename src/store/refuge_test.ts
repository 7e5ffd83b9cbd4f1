import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { makePod, summaryOf } from "../../tests/kit/pods.ts";
import { fillUp, makeRoom, withSmallDisk } from "../../tests/kit/small_disk.ts";
import { printPod } from "../pod/json.ts";
import { openDatabase, openInMemory } from "./database.ts";
import { isDiskFault, Refuge } from "./refuge.ts";
import { openStore, type StoreOptions } from "./sqlite_store.ts";
import type { Store } from "./store.ts";

/** A store on a file, and what it told of its disk. */
interface Rig {
  store: Store;
  faults: (string | undefined)[];
  clock: { now: number };
}

function open(folder: string, options: Partial<StoreOptions> = {}): Rig {
  const faults: (string | undefined)[] = [];
  const clock = { now: 0 };
  const store = openStore(openDatabase(`${folder}/state.db`), {
    now: () => clock.now,
    onDiskFault: (fault) => faults.push(fault),
    ...options,
  });
  return { store, faults, clock };
}

function see(store: Store, name: string, version = "1"): void {
  const pod = makePod({ name, version });
  const { uid, namespace, resourceVersion } = pod.metadata;
  const known = { uid, namespace, name, resourceVersion, epoch: 0, route: undefined, environment: undefined };
  store.transaction(() => {
    const body = store.inventory.put({ ...known, summary: summaryOf(pod) }, printPod(pod), undefined);
    store.outbox.owe("a", { ...known, event: "pod.changed", body, reasons: ["metadata"], occasion: "" });
  });
}

function seeMany(store: Store, count: number): void {
  for (let pod = 0; pod < count; pod++) see(store, `web-${pod}`);
}

withSmallDisk("on a disk that fills up everything goes on from memory, and that is told once", (folder) => {
  const { store, faults } = open(folder);
  see(store, "before");
  fillUp(folder);
  seeMany(store, 300);
  assert.equal(store.degraded, true);
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? "", /disk is full/);
  assert.equal(store.outbox.owed("a").waiting, 301);
  assert.equal(store.inventory.count(), 301);
  const [first] = store.outbox.take("a", 0, 1);
  assert.equal(first?.name, "before");
  if (first !== undefined) store.transaction(() => store.outbox.accepted(first));
  assert.equal(store.outbox.owed("a").waiting, 300);
  store.close();
});

withSmallDisk("when there is room again all of it goes back to the file, within ten seconds", (folder) => {
  const { store, faults, clock } = open(folder);
  see(store, "before");
  fillUp(folder);
  seeMany(store, 300);
  makeRoom(folder);
  clock.now += 9_999;
  see(store, "during");
  assert.equal(store.degraded, true);
  clock.now += 1;
  see(store, "after");
  assert.equal(store.degraded, false);
  assert.deepEqual(faults.map((fault) => fault === undefined), [false, true]);
  store.close();
  const { store: again } = open(folder);
  assert.equal(again.outbox.owed("a").waiting, 303);
  assert.equal(again.inventory.count(), 303);
  again.close();
});

withSmallDisk("a wall clock that was set back does not keep the store off the file", (folder) => {
  const { store, clock } = open(folder);
  fillUp(folder);
  seeMany(store, 300);
  makeRoom(folder);
  clock.now -= 3_600_000;
  see(store, "after");
  assert.equal(store.degraded, false);
  store.close();
});

withSmallDisk("a store that ends while it is in memory takes its chance to write the file", (folder) => {
  const { store } = open(folder);
  fillUp(folder);
  seeMany(store, 300);
  makeRoom(folder);
  store.close();
  const { store: again } = open(folder);
  assert.equal(again.outbox.owed("a").waiting, 300);
  again.close();
});

withSmallDisk("after a crash in memory the file tells the state before, whole and undamaged", (folder) => {
  const { store } = open(folder);
  see(store, "before");
  fillUp(folder);
  seeMany(store, 300);
  // The disk stays full, so closing writes nothing: the same as a crash for the file.
  store.close();
  makeRoom(folder);
  const { store: again } = open(folder);
  assert.equal(again.outbox.owed("a").waiting, 1);
  assert.notEqual(again.inventory.known("uid-before"), undefined);
  assert.equal(again.inventory.known("uid-web-299"), undefined, "the list finds it");
  again.close();
});

withSmallDisk("the minute's tidying of a full disk ends nothing", (folder) => {
  const { store: before } = open(folder);
  seeMany(before, 20);
  before.transaction(() => {
    before.endpoints.forget("a");
    for (let pod = 0; pod < 20; pod++) before.inventory.remove(`uid-web-${pod}`, undefined);
  });
  before.close();
  // There are pages to give back now, and the write-ahead log has no room left over.
  const { store, faults } = open(folder);
  fillUp(folder);
  store.tidy();
  store.tidy();
  see(store, "after");
  assert.equal(store.outbox.owed("a").waiting, 1);
  assert.equal(faults.length, 1);
  store.close();
});

withSmallDisk("in memory the smaller limit counts", (folder) => {
  const { store } = open(folder, { refugeLimit: 20_000 });
  fillUp(folder);
  seeMany(store, 300);
  assert.equal(store.degraded, true);
  assert.equal(store.outbox.owed("a").waiting, 300, "newest versions can be read again");
  const reduced = store.outbox.take("a", 0, 300).filter(({ completeness }) => completeness === "fetchable");
  assert.ok(reduced.length > 100, `${reduced.length} reduced`);
  store.close();
});

Deno.test("a file that is larger than memory may be is reduced on its way, the oldest texts first", () => {
  const file = openInMemory();
  const store = openStore(file);
  seeMany(store, 300);
  let memory: DatabaseSync | undefined;
  const bytesIn = (database = file): number =>
    database.prepare("SELECT total(length(deflated)) AS bytes FROM body").get()?.["bytes"] as number;
  const refugeLimit = bytesIn() / 5;
  const options = { now: () => 0, onDiskFault: () => {}, refugeLimit };
  const refuge = new Refuge(file, options, (database) => memory = database);
  refuge.take(new Error("database or disk is full"));
  const rows = memory?.prepare("SELECT reduced FROM body ORDER BY id").all() ?? [];
  const whole = rows.findIndex((row) => row["reduced"] === 0);
  assert.equal(rows.length, 300);
  assert.ok(whole > 250 && whole < 299, `${whole} reduced`);
  assert.ok(rows.slice(whole).every((row) => row["reduced"] === 0));
  assert.ok(bytesIn(memory) < bytesIn(), `${bytesIn(memory)} bytes of ${bytesIn()}`);
  refuge.close();
  store.close();
});

Deno.test("what was asked wrongly is no fault of the disk", () => {
  for (
    const message of ["database or disk is full", "disk I/O error", "attempt to write a readonly database"]
  ) {
    assert.equal(isDiskFault(new Error(message)), true, message);
  }
  for (const message of ["no such table: pod", "UNIQUE constraint failed: pod.uid", "database is locked"]) {
    assert.equal(isDiskFault(new Error(message)), false, message);
  }
  assert.equal(isDiskFault("disk I/O error"), false);
});
