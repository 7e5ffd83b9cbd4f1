import assert from "node:assert/strict";
import { damaged, diskFault, isDamage, isDiskFault } from "./disk_fault.ts";

/** SQLite's words for each of its codes (sqlite.org/rescode.html), and the system's where the runtime hands them on. */
const WORDS: [string, string][] = [
  ["database or disk is full", "the disk is full"],
  ["No space left on device (os error 28)", "the disk is full"],
  ["File too large (os error 27)", "it may not become larger (ulimit -f; LimitFSIZE= of systemd)"],
  ["disk I/O error", "the disk has a fault, or a limit of this user is reached (a quota, ulimit -f)"],
  ["attempt to write a readonly database", "it, or the file system that it is on, is read-only"],
  ["unable to open database file: /var/lib/k8svent/state.db", "it, or a file beside it, cannot be opened"],
  ["locking protocol", "the file system that it is on cannot lock files"],
  ["out of memory", "there is too little memory"],
  ["SQL logic error", "it cannot be opened"],
  ["access permission denied", "it cannot be opened"],
  ["database disk image is malformed", "it cannot be opened"],
  ["file is not a database", "it cannot be opened"],
];

for (const [words, clause] of WORDS) {
  Deno.test(`"${words}" is reported as: ${clause}`, () => {
    assert.equal(diskFault(new Error(words)), clause);
    assert.doesNotMatch(damaged("state.db", new Error(words)).message, /image|database|malformed/);
  });
}

Deno.test("a fault of the system is reported by its code", () => {
  assert.equal(
    diskFault(Object.assign(new Error("os error 122"), { code: "EDQUOT" })),
    "this user's share of the disk is used up",
  );
  assert.equal(diskFault(Object.assign(new Error("os error 5"), { code: "EIO" })), "the disk has a fault");
});

Deno.test("damage is no fault of the disk that passes", () => {
  for (const words of ["database disk image is malformed", "file is not a database"]) {
    assert.deepEqual([isDamage(new Error(words)), isDiskFault(new Error(words))], [true, false]);
  }
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
