import assert from "node:assert/strict";
import { LogFile, parseRecord, printRecord } from "./log_file.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function withLog(name: string, test: (path: string, open: () => LogFile) => void): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    const opened: LogFile[] = [];
    const path = `${folder}/log`;
    const open = (): LogFile => {
      const log = LogFile.open(path) ?? assert.fail("there is no log");
      opened.push(log);
      return log;
    };
    try {
      test(path, open);
    } finally {
      for (const log of opened) log.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** Records that follow a number, as texts. */
function after(log: LogFile, number: number): string[] {
  return [...log.recordsAfter(number)].map(text);
}

function append(log: LogFile, ...payloads: string[]): void {
  for (const payload of payloads) log.append(new TextEncoder().encode(payload));
}

withLog(
  "records come back in their order, those after a number, and the next goes behind them",
  (_, open) => {
    const log = open();
    assert.deepEqual(after(log, 41), []);
    append(log, "one", "two", "three");
    assert.equal(log.last, 44);
    const again = open();
    assert.deepEqual(after(again, 42), ["two", "three"]);
    append(again, "four");
    assert.deepEqual(after(open(), 41), ["one", "two", "three", "four"]);
  },
);

withLog("a record that was cut or damaged counts for nothing, nor does what follows it", (path, open) => {
  const log = open();
  after(log, 0);
  append(log, "one", "two", "three");
  const bytes = Deno.readFileSync(path);
  for (const cut of [bytes.length - 1, bytes.length - 24]) {
    Deno.writeFileSync(path, bytes.subarray(0, cut));
    assert.deepEqual(after(open(), 0), ["one", "two"]);
  }
  for (const at of [0, 5, 9, 13, 20, 22]) {
    // Of the second one: after the first, which has 20 bytes and its payload.
    Deno.writeFileSync(path, bytes.with(23 + at, (bytes[23 + at] ?? 0) ^ 1));
    assert.deepEqual(after(open(), 0), ["one"]);
  }
});

withLog("a log that began anew tells nothing of its earlier round", (_, open) => {
  const log = open();
  after(log, 0);
  append(log, "one", "two", "six");
  log.restart();
  append(log, "10");
  assert.deepEqual(after(open(), 3), ["10"]);
  append(log, "one");
  assert.deepEqual(after(open(), 3), ["10", "one"]);
  assert.deepEqual(after(open(), 2), [], "a record is missing before it");
});

withLog("what is no log is left as it is", (path) => {
  Deno.writeTextFileSync(path, "my notes");
  assert.equal(LogFile.open(path), undefined);
  assert.equal(Deno.readTextFileSync(path), "my notes");
});

Deno.test("rows come out of a record as they went into it, bytes too", () => {
  const z = new Uint8Array([1, 10, 255, 0]);
  const changes = [
    ["block", 7, { raw: 9, z }],
    ["pending", 3, null],
    ["version", 1, { pod: 5, summary: '{"a":"Zürich\n"}', phase: null }],
    ["block", 8, { raw: 1, z: new Uint8Array() }],
  ] as const;
  assert.deepEqual(parseRecord(printRecord(changes.map((change) => [...change]))), changes);
});
