import assert from "node:assert/strict";
import { owe } from "../../tests/kit/owed.ts";
import { openTestStore } from "../../tests/kit/store.ts";
import { openDatabase, openInMemory } from "./database.ts";
import { openStore } from "./sqlite_store.ts";

Deno.test("of a transaction that throws, nothing happened", () => {
  const store = openTestStore();
  const fault = new Error("on the way");
  assert.throws(() =>
    store.transaction(() => {
      store.inventory.beginSync(undefined, true);
      store.inventory.endSync(undefined);
      owe(store.outbox, "a");
      throw fault;
    }), fault);
  assert.equal(store.inventory.epoch, 0);
  assert.equal(store.inventory.isSynced(undefined), false);
  assert.deepEqual(store.outbox.endpoints(), []);
  store.transaction(() => owe(store.outbox, "a"));
  assert.deepEqual(store.outbox.endpoints(), ["a"]);
  store.close();
});

Deno.test("while the disk is full the store goes on in memory, and returns to the file with all of it", () => {
  const file = `${Deno.makeTempDirSync()}/state.db`;
  const database = openDatabase(file);
  const faults: string[] = [];
  let now = 0;
  const store = openStore(database, {
    now: () => now,
    onDiskFault: (fault, kept) => faults.push(fault ?? `kept ${kept}`),
  });
  store.transaction(() => owe(store.outbox, "a", { name: "before" }));
  const { page_count: pages } = database.prepare("PRAGMA page_count").get() ?? {};
  database.exec(`PRAGMA max_page_count = ${Number(pages) + 1}`);
  store.transaction(() => {
    for (let pod = 0; pod < 1_000; pod++) owe(store.outbox, "a", { name: `web-${pod}` });
  });
  assert.equal(store.degraded, true);
  assert.match(faults[0] ?? "", /full/);
  assert.equal(store.outbox.owed("a").waiting, 1_001);
  const [first] = store.outbox.take("a", 0, 1);
  assert.equal(first?.name, "before");
  now += 10_000;
  if (first !== undefined) store.transaction(() => store.outbox.accepted(first));
  assert.equal(store.degraded, true, "there is still no room");
  database.exec("PRAGMA max_page_count = 100000");
  now += 10_000;
  store.transaction(() => owe(store.outbox, "a", { name: "after" }));
  assert.equal(store.degraded, false);
  assert.deepEqual(faults.slice(1), ["kept 2"]);
  store.close();
  const again = openStore(openDatabase(file));
  assert.equal(again.outbox.owed("a").waiting, 1_001);
  again.close();
  Deno.removeSync(file.replace(/\/[^/]*$/, ""), { recursive: true });
});

Deno.test("deletions are forgotten an hour after they were seen", () => {
  let now = 0;
  const store = openStore(openInMemory(), { now: () => now });
  store.inventory.remove("a", { at: 0 });
  now = 3_600_000;
  store.tidy();
  assert.equal(store.inventory.isPast("a", "1"), true);
  now++;
  store.tidy();
  assert.equal(store.inventory.isPast("a", "1"), false);
  store.close();
});

Deno.test("room that is no longer needed on the disk is given back", () => {
  const database = openDatabase(`${Deno.makeTempDirSync()}/state.db`);
  const store = openStore(database);
  const pages = (): number => Number(database.prepare("PRAGMA page_count").get()?.["page_count"]);
  const empty = pages();
  store.transaction(() => {
    for (let pod = 0; pod < 500; pod++) owe(store.outbox, "a", { name: `web-${pod}` });
  });
  assert.ok(pages() > empty + 20);
  store.transaction(() => store.endpoints.forget("a"));
  store.tidy();
  assert.ok(pages() <= empty + 2, `${pages()} pages, ${empty} when it was empty`);
  store.close();
});
