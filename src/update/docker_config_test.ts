import assert from "node:assert/strict";
import { parseDockerConfig, readDockerConfig } from "./docker_config.ts";
import { RegistryError } from "./registry_error.ts";

function keys(auths: unknown): Record<string, unknown> {
  const keyring = parseDockerConfig(JSON.stringify({ auths }));
  assert(keyring !== undefined);
  return Object.fromEntries(keyring);
}

const ENTRY = { auth: btoa("me:a pass:word") };
const MINE = { user: "me", password: "a pass:word" };

for (
  const [key, registry] of [
    ["r.example.com", "r.example.com"],
    ["https://r.example.com", "r.example.com"],
    ["http://R.example.com:5000/v2/", "r.example.com:5000"],
    ["https://index.docker.io/v1/", "docker.io"],
    ["docker.io", "docker.io"],
  ] as const
) {
  Deno.test(`the credentials under ${key} are those of ${registry}`, () => {
    assert.deepEqual(keys({ [key]: ENTRY }), { [registry]: MINE });
  });
}

Deno.test("a user and a password stand for themselves, before what is encoded", () => {
  assert.deepEqual(keys({ r: { username: "a", password: "b", ...ENTRY } }), {
    r: { user: "a", password: "b" },
  });
});

Deno.test("an entry without a password that can be used is left out", () => {
  const useless = {
    a: {},
    b: { identitytoken: "x" },
    c: { auth: "!" },
    d: { auth: btoa("me") },
    e: null,
    f: 1,
  };
  assert.deepEqual(keys(useless), {});
});

for (const text of ["", "null", "[]", "{}", '{"auths": 1}', "not json"]) {
  Deno.test(`"${text}" is no docker config`, () => assert.equal(parseDockerConfig(text), undefined));
}

Deno.test("a docker config that cannot be read is told by its file, not by its text", async () => {
  const folder = await Deno.makeTempDir();
  await assert.rejects(readDockerConfig(`${folder}/config.json`), (error) => {
    return error instanceof RegistryError && /config\.json, does not exist$/.test(error.message);
  });
  await Deno.writeTextFile(`${folder}/config.json`, "a password");
  await assert.rejects(readDockerConfig(`${folder}/config.json`), (error) => {
    return error instanceof RegistryError && /is no docker config\.json$/.test(error.message);
  });
  await Deno.remove(folder, { recursive: true });
});
