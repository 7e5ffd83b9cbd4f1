import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { DatabaseSync } from "node:sqlite";
import { makePod, summaryOf } from "../../tests/kit/pods.ts";
import { owe } from "../../tests/kit/owed.ts";
import { openTestStore } from "../../tests/kit/store.ts";
import { openDatabase, openInMemory, openTemporaryDatabase, StoreError } from "./database.ts";
import { MIGRATIONS } from "./schema.ts";

const A = "a.example.com";

function withFolder(name: string, test: (folder: string) => Promise<void> | void): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await test(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

/** Opening must fail, with a sentence that matches. */
function refuses(path: string, sentence: RegExp): void {
  assert.throws(() => openDatabase(path).close(), (error: unknown) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.match(error.message, sentence);
    return true;
  });
}

withFolder("the state file is for its owner alone, its write-ahead log too", (folder) => {
  const path = `${folder}/state.db`;
  const store = openTestStore(openDatabase(path));
  store.transaction(() => owe(store.outbox, A));
  const modes = [...Deno.readDirSync(folder)].map(({ name }) => {
    const { mode } = Deno.statSync(`${folder}/${name}`);
    return `${name} ${((mode ?? 0) & 0o777).toString(8)}`;
  });
  store.close();
  assert.deepEqual(modes.sort(), ["state.db 600", "state.db-wal 600"]);
});

withFolder("the state file is written ahead, locked, and gives pages back", (folder) => {
  const database = openDatabase(`${folder}/state.db`);
  const settings = ["journal_mode", "auto_vacuum", "locking_mode", "synchronous", "foreign_keys"]
    .map((name) => pragma(database, name));
  database.close();
  assert.deepEqual(settings, ["wal", 2, "exclusive", 1, 1]);
  const again = openDatabase(`${folder}/state.db`);
  assert.equal(pragma(again, "auto_vacuum"), 2);
  again.close();
});

withFolder("what is known and owed survives the end of the process", (folder) => {
  const path = `${folder}/state.db`;
  const pod = makePod({ version: "7" });
  const before = openTestStore(openDatabase(path));
  before.transaction(() => {
    before.inventory.beginSync(undefined, true);
    const { uid, namespace, name, resourceVersion } = pod.metadata;
    before.inventory.put(
      {
        uid,
        namespace,
        name,
        resourceVersion,
        epoch: 1,
        summary: summaryOf(pod),
        route: ["x"],
        environment: "e",
      },
      '{"n":9223372036854775807}',
      undefined,
    );
    before.inventory.endSync(undefined);
    before.inventory.remove("gone", { at: 5 });
    owe(before.outbox, A, { resourceVersion: "7" });
    owe(before.outbox, "b", { resourceVersion: "7" });
  });
  const [told] = before.outbox.take("b", 0, 1);
  assert.ok(told);
  before.outbox.accepted(told);
  before.close();

  const after = openTestStore(openDatabase(path));
  try {
    const known = after.inventory.known("uid-web-0");
    assert.ok(known);
    assert.deepEqual(known.summary, summaryOf(pod));
    assert.deepEqual([known.resourceVersion, known.epoch, known.route, known.environment], [
      "7",
      1,
      ["x"],
      "e",
    ]);
    assert.equal(after.inventory.bodyOf(known).text, '{"n":9223372036854775807}');
    assert.equal(after.inventory.epoch, 1);
    assert.equal(after.inventory.isSynced(undefined), true);
    assert.equal(after.inventory.isPast("gone", "1"), true);
    assert.equal(after.outbox.isConcerned("b", "uid-web-0"), true);
    assert.deepEqual(after.outbox.endpoints(), [A]);
    assert.equal(after.outbox.take(A, 0, 1)[0]?.resourceVersion, "7");
  } finally {
    after.close();
  }
});

withFolder(
  "a restart makes everything due, because the clock of the process before means nothing",
  (folder) => {
    const path = `${folder}/state.db`;
    const before = openTestStore(openDatabase(path));
    owe(before.outbox, A);
    const [message] = before.outbox.take(A, 0, 1);
    assert.ok(message);
    before.outbox.failed(message, { attempts: 9, strikes: 2, due: 1e12, aside: "status 413" });
    before.close();
    const after = openTestStore(openDatabase(path));
    const [again] = after.outbox.take(A, 0, 1);
    after.close();
    assert.deepEqual(again, { ...message, attempts: 9, strikes: 2, timesAside: 1 });
  },
);

