import assert from "node:assert/strict";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { ClusterError } from "./error.ts";
import { KeptFile } from "./kept_file.ts";

async function withFile(
  test: (path: string, file: KeptFile, log: MemoryLog) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const log = new MemoryLog();
  try {
    await test(`${folder}/token`, new KeptFile(`${folder}/token`, "unauthorized", log), log);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a file is read anew each time, without white space around it", async () => {
  await withFile(async (path, file) => {
    await Deno.writeTextFile(path, "first\n");
    assert.equal(await file.text(), "first");
    await Deno.writeTextFile(path, " second \r\n");
    assert.equal(await file.text(), "second");
  });
});

Deno.test("a file that was never there is an error that names it", async () => {
  await withFile(async (path, file) => {
    await assert.rejects(file.text(), (error) => {
      assert.ok(error instanceof ClusterError);
      assert.equal(error.fault, "unauthorized");
      assert.equal(
        error.message,
        `Cannot use the file ${path}, which should hold credentials for the API server: it does not exist.`,
      );
      return true;
    });
  });
});

Deno.test("an empty file is an error", async () => {
  await withFile(async (path, file) => {
    await Deno.writeTextFile(path, " \n");
    await assert.rejects(file.text(), /it is empty/);
  });
});

Deno.test("a file that cannot be read any more keeps its last text, and that is said once", async () => {
  await withFile(async (path, file, log) => {
    await Deno.writeTextFile(path, "a-token");
    await file.text();
    await Deno.remove(path);
    assert.equal(await file.text(), "a-token");
    await Deno.writeTextFile(path, "");
    assert.equal(await file.text(), "a-token");
    assert.equal(log.lines.length, 1);
    assert.match(log.lines[0]?.message ?? "", /it does not exist/);
    await Deno.writeTextFile(path, "another");
    assert.equal(await file.text(), "another");
  });
});

Deno.test({
  name: "a pipe is not opened, which would wait for its other end at each use",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFile(async (path, file) => {
      await new Deno.Command("mkfifo", { args: [path] }).output();
      await assert.rejects(file.text(), /it is no plain file/);
    }),
});
