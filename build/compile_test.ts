import assert from "node:assert/strict";
import { testInOwnProcess } from "../tests/kit/own_process.ts";
import { BuildError } from "./command.ts";
import { compile, defaultOutput } from "./compile.ts";
import { hostTarget, TARGETS } from "./targets.ts";

/** A folder with a binary of yesterday, and a toolchain whose Deno is this script, given what it is to write. */
async function withCompiler(
  script: string,
  test: (output: string, toolchain: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "k8svent-compile-" });
  const [output, toolchain, deno] = [`${folder}/dist/k8svent`, `${folder}/toolchain`, `${folder}/deno`];
  const options = { mode: 0o755 };
  try {
    await Deno.mkdir(`${folder}/dist`);
    await Deno.writeTextFile(output, "yesterday's");
    await Deno.writeTextFile(toolchain, `#!/bin/sh\necho ${deno}\necho denort\n`, options);
    // As Deno does: what is there goes first.
    const begin = `while [ "$1" != -o ]; do shift; done; rm -f "$2"`;
    await Deno.writeTextFile(deno, `#!/bin/sh\n${begin}\n${script}\n`, options);
    await test(output, toolchain);
    assert.deepEqual((await Array.fromAsync(Deno.readDir(`${folder}/dist`))).map(({ name }) => name), [
      "k8svent",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const rest = { permissions: "default", commit: "" };

Deno.test("a build that fails leaves the binary that was there, and nothing else", async () => {
  await withCompiler("echo no network >&2; exit 1", async (output, toolchain) => {
    await assert.rejects(compile({ ...rest, output, toolchain }), /no network/);
    assert.equal(await Deno.readTextFile(output), "yesterday's");
  });
});

Deno.test("a build puts the new binary in the old one's place at its end", async () => {
  await withCompiler('echo new >"$2"', async (output, toolchain) => {
    await compile({ ...rest, output, toolchain });
    assert.equal(await Deno.readTextFile(output), "new\n");
  });
});

testInOwnProcess(import.meta.url)(
  "Deno's own telemetry, which sends whole URLs, is baked into no binary",
  async () => {
    Deno.env.set("OTEL_DENO", "true");
    await withCompiler('echo "$OTEL_DENO" >"$2"', async (output, toolchain) => {
      await compile({ ...rest, output, toolchain });
      assert.equal(await Deno.readTextFile(output), "false\n");
    });
  },
);

Deno.test("a toolchain is for one target: another one is refused at once, with the way out", async () => {
  const target = TARGETS.find((one) => one !== hostTarget());
  await withCompiler("exit 1", async (output, toolchain) => {
    await assert.rejects(compile({ ...rest, output, toolchain, target }), (error) => {
      return error instanceof BuildError &&
        /is for .*, not for .*: leave the variable empty/.test(error.message);
    });
    assert.equal(await Deno.readTextFile(output), "yesterday's");
  });
});

Deno.test("each target has a file of its own", () => {
  const files = [undefined, ...TARGETS].map((target) => defaultOutput(target).split("/dist/").at(-1));
  assert.equal(new Set(files).size, TARGETS.length + 1);
  assert.deepEqual(files.slice(0, 3), ["k8svent", "k8svent-linux-x64", "k8svent-linux-arm64"]);
  assert.equal(files.at(-1), "k8svent-windows-x64.exe");
});
