import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { stayCurrent } from "./stay_current.ts";

/** What is warned of when the program starts outside a cluster with this file of credentials. */
async function warnings(registryConfig: string, mode: "notify" | "off" = "notify"): Promise<string[]> {
  const log = new MemoryLog();
  const deps = {
    ownPod: undefined,
    env: () => undefined,
    clock: new TestClock(),
    random: () => 0,
    log,
    version: "0.1.0",
    loses: () => Promise.resolve(undefined),
    looked: () => {},
    leave: () => {},
  };
  await stayCurrent({ mode, registryConfig, insecureRegistries: [] }, deps, AbortSignal.abort());
  return log.at("warn");
}

for (
  const [what, content, sentence] of [
    [
      "is missing",
      undefined,
      /^Update: the file of --registry-config, \S+, does not exist\. Fix it, or correct its path/,
    ],
    [
      "is no JSON",
      "auths: {}",
      /^Update: the file of --registry-config, \S+, is not a docker config\.json\./,
    ],
    ["is JSON of another kind", "[]", /is not a docker config\.json\./],
    ["is empty", "", /is not a docker config\.json: it is empty\./],
  ] as const
) {
  Deno.test(`a --registry-config that ${what} is said at the start, though nothing looks yet`, async () => {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/config.json`;
    if (content !== undefined) await Deno.writeTextFile(file, content);
    const [warning = "", ...more] = await warnings(file);
    assert.match(warning, sentence);
    assert.deepEqual(more, []);
    assert.deepEqual(await warnings(file, "off"), []);
    await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("a --registry-config that can be read is not spoken of", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, '{"auths": {}}');
  assert.deepEqual(await warnings(file), []);
  await Deno.remove(file);
});
