import assert from "node:assert/strict";
import { openMemory } from "./database.ts";
import { Journal, type SentRow } from "./journal.ts";

/** A journal on an empty database. */
function open(): Journal {
  const journal = new Journal();
  journal.attach(openMemory().open());
  return journal;
}

function row(pod: number): SentRow {
  return { endpoint: 1, pod, resourceVersion: "1" };
}

Deno.test("a write that fails leaves no transaction open, and the next one writes all of it", () => {
  const journal = open();
  journal.sent.put(1, row(1));
  journal.sent.put(2, { ...row(2), resourceVersion: {} as string });
  assert.throws(() => journal.write());
  assert.equal(journal.dirtyRows, 2);
  journal.sent.put(2, row(2));
  journal.write();
  assert.deepEqual([journal.dirtyRows, [...journal.scan("sent", "pod")]], [0, [[1, 1], [2, 2]]]);
});

Deno.test("a row that was deleted is gone, also while the file has it still", () => {
  const journal = open();
  journal.blocks.put(1, { raw: 1, z: new Uint8Array(1) });
  journal.write();
  journal.blocks.delete(1);
  assert.equal(journal.blocks.get(1), undefined);
  journal.write();
  assert.equal(journal.blocks.get(1), undefined);
});
