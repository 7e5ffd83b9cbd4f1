import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { DatabaseSync } from "node:sqlite";
import { pragma, withFolder, withoutSync, writeStateFile } from "../../tests/kit/state_file.ts";
import { FORMAT, openFile } from "./database.ts";
import { Journal } from "./journal.ts";
import { StoreError } from "./disk_fault.ts";

/** Opening must fail, with a sentence that matches. */
function refuses(path: string, sentence: RegExp): void {
  assert.throws(() => openFile(path).close(), (error: unknown) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.match(error.message, sentence);
    return true;
  });
}

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
  writeStateFile(path);
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
    writeStateFile(path);
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
    writeStateFile(path);
    Deno.writeFileSync(path, damage(Deno.readFileSync(path)));
    refuses(
      path,
      /state\.db is damaged: a part of it is missing or was overwritten\. Remove it to begin anew: every pod is then sent again\.$/,
    );
  });
}

withFolder("a state file that is damaged while the program runs is reported in its words, too", (folder) => {
  const path = `${folder}/state.db`;
  writeStateFile(path, 5_000);
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

for (
  const [what, title, sentence] of [
    [
      "-wal",
      "a state file that cannot be read is refused, and not begun without",
      /^Cannot open the state file .*state\.db: .* cannot be opened\. Make room on the disk, or mend it; or give --state/,
    ],
    [
      "-mark",
      "a state file whose mark cannot be read is refused, too",
      /^Cannot write the state file .*state\.db-mark: it is a directory; name a file in it\./,
    ],
  ] as const
) {
  withFolder(title, (folder) => {
    const path = `${folder}/state.db`;
    writeStateFile(path);
    Deno.removeSync(`${path}-mark`);
    const before = Deno.readFileSync(path);
    Deno.mkdirSync(`${path}${what}`);
    refuses(path, sentence);
    assert.equal(Buffer.compare(Deno.readFileSync(path), before), 0);
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
    writeStateFile(`${folder}/link.db`);
    assert.ok(Deno.statSync(`${folder}/real.db`).size > 0);
  },
);
