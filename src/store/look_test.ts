import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { record } from "../../tests/kit/store.ts";
import { run } from "../../tests/kit/command.ts";
import { fillUp, withSmallDisk } from "../../tests/kit/small_disk.ts";
import { TestClock } from "../../tests/kit/clock.ts";
import { StoreError } from "./disk_fault.ts";
import { lookAtStateFile } from "./look.ts";
import { openStore } from "./open.ts";
import type { Store } from "./store.ts";

/** Opens the store of a file, with something in it. */
function open(file: string): Store {
  const store = openStore({
    ...{ file, buffer: 2 ** 20, stateMax: 2 ** 20, clock: new TestClock() },
    ...{ onReady: (): void => {}, onEvicted: (): void => {}, onDiskFault: (): void => {} },
  });
  record(store, ["a"]);
  store.commit();
  return store;
}

async function inFolder(test: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** How large every file there is, and when it was written. To open one and close it would release the locks on it. */
function contents(folder: string): Record<string, string> {
  const files = [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name)
    .toSorted();
  return Object.fromEntries(files.map((name) => {
    const { size, mtime } = Deno.statSync(`${folder}/${name}`);
    return [name, `${size} ${mtime?.toISOString()}`];
  }));
}

/** Locks are between processes. */
async function lookFromOutside(file: string): Promise<string> {
  const look = JSON.stringify(new URL("look.ts", import.meta.url).href);
  const script = `import { lookAtStateFile } from ${look}; console.log(lookAtStateFile(${
    JSON.stringify(file)
  }));`;
  return (await run(Deno.execPath(), ["run", "-q", "-A", "-"], { stdin: script })).trim();
}

Deno.test("a look at a state file that is not there yet makes none", () =>
  inFolder((folder) => {
    assert.equal(lookAtStateFile(`${folder}/state.db`), "nothing");
    assert.deepEqual(contents(folder), {});
  }));

withSmallDisk("a look at a full disk says that it is full, and leaves nothing on it", (folder) => {
  fillUp(folder);
  assert.throws(() => lookAtStateFile(`${folder}/state.db`), (error) => {
    assert.ok(error instanceof StoreError);
    assert.match(error.message, /state\.db: the disk is full\./);
    return true;
  });
  assert.deepEqual(Object.keys(contents(folder)), ["filler"]);
});

Deno.test("a look at a link to a state file looks beside the file itself", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data`);
    const store = open(`${folder}/data/state.db`);
    await Deno.symlink(`${folder}/data/state.db`, `${folder}/link.db`);
    assert.equal(await lookFromOutside(`${folder}/link.db`), "in use");
    store.close();
  }));

Deno.test("a look at a state file tells whether a process has it open, and changes nothing", () =>
  inFolder(async (folder) => {
    const file = `${folder}/state.db`;
    const store = open(file);
    const used = contents(folder);
    assert.equal(await lookFromOutside(file), "in use");
    assert.deepEqual(contents(folder), used);
    store.close();
    const closed = contents(folder);
    assert.equal(await lookFromOutside(file), "ours");
    assert.deepEqual(contents(folder), closed);
  }));

Deno.test("a state file that a crash has left behind is ours, and stays as it is", () =>
  inFolder(async (folder) => {
    const store = open(`${folder}/state.db`);
    await Deno.mkdir(`${folder}/copy`);
    for (const name of Object.keys(contents(folder))) {
      await Deno.copyFile(`${folder}/${name}`, `${folder}/copy/${name}`);
    }
    store.close();
    const crashed = contents(`${folder}/copy`);
    assert("state.db-wal" in crashed);
    assert.equal(await lookFromOutside(`${folder}/copy/state.db`), "ours");
    assert.deepEqual(contents(`${folder}/copy`), crashed);
  }));

Deno.test("what a run would refuse, a look refuses in the same words", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/notes`,
      "notes of a person, and no database, of some length: ".repeat(4),
    );
    const other = new DatabaseSync(`${folder}/other.db`);
    other.exec("CREATE TABLE t (a)");
    other.close();
    open(`${folder}/whole.db`).close();
    const newer = `${folder}/newer.db`;
    open(newer).close();
    const database = new DatabaseSync(newer);
    database.exec("PRAGMA user_version = 99");
    database.close();
    const written = await Deno.readFile(`${folder}/whole.db`);
    await Deno.writeFile(`${folder}/cut.db`, written.subarray(0, 5_000));
    await Deno.writeFile(`${folder}/over.db`, written.fill(7, 4_096, 12_288));
    for (
      const [path, sentence] of [
        [folder, /it is a directory; name a file in it/],
        [`${folder}/none/state.db`, /its folder .* does not exist/],
        [`${folder}/notes`, /is not a state file of k8svent\. Give --state another file/],
        [`${folder}/other.db`, /is a database of another program/],
        [newer, /was written by a newer k8svent \(format 99/],
        [
          `${folder}/cut.db`,
          /The state file .*cut\.db is damaged: a part of it is missing or was overwritten/,
        ],
        [`${folder}/over.db`, /The state file .*over\.db is damaged: /],
        [`${folder}/notes/state.db`, /Cannot write the state file/],
      ] as const
    ) {
      assert.throws(
        () => lookAtStateFile(path),
        (error) => error instanceof StoreError && sentence.test(error.message),
        path,
      );
      assert.throws(
        () => open(path),
        (error) => error instanceof StoreError && sentence.test(error.message),
        path,
      );
    }
  }));
