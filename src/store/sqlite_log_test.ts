import assert from "node:assert/strict";
import { openInMemory } from "./database.ts";
import { SqliteLog } from "./sqlite_log.ts";
import type { LogEntry } from "./store.ts";

const ENTRY: LogEntry = {
  at: 1_000,
  endpoint: "a",
  pod: "shop/web-0",
  event: "pod.changed",
  version: "7",
  attempt: 2,
  outcome: "accepted",
  milliseconds: 12,
};

Deno.test("attempts are remembered as they were, the newest first", () => {
  const database = openInMemory();
  const log = new SqliteLog(database);
  log.record(ENTRY);
  log.record({ ...ENTRY, at: 2_000, outcome: "503" });
  assert.deepEqual(log.latest().map((entry) => ({ ...entry })), [
    { ...ENTRY, at: 2_000, outcome: "503" },
    ENTRY,
  ]);
  database.close();
});

Deno.test("a thousand attempts are remembered, and no more", () => {
  const database = openInMemory();
  const log = new SqliteLog(database);
  for (let at = 1; at <= 1_500; at++) log.record({ ...ENTRY, at });
  const remembered = log.latest();
  assert.deepEqual([remembered.length, remembered[0]?.at, remembered.at(-1)?.at], [1_000, 1_500, 501]);
  database.close();
});
