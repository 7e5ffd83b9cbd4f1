import assert from "node:assert/strict";
import { contextOf } from "../../tests/kit/config_files.ts";
import type { Options } from "../cli/options.ts";
import { isReadOnce, readTextAgain, readTextUpTo } from "../runtime/named_text.ts";
import { configurationOf } from "./configuration.ts";

const CONTEXT = contextOf({});
const FILES = {
  ...CONTEXT.files,
  isReadOnce,
  readText: (path: string): string => readTextUpTo(path, 1_000),
  readTextAgain: (path: string): string => readTextAgain(path, 1_000),
};

/** The configuration of a program that was started with this file. */
function startedWith(file: string): ReturnType<typeof configurationOf> {
  const options = { endpoints: [], config: { file, text: "" } } as unknown as Options;
  return configurationOf(options, [], { ...CONTEXT, files: FILES });
}

Deno.test({
  name: "what can be read once is not read again: a pipe, and what stands at the standard input",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
    for (const path of [`${folder}/pipe`, "/dev/stdin", "/dev/fd/0"]) {
      assert.equal(startedWith(path), undefined, path);
    }
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "a pipe in the place of the file is not opened, which would wait for its other end",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/k8svent.yaml`;
    await Deno.writeTextFile(path, "version: 1");
    const file = startedWith(path)?.file;
    assert.equal(file?.read(), "version: 1");
    await Deno.remove(path);
    assert.throws(() => file?.read(), /^UsageError: Cannot read .*: it does not exist/);
    await new Deno.Command("mkfifo", { args: [path] }).output();
    assert.throws(() => file?.read(), /^UsageError: Cannot read .*: it is no plain file\.$/);
    await Deno.remove(folder, { recursive: true });
  },
});
