import assert from "node:assert/strict";
import { testInOwnProcess } from "./own_process.ts";

const ROOT = new URL("../../", import.meta.url);

/** What all threads of a process share. */
const CHANGE = /\bDeno\.(env\.(set|delete)|chdir|umask)\(|\bprocess\.(env(\.\w+|\[.+\]) = |chdir\(|umask\()/;

Deno.test("a test file that changes what the whole process shares has a process of its own", async () => {
  const guilty: string[] = [];
  for await (const { path, text } of testFiles(ROOT)) {
    if (CHANGE.test(text) && !text.includes("testInOwnProcess(")) guilty.push(path);
  }
  assert.deepEqual(guilty, []);
});

testInOwnProcess(import.meta.url)("a process of its own is not the one of the other tests", () => {
  Deno.env.set("K8SVENT_TEST_CHANGED", "yes");
  return Promise.resolve();
});

Deno.test("what it changed there is not changed here", () => {
  assert.equal(Deno.env.get("K8SVENT_TEST_CHANGED"), undefined);
});

async function* testFiles(folder: URL): AsyncGenerator<{ path: string; text: string }> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const url = new URL(name, folder);
    if (isDirectory && !/^(\.|dist$|node_modules$)/.test(name)) yield* testFiles(new URL(`${name}/`, folder));
    else if (name.endsWith("_test.ts")) {
      yield { path: url.pathname.slice(ROOT.pathname.length), text: await Deno.readTextFile(url) };
    }
  }
}