withFolder("a second process on the same file is told so, and hurts nothing", async (folder) => {
  const path = `${folder}/state.db`;
  const store = openTestStore(openDatabase(path));
  try {
    const module = new URL("./database.ts", import.meta.url).href;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `import { openDatabase } from "${module}";
         try { openDatabase(Deno.args[0]); console.log("opened"); }
         catch (error) { console.log(error.message); }`,
        path,
      ],
      stderr: "null",
    }).output();
    assert.match(new TextDecoder().decode(stdout), /is in use by another process\. Run one k8svent/);
    owe(store.outbox, A);
    assert.equal(store.outbox.take(A, 0, 1).length, 1);
  } finally {
    store.close();
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

withFolder("a file that is no database is refused and not changed", (folder) => {
  const path = `${folder}/notes.txt`;
  Deno.writeTextFileSync(path, "my notes ".repeat(1_000));
  refuses(path, /is damaged: .* Remove it to begin anew: every pod is then sent again/);
  assert.equal(Deno.readTextFileSync(path), "my notes ".repeat(1_000));
});

withFolder("a file of a newer format is refused with both numbers, and not changed", (folder) => {
  const path = `${folder}/state.db`;
  const database = openDatabase(path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  refuses(
    path,
    new RegExp(`a newer k8svent \\(format 99, this one reads up to ${MIGRATIONS.length}\\)`),
  );
  const again = new DatabaseSync(path);
  assert.equal(pragma(again, "user_version"), 99);
  again.close();
});

for (
  const [what, damage] of [
    ["cut off in the middle", (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2)],
    ["cut off within a page", (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1_000)],
    ["overwritten at its head", (bytes: Uint8Array) => bytes.fill(0x78, 0, 40)],
    ["overwritten in its middle", (bytes: Uint8Array) => bytes.fill(0xff, 4_096, bytes.length - 4_096)],
  ] as const
) {
  withFolder(`a state file that was ${what} is refused, never begun anew in silence`, (folder) => {
    const path = `${folder}/state.db`;
    const store = openTestStore(openDatabase(path));
    store.transaction(() => {
      for (let pod = 0; pod < 200; pod++) owe(store.outbox, A, { name: `web-${pod}` });
    });
    store.close();
    Deno.writeFileSync(path, damage(Deno.readFileSync(path)));
    refuses(path, /is damaged: .* Remove it to begin anew/);
  });
}

withFolder("a folder in which nothing can be written is named, with what to do", (folder) => {
  refuses(`${folder}/missing/state.db`, /Cannot write the state file .*Give --state a file in a folder/);
  refuses(folder, /Cannot write the state file/);
});

Deno.test("a temporary store leaves no file behind, not even while it is open", () => {
  const listed = (): string[] =>
    [...Deno.readDirSync(Deno.env.get("TMPDIR") ?? "/tmp")].map(({ name }) => name)
      .filter((name) => name.startsWith("k8svent-"));
  const before = listed();
  const store = openTestStore(openTemporaryDatabase());
  assert.deepEqual(listed(), before);
  store.transaction(() => {
    for (let pod = 0; pod < 2_000; pod++) owe(store.outbox, A, { name: `web-${pod}` });
  });
  assert.equal(store.outbox.take(A, 0, 5_000).length, 2_000);
  store.close();
});

Deno.test("a store in memory has the same tables", () => {
  const tables = (database: DatabaseSync): unknown[] => {
    const rows = database.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").all();
    database.close();
    return rows;
  };
  assert.deepEqual(tables(openInMemory()), tables(openTemporaryDatabase()));
});

withFolder("a file of an older format is brought to the newest, with what it holds", (folder) => {
  const path = `${folder}/state.db`;
  openDatabase(path, MIGRATIONS.slice(0, 1)).close();
  const steps = [...MIGRATIONS.slice(0, 1), "ALTER TABLE gone ADD COLUMN why TEXT", "CREATE TABLE later (a)"];
  const database = openDatabase(path, steps);
  database.exec("INSERT INTO gone (uid, at, why) VALUES ('a', 1, 'b'); INSERT INTO later VALUES (1)");
  assert.equal(pragma(database, "user_version"), 3);
  database.close();
  const again = openDatabase(path, steps);
  assert.equal(again.prepare("SELECT why FROM gone").get()?.["why"], "b");
  again.close();
});

withFolder("a migration that fails leaves the file as it was", (folder) => {
  const path = `${folder}/state.db`;
  openDatabase(path).close();
  const steps = [...MIGRATIONS, "CREATE TABLE later (a)", "CREATE TABLE later (a)"];
  assert.throws(() => openDatabase(path, steps), StoreError);
  const database = openDatabase(path);
  assert.equal(pragma(database, "user_version"), MIGRATIONS.length);
  database.close();
});
