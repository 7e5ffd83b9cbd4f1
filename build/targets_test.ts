import assert from "node:assert/strict";
import config from "../deno.json" with { type: "json" };
import { V8_FLAGS } from "./compile.ts";
import { findTarget, hostTarget, TARGETS } from "./targets.ts";

Deno.test("a target is found by its own name and by that of image builders", () => {
  assert.equal(findTarget("linux-x64")?.triple, "x86_64-unknown-linux-gnu");
  assert.equal(findTarget("linux-amd64")?.triple, "x86_64-unknown-linux-gnu");
  assert.equal(findTarget("linux-arm64")?.triple, "aarch64-unknown-linux-gnu");
  assert.equal(findTarget("windows-x64")?.suffix, ".exe");
  for (const target of TARGETS) assert.equal(findTarget(target.name), target);
});

for (const name of ["", "linux", "linux-", "linux-mips", "beos-x64"]) {
  Deno.test(`"${name}" is no target`, () => assert.equal(findTarget(name), undefined));
}

Deno.test("this machine is one of the targets", () => {
  assert.equal(hostTarget()?.triple, Deno.build.target);
});

Deno.test("deno task start runs with the flags of the compiled program", () => {
  assert.ok(config.tasks.start.command.includes(` ${V8_FLAGS} `));
});
