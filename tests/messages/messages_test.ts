import assert from "node:assert/strict";
import { BOOK, bookOf, type Entry, faultsOf, pageOf, provokeAll } from "./book.ts";
import { normalised } from "./provoke.ts";

Deno.test("every message that a person can meet is the one in messages.md", async () => {
  const golden = await Deno.readTextFile(BOOK);
  const isWritten = (entry: Entry): boolean => golden.includes(`\n${pageOf(entry)}`);
  const entries = await provokeAll(isWritten);
  assert.deepEqual(entries.flatMap(faultsOf), []);
  const others = entries.filter((entry) => !isWritten(entry)).map(pageOf);
  assert.equal(others.join("\n"), "", "run deno task messages, and read the difference");
  assert.equal(
    bookOf(entries, ""),
    golden,
    "a situation is gone, or stands elsewhere: run deno task messages",
  );
});

Deno.test("messages.md has at least 500 situations, each distinguished by what was done", async () => {
  const titles = [...(await Deno.readTextFile(BOOK)).matchAll(/^### (.*)$/gm)].map(([, title]) => title);
  assert.ok(titles.length >= 500, `${titles.length}`);
  assert.deepEqual(titles, [...new Set(titles)]);
});

function entryOf(...lines: string[]): Entry {
  const met = { command: "k8svent", lines, data: 0, code: 0, milliseconds: 0 };
  return { did: "it", situation: {}, met };
}

Deno.test("what no message may hold is seen in each of its forms", () => {
  for (
    const line of [
      "    at async main (file:///x/main.ts:1:2)",
      "error: Uncaught (in promise) Error: x",
      'Requires requires read access to "/proc/x", run again',
      "No space left on device (os error 28)",
      "TypeError: x",
      "connect ECONNREFUSED",
      "the value undefined",
      "a c0nfidential path",
      "see /tmp/elsewhere",
      "a \u009b escape",
      "a \u202e turn",
      '(it never said "x")',
    ]
  ) assert.equal(faultsOf(entryOf(line)).length, 1, line);
  assert.deepEqual(faultsOf(entryOf("error The connection to the API server was refused.")), []);
});

Deno.test("an exit code that is not 0 comes with an error, in either form of the log", () => {
  const failed = (...lines: string[]): string[] => {
    const entry = entryOf(...lines);
    return faultsOf({ ...entry, met: { ...entry.met, code: 2 } });
  };
  assert.equal(failed().length, 1);
  assert.equal(failed("warn  A text.").length, 1);
  assert.deepEqual(failed("error A text."), []);
  assert.deepEqual(failed('{"time":TIME,"level":"error","message":"A text."}'), []);
});

Deno.test("what differs between two runs is made the same", () => {
  const dir = "/somewhere/k8svent-message-1";
  for (
    const [line, same] of [
      ["03:04:05 warn  text", "warn  text"],
      ["2026-01-02 03:04:05+01:00 warn  text", "warn  text"],
      ["03:04:05 UTC error text", "error text"],
      [`Cannot read ${dir}/kubeconfig.`, "Cannot read {dir}/kubeconfig."],
      ["at 127.0.0.1:43210 was refused", "at 127.0.0.1:PORT was refused"],
      ["Listed 3 pods in 40 ms, watching.", "Listed 3 pods in N s, watching."],
      ["is not valid before 2026-11-28.", "is not valid before DATE."],
      ["works again after 12 s", "works again after N s"],
      ["asks to wait for 3600 s", "asks to wait for 3600 s"],
      ["is tried again after 1, 2 and 4 s", "is tried again after 1, 2 and 4 s"],
      ["k8svent 0.1.0 follows", "k8svent VERSION follows"],
    ] as const
  ) assert.equal(normalised(line, dir), same);
});
