import assert from "node:assert/strict";
import { withRig } from "../../tests/kit/store_rig.ts";
import { A, drain, openTestStore, record, takeReady } from "../../tests/kit/store.ts";
import { withoutSync } from "../../tests/kit/state_file.ts";
import { openFile } from "./database.ts";
import { GONE } from "./disk_fault.ts";

const LATER = 10_000;

for (
  const [what, change] of [
    ["removed", (path: string) => Deno.removeSync(path)],
    ["moved away", (path: string) => Deno.renameSync(path, `${path}.old`)],
    ["replaced by a backup", (path: string) => {
      Deno.copyFileSync(path, `${path}.backup`);
      Deno.renameSync(`${path}.backup`, path);
    }],
    ["left without its log", (path: string) => Deno.removeSync(`${path}-wal`)],
  ] as const
) {
  withRig(`a state file that is ${what} is a fault of the disk, and deliveries go on`, async (rig) => {
    const { store, disk, clock, folder, faults } = rig;
    record(store, [A]);
    store.commit();
    await disk.endSync();
    change(`${folder}/state.db`);
    await clock.advance(LATER);
    record(store, [A], { name: "web-1" });
    store.commit();
    assert.deepEqual(faults, [GONE]);
    assert.deepEqual([takeReady(store).name, takeReady(store).name], ["web-0", "web-1"]);
    assert.match(await Deno.readTextFile(`${folder}/state.db-mark`), /^behind in epoch 0/);
  });
}

withRig(
  "a state file that is put back is written on",
  async ({ store, disk, clock, folder, faults, open }) => {
    const path = `${folder}/state.db`;
    record(store, [A]);
    store.commit();
    await disk.endSync();
    for (const end of ["", "-wal"]) await Deno.rename(`${path}${end}`, `${path}${end}.old`);
    await clock.advance(LATER);
    record(store, [A], { name: "web-1" });
    store.commit();
    for (const end of ["", "-wal"]) await Deno.rename(`${path}${end}.old`, `${path}${end}`);
    await clock.advance(LATER);
    await disk.endSync();
    assert.deepEqual(faults, [GONE, undefined]);
    disk.copyTo(`${folder}/copy.db`);
    assert.equal(drain(open(`${folder}/copy.db`), A).length, 2);
  },
);

withRig(
  "after a state file was replaced the next start begins an epoch, and the log of another stays",
  async (rig) => {
    const { clock, folder } = rig;
    const path = `${folder}/mine.db`;
    const store = openTestStore({ clock }, withoutSync(path));
    record(store, [A]);
    store.commit();
    for (const end of ["", "-wal"]) await Deno.remove(`${path}${end}`);
    const other = openFile(path);
    other.database?.exec("INSERT INTO meta (key, value) VALUES ('a', 'b')");
    await clock.advance(LATER);
    record(store, [A], { name: "web-1" });
    store.commit();
    store.close();
    assert.ok((await Deno.stat(`${path}-wal`)).size > 0);
    other.close();
    assert.equal(rig.open(path).inventory.epoch, 2);
  },
);
