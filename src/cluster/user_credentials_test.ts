import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import type { Access, Credentials } from "./cluster.ts";
import { KubeconfigEntry } from "./kubeconfig_entry.ts";
import { ClusterSetupError } from "./setup_error.ts";
import { credentialsOf } from "./user_credentials.ts";

const NEAR = { server: "https://near:6443", trust: () => Promise.resolve(undefined) };

function credentials(fields: Record<string, unknown>, folder = "/home/me/.kube"): Credentials {
  const entry = (what: string, fields: Record<string, unknown>): KubeconfigEntry =>
    new KubeconfigEntry(what, `${folder}/config`, fields);
  return credentialsOf(entry('the user "me"', fields), NEAR, {
    clock: new TestClock(),
    log: new MemoryLog(),
    signal: new AbortController().signal,
  });
}

function accessOf(fields: Record<string, unknown>): Promise<Access> {
  return credentials(fields).current();
}

function complaint(fields: Record<string, unknown>): string {
  try {
    credentials(fields);
  } catch (error) {
    assert.ok(error instanceof ClusterSetupError, String(error));
    return error.message;
  }
  throw new Error("accepted");
}

Deno.test("a token is a bearer token", async () => {
  assert.deepEqual((await accessOf({ token: "a-token" })).headers, { authorization: "Bearer a-token" });
});

Deno.test("a token file wins over a token, is relative to the kubeconfig and is read anew", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/token`, "first\n");
  const user = credentials({ tokenFile: "token", token: "inline" }, folder);
  assert.deepEqual((await user.current()).headers, { authorization: "Bearer first" });
  await Deno.writeTextFile(`${folder}/token`, "second\n");
  assert.deepEqual((await user.current()).headers, { authorization: "Bearer second" });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("user and password are basic authentication", async () => {
  const { headers } = await accessOf({ username: "jörg", password: "päss:word" });
  assert.equal(headers.authorization, "Basic asO2cmc6cMOkc3M6d29yZA==");
});

Deno.test("a client certificate comes inline or from files that are read anew", async () => {
  const where = 'the user "me" in /home/me/.kube/config';
  const inline = { "client-certificate-data": btoa("cert"), "client-key-data": btoa("key") };
  assert.deepEqual(await accessOf(inline), { headers: {}, certificate: { cert: "cert", key: "key", where } });
  const folder = await Deno.makeTempDir();
  const write = async (round: number): Promise<void> => {
    await Deno.writeTextFile(`${folder}/c.crt`, `cert-${round}`);
    await Deno.writeTextFile(`${folder}/c.key`, `key-${round}`);
  };
  await write(1);
  const user = credentials({ "client-certificate": "c.crt", "client-key": "c.key" }, folder);
  const shown = async (): Promise<unknown[]> => {
    const { certificate } = await user.current();
    return [certificate?.cert, certificate?.key];
  };
  assert.deepEqual(await shown(), ["cert-1", "key-1"]);
  await write(2);
  assert.deepEqual(await shown(), ["cert-2", "key-2"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a client certificate without its key is refused", () => {
  assert.match(
    complaint({ "client-certificate-data": btoa("cert") }),
    /has a client-certificate, and no client-key/,
  );
});

const impersonations: [fields: Record<string, unknown>, headers: Record<string, string[]>][] = [
  [{ as: "jane" }, { "impersonate-user": ["jane"] }],
  [{ as: "Zoë ☃" }, { "impersonate-user": ["Zo\xc3\xab \xe2\x98\x83"] }],
  [{ as: "jane", "as-uid": "7" }, { "impersonate-user": ["jane"], "impersonate-uid": ["7"] }],
  [{ as: "jane", "as-groups": ["a", "b"] }, {
    "impersonate-user": ["jane"],
    "impersonate-group": ["a", "b"],
  }],
  [{ as: "jane", "as-groups": [] }, { "impersonate-user": ["jane"] }],
  [
    { as: "jane", "as-user-extra": { "Example.com/a": ["x", "z"], "(b)": ["y"], none: [] } },
    {
      "impersonate-user": ["jane"],
      "impersonate-extra-example.com%2fa": ["x", "z"],
      "impersonate-extra-%28b%29": ["y"],
    },
  ],
];

for (const [fields, expected] of impersonations) {
  Deno.test(`${JSON.stringify(fields)} is said by headers`, async () => {
    const { headers } = await accessOf({ token: "a-token", ...fields });
    const { authorization, ...others } = headers;
    assert.equal(authorization, "Bearer a-token");
    const lower = Object.entries(others).map(([name, value]) => [name.toLowerCase(), value]);
    assert.deepEqual(Object.fromEntries(lower), expected);
    for (const [name, values] of Object.entries(others)) for (const one of values) new Headers([[name, one]]);
  });
}

const misimpersonations: [fields: Record<string, unknown>, sentence: RegExp][] = [
  [{ as: "jane", "as-groups": ["a", "b\n"] }, /as-groups holds a line break/],
  [{ "as-groups": ["a"] }, /it has as-groups, and no as/],
  [{ "as-uid": "7" }, /it has as-uid, and no as/],
  [{ as: "a\nb" }, /as holds a line break/],
  [{ as: "jane", "as-groups": [7] }, /as-groups holds something that is not a string/],
];

for (const [fields, sentence] of misimpersonations) {
  Deno.test(`${JSON.stringify(fields)} is refused with what it is`, () =>
    assert.match(complaint(fields), sentence));
}

Deno.test("a user without anything is anonymous", async () => {
  assert.deepEqual(await accessOf({}), { headers: {} });
});

Deno.test("a field of the wrong kind is refused without being shown", () => {
  const message = complaint({ token: ["a-secret"] });
  assert.match(message, /the user "me" in .*config: token is not a string\. Put it in quotes/);
  assert.doesNotMatch(message, /a-secret/);
});

Deno.test("an OIDC provider's token is sent", async () => {
  const part = (value: unknown): string => btoa(JSON.stringify(value)).replace(/=+$/, "");
  const token = `${part({ alg: "none" })}.${part({ exp: 4_102_444_800 })}.c2ln`;
  const provider = { name: "oidc", config: { "id-token": token, "client-id": "k8svent" } };
  const { headers } = await accessOf({ "auth-provider": provider });
  assert.deepEqual(headers, { authorization: `Bearer ${token}` });
});

Deno.test("a provider that gives no token is named in a sentence", async () => {
  await assert.rejects(
    accessOf({ "auth-provider": { name: "oidc", config: {} } }),
    /The auth-provider "oidc" of the user "me" gave no token. Sign in again/,
  );
});

Deno.test("a provider that nobody knows is refused", () => {
  assert.match(
    complaint({ "auth-provider": { name: "nosuch" } }),
    /its auth-provider "nosuch" is not known. Use an exec/,
  );
  assert.match(complaint({ "auth-provider": {} }), /its auth-provider "" is not known/);
});
