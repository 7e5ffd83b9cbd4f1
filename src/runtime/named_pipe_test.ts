import assert from "node:assert/strict";
import { fileFault } from "./file_fault.ts";
import { isNamedPipe, readNamedPipe } from "./named_pipe.ts";

const ignore = Deno.build.os === "windows";

async function withPipe(test: (pipe: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
  await test(`${folder}/pipe`).finally(() => Deno.remove(folder, { recursive: true }));
}

function shell(script: string, pipe: string): Deno.ChildProcess {
  return new Deno.Command("sh", { args: ["-c", script, pipe] }).spawn();
}

Deno.test({
  name: "a pipe that nobody writes to is given up, and it is said why",
  ignore,
  fn: () =>
    withPipe((pipe) => {
      assert.throws(() => readNamedPipe(pipe, 10, 1), (error) => {
        assert.equal(fileFault(error, pipe), "it is a pipe, and for 10 seconds nothing came from it");
        return true;
      });
      return Promise.resolve();
    }),
});

Deno.test({
  name: "a pipe whose writer says nothing is given up",
  ignore,
  fn: () =>
    withPipe(async (pipe) => {
      const writer = shell('exec 3<> "$0"; echo; exec sleep 60', pipe);
      assert.throws(() => readNamedPipe(pipe, 10, 1), Deno.errors.TimedOut);
      writer.kill();
      await writer.status;
    }),
});

Deno.test({
  name: "a pipe is read to its end, also where its writer comes late and writes in pieces",
  ignore,
  fn: () =>
    withPipe(async (pipe) => {
      const writer = shell('sleep 0.1; (echo one; sleep 0.1; echo two) > "$0"', pipe);
      assert.equal(new TextDecoder().decode(readNamedPipe(pipe, 100)), "one\ntwo\n");
      await writer.status;
    }),
});

Deno.test({
  name: "what a shell makes of <(…) is no named pipe, and a file is none",
  ignore,
  fn: async () => {
    await withPipe((pipe) => {
      assert.equal(isNamedPipe(pipe), true);
      return Promise.resolve();
    });
    assert.equal(isNamedPipe(import.meta.filename ?? ""), false);
    assert.equal(isNamedPipe("/dev/fd/63"), false);
    assert.throws(() => isNamedPipe("/nowhere"), Deno.errors.NotFound);
  },
});
