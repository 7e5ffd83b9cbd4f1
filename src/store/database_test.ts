import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { testInOwnProcess } from "../../tests/kit/own_process.ts";
import { pragma, withFolder, withoutSync, writeStateFile } from "../../tests/kit/state_file.ts";
import { A, drain, openTestStore, record } from "../../tests/kit/store.ts";
import { openFile, openPrivate } from "./database.ts";

withFolder("the state file and what is beside it are for their owner alone", (folder) => {
  const disk = openFile(`${folder}/state.db`);
  const modes = [...Deno.readDirSync(folder)].map(({ name }) => {
    const { mode } = Deno.statSync(`${folder}/${name}`);
    return `${name} ${((mode ?? 0) & 0o777).toString(8)}`;
  });
  disk.close();
  assert.deepEqual(modes.sort(), ["state.db 600", "state.db-mark 600", "state.db-wal 600"]);
});

withFolder("the state file is written ahead, locked, and gives pages back", (folder) => {
  const disk = openFile(`${folder}/state.db`);
  const settings = ["journal_mode", "auto_vacuum", "locking_mode", "synchronous"]
    .map((name) => pragma(disk.database ?? assert.fail(), name));
  disk.close();
  assert.deepEqual(settings, ["wal", 2, "exclusive", 1]);
});

withFolder(
  "a store in a state file is ready when its log is on the disk, and survives its end",
  async (folder) => {
    const path = `${folder}/state.db`;
    const { promise, resolve } = Promise.withResolvers<void>();
    const store = openTestStore({ file: path, onReady: () => resolve() });
    record(store, [A, "b"]);
    store.commit();
    assert.equal(store.pending.take(A, 0), undefined);
    await promise;
    store.pending.acknowledged(store.pending.take(A, 0) ?? assert.fail(), 0);
    store.close();
    const again = openTestStore({ file: path });
    assert.deepEqual([again.pending.counts(A).pending, again.pending.counts("b").pending], [0, 1]);
    again.close();
  },
);

withFolder(
  "a state file is the same one by a symbolic link, and all that belongs to it is beside it",
  async (folder) => {
    await Deno.mkdir(`${folder}/data`);
    const [path, link] = [`${folder}/data/state.db`, `${folder}/link.db`];
    await Deno.writeTextFile(path, "");
    await Deno.symlink("data/state.db", link);
    const { promise, resolve } = Promise.withResolvers<void>();
    const store = openTestStore({ file: link, onReady: () => resolve() });
    record(store, [A]);
    store.commit();
    await promise;
    store.close();
    const entries = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    assert.deepEqual(entries.sort(), ["data", "link.db"]);
    const again = openTestStore({ file: path });
    assert.equal(again.pending.counts(A).pending, 1);
    again.close();
  },
);

withFolder(
  "a log that cannot be opened makes a sync fail, as a disk does, and throws nothing",
  async (folder) => {
    const disk = openFile(`${folder}/state.db`);
    await Deno.remove(`${folder}/state.db-wal`);
    await assert.rejects(disk.sync?.() ?? assert.fail(), Deno.errors.NotFound);
    disk.close();
  },
);

withFolder("room that is no longer needed on the disk is given back", (folder) => {
  const path = `${folder}/state.db`;
  writeStateFile(path, 2_000);
  const full = Deno.statSync(path).size;
  const store = openTestStore({}, withoutSync(path));
  store.pending.forget(A);
  for (const pod of [...store.inventory.pods()]) store.inventory.remove(pod, undefined);
  store.tidy();
  store.close();
  assert.ok(Deno.statSync(path).size < full / 4, `${Deno.statSync(path).size} of ${full} bytes`);
});

withFolder("a second process on the same file learns so, and hurts nothing", async (folder) => {
  const path = `${folder}/state.db`;
  const disk = openFile(path);
  try {
    const module = new URL("./database.ts", import.meta.url).href;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `import { openFile } from "${module}";
         try { openFile(Deno.args[0]); console.log("opened"); }
         catch (error) { console.log(error.message); }`,
        path,
      ],
      stderr: "null",
    }).output();
    assert.match(new TextDecoder().decode(stdout), /is in use by another process\. Run one k8svent/);
  } finally {
    disk.close();
  }
});

