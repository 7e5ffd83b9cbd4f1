import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { explainSkipped } from "./kit/needing.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

Deno.test("what was skipped is said once a reason, with what installs it", () => {
  const text = explainSkipped([
    { name: "a", lacks: "there is no registry." },
    { name: "b", lacks: "no control plane was found." },
    { name: "c", lacks: "there is no registry." },
  ]);
  assert.match(text, /^3 tests skipped/);
  assert.match(text, /\n {2}2 tests: there is no registry\.\n {2}1 test: no control plane was found\.\n/);
  assert.match(text, /sudo tests\/install\.sh/);
  assert.equal(explainSkipped([]), "");
});

Deno.test("deno task test says at the end what two files skipped, and keeps the exit code", async () => {
  const folder = await Deno.makeTempDir({ prefix: "k8svent-run-" });
  try {
    const kit = new URL("kit/needing.ts", import.meta.url).href;
    const body = (name: string): string =>
      `import { testNeeding } from "${kit}";\ntestNeeding("there is no moon.", "${name}", async () => {});\n`;
    for (const name of ["a", "b"]) await Deno.writeTextFile(`${folder}/${name}_test.ts`, body(name));
    const passing = await runTests([folder]);
    assert.match(passing.stderr, /2 tests skipped[^]*\n {2}2 tests: there is no moon\.\n/);
    assert.equal(passing.stderr.match(/moon/g)?.length, 1);
    assert.equal(passing.code, 0);
    await Deno.writeTextFile(`${folder}/c_test.ts`, 'Deno.test("c", () => { throw new Error("c"); });\n');
    assert.equal((await runTests([folder])).code, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function runTests(args: string[]): Promise<{ code: number; stderr: string }> {
  const { CI: _, ...env } = Deno.env.toObject();
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=test", "tests/run.ts", "--no-check", ...args],
    cwd: ROOT,
    clearEnv: true,
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("tests/install.sh installs what CI installs", async () => {
  const packages = async (path: string): Promise<string[]> => {
    const text = (await Deno.readTextFile(`${ROOT}${path}`)).replaceAll("\\\n", " ");
    const [, list = ""] = /apt-get install -y -qq --no-install-recommends\s+([^|\n]+)/.exec(text) ?? [];
    return list.trim().split(/\s+/).sort();
  };
  const needed = await packages(".ci/run");
  assert.ok(needed.length >= 10, needed.join());
  const installed = await packages("tests/install.sh");
  assert.deepEqual(needed.filter((name) => !installed.includes(name)), []);
});
