import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { run } from "./kit/command.ts";
import { readTests } from "./kit/test_titles.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

async function read(path: string): Promise<string> {
  return await Deno.readTextFile(`${ROOT}${path}`);
}

Deno.test("whoever names the pinned Deno names the same one, where Renovate finds it", async () => {
  const { customManagers } = JSON.parse(await read(".github/renovate.json"));
  const [{ managerFilePatterns, matchStrings }] = customManagers as [Record<string, string[]>];
  const patterns = (managerFilePatterns ?? []).map((pattern) => new RegExp(pattern.slice(1, -1)));
  const named = (await run("git", ["-C", ROOT, "grep", "-lE", "npx -y deno@[0-9]|--global deno@[0-9]"]))
    .trim();
  const files = named.split("\n").filter((path) => !path.endsWith("_test.ts"));
  assert.deepEqual(files.filter((path) => !patterns.some((pattern) => pattern.test(path))), []);
  const versions = new Set<string | undefined>();
  for (const path of files) {
    for (const { groups } of (await read(path)).matchAll(new RegExp(matchStrings?.[0] ?? "", "g"))) {
      versions.add(groups?.["currentValue"]);
    }
  }
  assert.equal(versions.size, 1, [...versions].join());
});

Deno.test("every task and test that CONTRIBUTING.md names is there", async () => {
  const page = await read("CONTRIBUTING.md");
  const { tasks } = JSON.parse(await read("deno.json"));
  const named = [...page.matchAll(/deno(?:@\S+)? task ([a-z][a-z:]*)/g)].map(([, name = ""]) => name);
  assert.ok(named.length > 5);
  assert.deepEqual(named.filter((name) => !Object.hasOwn(tasks, name)), []);
  const [, title = ""] = /--filter "([^"]+)"/.exec(page) ?? [];
  assert.ok((await readTests()).includes(`"${title}"`), title);
});

Deno.test("docs/security.md names the addresses that the image's binary never dials, and the rights in the cluster", async () => {
  const page = await read("docs/security.md");
  const { permissions } = JSON.parse(await read("deno.json"));
  for (const address of permissions.cluster.net.deny as string[]) {
    assert.ok(page.includes(`\`${address.replace(/^\[|\]$/g, "")}\``), address);
  }
  const [, verbs = ""] = /verbs: \[(.*)\]/.exec(await read("kube/rbac.yaml")) ?? [];
  for (const verb of verbs.split(", ")) assert.ok(page.includes(`\`${verb}\``), verb);
});