// Such a name is one only in the folder that the process works in, which its other tests share.
testInOwnProcess(import.meta.url)(
  "what SQLite takes for a name of its own is a file like any other",
  async () => {
    const folder = await Deno.makeTempDir();
    Deno.chdir(folder);
    try {
      for (const name of [":memory:", "file:state.db?mode=memory"]) {
        writeStateFile(name);
        assert.ok((await Deno.stat(name)).size > 0, name);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testInOwnProcess(import.meta.url)(
  "a temporary store leaves no file behind, not even while it is open",
  async () => {
    const folder = await Deno.makeTempDir();
    const listed = (): Promise<Deno.DirEntry[]> => Array.fromAsync(Deno.readDir(folder));
    Deno.env.set("TMPDIR", folder);
    try {
      const disk = openPrivate();
      assert.equal(disk.isMemory, false);
      const store = openTestStore({}, disk);
      assert.deepEqual(await listed(), []);
      for (let pod = 0; pod < 2_000; pod++) record(store, [A], { name: `web-${pod}` });
      assert.equal(drain(store, A).length, 2_000);
      assert.deepEqual(await listed(), []);
      store.close();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

withFolder(
  "a state file of the version before this one is read on, and is one of this version then",
  (folder) => {
    const path = `${folder}/state.db`;
    writeStateFile(path, 3);
    const database = new DatabaseSync(path);
    // What was added since.
    database.exec("ALTER TABLE pod DROP COLUMN workload; DROP TABLE sent");
    database.exec("ALTER TABLE version DROP COLUMN changedAt; ALTER TABLE endpoint DROP COLUMN paused");
    database.exec("ALTER TABLE endpoint DROP COLUMN lastEvent");
    database.close();
    const store = openTestStore({ file: path });
    const pod = store.inventory.holder("shop", "web-1") ?? assert.fail();
    assert.deepEqual([pod.changedAt, store.pending.isPaused(A)], [undefined, false]);
    store.pending.setPaused(A, true);
    assert.equal(store.lastEvents.lastEvent(A), undefined);
    store.lastEvents.setLastEvent(A, "it fails");
    store.inventory.put({ ...pod, resourceVersion: pod.resourceVersion, workload: "Deployment/web" });
    store.followers.setSent(pod, A, "1");
    store.close();
    const again = openTestStore({ file: path });
    assert.equal(again.inventory.holder("shop", "web-1")?.workload, "Deployment/web");
    assert.deepEqual(again.followers.sent(A).map(({ uid }) => uid), ["uid-web-1"]);
    assert.equal(again.inventory.count(), 3);
    assert.equal(again.pending.isPaused(A), true);
    assert.equal(again.lastEvents.lastEvent(A), "it fails");
    again.close();
  },
);

withFolder("a state file that the version before this one has written to is read on, too", (folder) => {
  const path = `${folder}/state.db`;
  writeStateFile(path, 3);
  const database = new DatabaseSync(path);
  // As that version writes a row: it names the columns that it knows.
  database.exec(
    `INSERT OR REPLACE INTO endpoint (key, name, lost, lostSince) SELECT key, name, 7, 1000 FROM endpoint;
    INSERT OR REPLACE INTO version (key, pod, resourceVersion, epoch, event, flags, reasons, occasion, block, at, length)
    SELECT key, pod, resourceVersion, epoch, event, flags, reasons, occasion, block, at, length FROM version`,
  );
  database.close();
  const store = openTestStore({ file: path });
  assert.equal(store.inventory.holder("shop", "web-1")?.changedAt, undefined);
  assert.deepEqual([store.pending.lost(A).messages, store.pending.isPaused(A)], [7, false]);
  store.close();
});
