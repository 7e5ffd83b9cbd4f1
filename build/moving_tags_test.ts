import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { movingTags } from "./moving_tags.ts";

const ROWS: [version: string, tags: string, moving: string][] = [
  ["1.0.0", "", "next latest"],
  ["1.0.0", "v1.0.0", "next latest"],
  ["1.1.0", "v1.0.0 v1.1.0", "next latest"],
  ["1.10.0", "v1.9.0 v1.10.0", "next latest"],
  // A fix of an older line, and a run that is repeated after a newer one.
  ["1.0.1", "v1.0.0 v2.0.0 v1.0.1", ""],
  ["1.0.0", "v1.0.0 v1.0.1", ""],
  // Releases and prereleases.
  ["2.0.0-rc.1", "v1.0.0 v2.0.0-rc.1", "next"],
  ["2.0.0-rc.1", "v1.0.0 v2.0.0-rc.1 v2.0.0-rc.2", ""],
  ["2.0.0-rc.10", "v2.0.0-rc.9 v2.0.0-rc.10", "next"],
  ["2.0.0", "v2.0.0-rc.1 v2.0.0", "next latest"],
  ["1.0.1", "v1.0.0 v1.0.1 v2.0.0-rc.1", "latest"],
  ["2.0.0-rc.2", "v2.0.0 v2.0.0-rc.2", ""],
  // What names no version.
  ["1.0.0", "v1.0.0 nightly v9 9.9.9 v1.0 release-2.0.0", "next latest"],
];

for (const [version, tags, moving] of ROWS) {
  Deno.test(`with the tags [${tags}], ${version} moves [${moving}]`, () => {
    assert.equal(movingTags(version, tags.split(" ")).join(" "), moving);
  });
}

/** Its exit code and its stdout. */
async function ask(version: string, tags: string): Promise<[number, string]> {
  const script = fileURLToPath(new URL("moving_tags.ts", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=build", script, "--version", version],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(tags));
  await writer.close();
  const { code, stdout } = await child.output();
  return [code, new TextDecoder().decode(stdout)];
}

Deno.test("tags are read from stdin, and without the version's own among them nothing moves", async () => {
  assert.deepEqual(await ask("2.0.0", "refs/tags/v1.0.0\nrefs/tags/v2.0.0\n"), [0, "next\nlatest\n"]);
  assert.deepEqual(await ask("1.0.0", "v1.0.0\nv2.0.0\n"), [0, ""]);
  assert.deepEqual(await ask("2.0.0", "v1.0.0\n"), [1, ""]);
  assert.deepEqual(await ask("2.0.0", "\n"), [1, ""]);
});
