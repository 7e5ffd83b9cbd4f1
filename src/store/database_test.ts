import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { DatabaseSync } from "node:sqlite";
import { testInOwnProcess } from "../../tests/kit/own_process.ts";
import { fillUp, makeRoom, withSmallDisk } from "../../tests/kit/small_disk.ts";
import { withFolder, withoutSync } from "../../tests/kit/state_file.ts";
import { drain, openTestStore, record, takeAll } from "../../tests/kit/store.ts";
import { FORMAT, openFile, openPrivate } from "./database.ts";
import { Journal } from "./journal.ts";
import { isDiskFault, StoreError } from "./disk_fault.ts";

const A = "a.example.com";

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

/** Opening must fail, with a sentence that matches. */
function refuses(path: string, sentence: RegExp): void {
  assert.throws(() => openFile(path).close(), (error: unknown) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.match(error.message, sentence);
    return true;
  });
}

/** A state file with some pods in it. */
function write(path: string, pods = 200): void {
  const store = openTestStore({ file: path });
  for (let pod = 0; pod < pods; pod++) record(store, [A], { name: `web-${pod}` });
  store.close();
}

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

withFolder("room that is no longer needed on the disk is given back", (folder) => {
  const path = `${folder}/state.db`;
  write(path, 2_000);
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

withFolder("a database of another program is refused and not changed by a single byte", (folder) => {
  const path = `${folder}/other.db`;
  const other = new DatabaseSync(path);
  other.exec("CREATE TABLE theirs (a)");
  other.close();
  const before = Deno.readFileSync(path);
  refuses(path, /database of another program. Give --state another file/);
  assert.equal(Buffer.compare(Deno.readFileSync(path), before), 0);
});

for (
  const [what, content] of [
    ["notes", "my notes ".repeat(1_000)],
    ["a kubeconfig", "apiVersion: v1\nkind: Config\n"],
    ["a letter", "x"],
    ["a new line", "\n"],
    ["zeros", "\0".repeat(8_192)],
    ["a database's head alone", "SQLite format 3"],
    ["what begins as our mark does", "current events\n".repeat(500)],
  ] as const
) {
  withFolder(
    `a file that holds ${what} is refused and left as it is, and no message says to remove it`,
    (folder) => {
      const path = `${folder}/theirs`;
      Deno.writeTextFileSync(path, content);
      refuses(
        path,
        /theirs is not a state file of k8svent\. Give --state another file; this one is left as it is\.$/,
      );
      assert.equal(Deno.readTextFileSync(path), content);
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["theirs"]);
    },
  );
}

withFolder("a damaged database of another program is not ours either, and is left as it is", (folder) => {
  const path = `${folder}/other.db`;
  const other = new DatabaseSync(path);
  other.exec("CREATE TABLE theirs (a)");
  other.close();
  for (const [from, to] of [[16, 18], [28, 32], [100, 200]] as const) {
    const bytes = Deno.readFileSync(path).fill(0xff, from, to);
    const copy = `${folder}/copy-${from}.db`;
    Deno.writeFileSync(copy, bytes);
    refuses(copy, /is a database of another program\. Give --state another file; this one is left/);
    assert.equal(Buffer.compare(Deno.readFileSync(copy), bytes), 0);
  }
});

withFolder("a state file of which nothing is left is known by its mark, and may be removed", (folder) => {
  const path = `${folder}/state.db`;
  write(path);
  Deno.writeTextFileSync(path, "\0".repeat(8_192));
  refuses(path, /is damaged: .* Remove it to begin anew/);
});

for (
  const [what, statements] of [
    ["in the write-ahead log", "PRAGMA journal_mode = WAL; CREATE TABLE theirs (a)"],
    ["with an id of its own", "PRAGMA application_id = 1; CREATE TABLE theirs (a)"],
  ] as const
) {
  withFolder(`a database of another program ${what} is refused`, (folder) => {
    const path = `${folder}/other.db`;
    const other = new DatabaseSync(path);
    other.exec(statements);
    try {
      refuses(path, /is a database of another program|is in use by another process/);
    } finally {
      other.close();
    }
    refuses(path, /is a database of another program\. Give --state another file; this one is left/);
  });
}

for (
  const [format, sentence] of [
    [99, new RegExp(`a newer k8svent \\(format 99, this one reads ${FORMAT}\\).*or remove the file`)],
    [1, /before its first release \(format 1, this one reads 2\)\. Remove it: every pod is then sent again/],
  ] as const
) {
  withFolder(`a file of format ${format} is refused with the way out, and not changed`, (folder) => {
    const path = `${folder}/state.db`;
    write(path);
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA user_version = ${format}`);
    database.close();
    refuses(path, sentence);
    const again = new DatabaseSync(path);
    assert.equal(pragma(again, "user_version"), format);
    again.close();
  });
}

for (
  const [what, damage] of [
    ["cut off in the middle", (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2)],
    ["cut off within a page", (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1_000)],
    ["overwritten at its head", (bytes: Uint8Array) => bytes.fill(0x78, 0, 40)],
    ["overwritten in its middle", (bytes: Uint8Array) => bytes.fill(0xff, 4_096, bytes.length - 4_096)],
    ["zeroed behind its first page", (bytes: Uint8Array) => bytes.fill(0, 4_096)],
    ["overwritten at its end", (bytes: Uint8Array) => bytes.fill(0x55, bytes.length - 9_000)],
    ["overwritten in its first page", (bytes: Uint8Array) => bytes.fill(0xff, 100, 4_096)],
    ["copied twice into itself", (bytes: Uint8Array) => bytes.copyWithin(4_096, 8_192)],
    ["overwritten by a text", (bytes: Uint8Array) => bytes.fill(0x20, 0, 60)],
  ] as const
) {
  withFolder(`a state file that was ${what} is refused, never begun anew in silence`, (folder) => {
    const path = `${folder}/state.db`;
    write(path);
    Deno.writeFileSync(path, damage(Deno.readFileSync(path)));
    refuses(
      path,
      /state\.db is damaged: a part of it is missing or was overwritten\. Remove it to begin anew: every pod is then sent again\.$/,
    );
  });
}

withFolder("a folder in which nothing can be written is named, with what to do", (folder) => {
  refuses(
    `${folder}/missing/state.db`,
    /Cannot write the state file .*missing does not exist\. Give --state a file in a folder/,
  );
  refuses(folder, /Cannot write the state file .*: it is a directory; name a file in it\./);
});

for (
  const [path, sentence] of [
    ["/proc/x", /: it belongs to the system and cannot be used here\. Give --state/],
    ["/sys/x/y", /: it belongs to the system and cannot be used here/],
    ["/dev/null", /: it is a device or a pipe, not a file/],
    ["/etc/passwd/state.db", /: a part of its path is a file, not a folder/],
    [`/tmp/${"x".repeat(300)}`, /: its name is too long/],
    ["/", /: it is a directory; name a file in it/],
    ["~/state.db", /: a shell replaces ~ with the home folder only at the beginning of a word/],
  ] as const
) {
  Deno.test({
    name: `--state ${path.slice(0, 30)} is refused in words that are no runtime's`,
    ignore: Deno.build.os !== "linux",
    fn: () => {
      refuses(path, sentence);
      refuses(path, /^Cannot write the state file /);
    },
  });
}

withFolder(
  "a symbolic link that leads to itself is refused, and one to a file is followed",
  (folder) => {
    Deno.symlinkSync(`${folder}/loop`, `${folder}/loop`);
    refuses(`${folder}/loop`, /its symbolic links form a loop/);
    Deno.symlinkSync(`${folder}/real.db`, `${folder}/link.db`);
    refuses(`${folder}/link.db`, /it is a symbolic link to a file that does not exist/);
    Deno.writeTextFileSync(`${folder}/real.db`, "");
    write(`${folder}/link.db`);
    assert.ok(Deno.statSync(`${folder}/real.db`).size > 0);
  },
);

// Such a name is one only in the folder that the process works in, which its other tests share.
testInOwnProcess(import.meta.url)(
  "what SQLite takes for a name of its own is a file like any other",
  async () => {
    const folder = await Deno.makeTempDir();
    Deno.chdir(folder);
    try {
      for (const name of [":memory:", "file:state.db?mode=memory"]) {
        write(name);
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
  write(path, 20);
  fillUp(folder);
  const store = openTestStore({}, withoutSync(path));
  for (let pod = 0; pod < 2_000; pod++) record(store, [A], { name: `web-${pod}` });
  assert.equal(takeAll(store, A).length, 2_000);
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

withFolder(
  "a state file of the version before this one is read on, and is one of this version then",
  (folder) => {
    const path = `${folder}/state.db`;
    write(path, 3);
    const database = new DatabaseSync(path);
    // What was added since.
    database.exec("ALTER TABLE pod DROP COLUMN workload; DROP TABLE sent");
    database.exec("ALTER TABLE version DROP COLUMN changedAt; ALTER TABLE endpoint DROP COLUMN paused");
    database.exec("ALTER TABLE endpoint DROP COLUMN lastEvent");
    database.close();
    const store = openTestStore({ file: path });
    const pod = store.inventory.known("uid-web-1") ?? assert.fail();
    assert.deepEqual([pod.changedAt, store.pending.isPaused(A)], [undefined, false]);
    store.pending.setPaused(A, true);
    assert.equal(store.lastEvents.lastEvent(A), undefined);
    store.lastEvents.setLastEvent(A, "it fails");
    store.inventory.put({ ...pod, workload: "Deployment/web" });
    store.followers.setSent(pod, A, "1");
    store.close();
    const again = openTestStore({ file: path });
    assert.equal(again.inventory.known("uid-web-1")?.workload, "Deployment/web");
    assert.deepEqual(again.followers.sent(A).map(({ uid }) => uid), ["uid-web-1"]);
    assert.equal(again.inventory.count(), 3);
    assert.equal(again.pending.isPaused(A), true);
    assert.equal(again.lastEvents.lastEvent(A), "it fails");
    again.close();
  },
);

withFolder("a state file that the version before this one has written to is read on, too", (folder) => {
  const path = `${folder}/state.db`;
  write(path, 3);
  const database = new DatabaseSync(path);
  // As that version writes a row: it names the columns that it knows.
  database.exec(
    `INSERT OR REPLACE INTO endpoint (key, name, lost, lostSince) SELECT key, name, 7, 1000 FROM endpoint;
    INSERT OR REPLACE INTO version (key, pod, resourceVersion, epoch, event, flags, reasons, occasion, block, at, length)
    SELECT key, pod, resourceVersion, epoch, event, flags, reasons, occasion, block, at, length FROM version`,
  );
  database.close();
  const store = openTestStore({ file: path });
  assert.equal(store.inventory.known("uid-web-1")?.changedAt, undefined);
  assert.deepEqual([store.pending.lost(A).messages, store.pending.isPaused(A)], [7, false]);
  store.close();
});

withFolder("a state file that is damaged while the program runs is reported in its words, too", (folder) => {
  const path = `${folder}/state.db`;
  write(path, 5_000);
  const disk = withoutSync(path);
  // What is in memory is not read again.
  disk.open().exec("PRAGMA cache_size = 1; PRAGMA shrink_memory");
  const size = Deno.statSync(path).size;
  const file = Deno.openSync(path, { write: true });
  file.seekSync(4_096, Deno.SeekMode.Start);
  file.writeSync(new Uint8Array(size - 4_096).fill(0xff));
  file.close();
  const journal = new Journal();
  const reads = (): void => {
    journal.attach(disk.open());
    for (const table of ["pod", "version", "pending"]) [...journal.scan(table, "key")];
    for (let key = 1; key < 5_000; key++) journal.versions.get(key);
  };
  try {
    assert.throws(reads, (error: unknown) => {
      assert.ok(error instanceof StoreError, String(error));
      assert.match(error.message, /^The state file is damaged: .* Remove it to begin anew/);
      return true;
    });
  } finally {
    disk.close();
  }
});
