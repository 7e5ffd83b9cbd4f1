import assert from "node:assert/strict";
import { BASIC, behind, getsIn, MINE, TOKENS } from "../../tests/kit/guarded_registry.ts";
import { complaint, forever, keyringOf, open, type Reply } from "../../tests/kit/scripted_registry.ts";
import type { Keyring } from "./docker_config.ts";
import { parseDockerConfig } from "./docker_config.ts";

const TAGS = "https://r.example.com/v2/team/k8svent/tags/list?n=1000";
const CHALLENGE = 'Bearer realm="https://auth.example.com/token?x=1",service="r",scope="registry:catalog:*"';

Deno.test("a registry that asks for a password gets it, and nothing goes out without being asked for", async () => {
  const challenge = 'Basic realm="r"';
  const { registry, asked } = open(
    (_url, given) =>
      given === BASIC
        ? { body: { tags: ["1"] } }
        : { status: 401, headers: { "www-authenticate": challenge } },
    { keyring: MINE },
  );
  assert.deepEqual(await registry.tags(forever), ["1"]);
  assert.deepEqual(asked, [TAGS, `${TAGS} ${BASIC}`]);
});

for (
  const [what, challenge] of [
    ["by http", CHALLENGE.replace("https", "http")],
    ["by a file", CHALLENGE.replace("https://", "file:///")],
    ["nowhere", 'Bearer service="r"'],
  ] as const
) {
  Deno.test(`a password is not sent ${what}, whatever the registry says`, async () => {
    const opened = open(behind({ challenge, opensTo: "Bearer good" }), { keyring: MINE });
    assert.match(await complaint(opened), /names no server for tokens that may be asked/);
    assert.equal(opened.asked.length, 1);
  });
}

Deno.test("where both are offered and no token is to be had, the password is for the registry itself", async () => {
  const tokens = (): Reply => ({ status: 500 });
  for (const realm of [TOKENS, "http://auth.example.com", "Registry Realm"]) {
    const door = { challenge: `Bearer realm="${realm}", Basic realm="r"`, opensTo: BASIC, tokens };
    await getsIn(open(behind(door), { keyring: MINE }));
  }
});

for (const status of [401, 403]) {
  Deno.test(`a refusal without a challenge (${status}) is met by what the registry asks for at its root`, async () => {
    const opened = open((url, authorization) => {
      if (url === "https://r.example.com/v2/") {
        return { status: 401, headers: { "www-authenticate": "Basic" } };
      }
      return authorization === BASIC ? { body: { tags: ["1"] } } : { status };
    }, { keyring: MINE });
    assert.deepEqual(await getsIn(opened), ["https://r.example.com/v2/"]);
  });
}

Deno.test("a refusal without any challenge is reported, and no password is sent", async () => {
  const opened = open(() => ({ status: 401 }), { keyring: MINE });
  assert.match(await complaint(opened), /^forbidden: r\.example\.com refuses \(401\)/);
  assert.doesNotMatch(opened.asked.join(), /Basic/);
});

const TWO = keyringOf("r.example.com", "team:old", "host:new");
const NEW = `Basic ${btoa("host:new")}`;

Deno.test("of two credentials, the second is tried where the first is refused by the registry", async () => {
  const { asked, registry } = open(behind({ challenge: "Basic", opensTo: NEW }), { keyring: TWO });
  assert.deepEqual(await registry.tags(forever), ["1"]);
  assert.equal(asked.length, 3);
});

Deno.test("of two credentials, the second is tried where the first is refused by the token's server", async () => {
  const tokens = (_url: URL, given?: string): Reply =>
    given === NEW ? { body: { token: "good" } } : { status: 401 };
  const door = { challenge: `Bearer realm="${TOKENS}"`, opensTo: "Bearer good", tokens };
  await getsIn(open(behind(door), { keyring: TWO }));
});

Deno.test("of two credentials, the second is tried where the first one's token is good for nothing", async () => {
  const tokens = (_url: URL, given?: string): Reply => ({ body: { token: given === NEW ? "good" : "bad" } });
  const door = { challenge: `Bearer realm="${TOKENS}"`, opensTo: "Bearer good", tokens };
  await getsIn(open(behind(door), { keyring: TWO }));
});

/** What is said of a registry that nobody gets into, by the file of --registry-config. */
const ADVICE: [config: unknown, advice: string][] = [
  [{}, "give credentials that may pull the image with --registry-config"],
  [
    { auths: { "q.example.com": { auth: btoa("a:b") } } },
    "give credentials that may pull the image with --registry-config",
  ],
  [
    { auths: { "r.example.com/other": { auth: btoa("a:b") } } },
    "give credentials that may pull the image with --registry-config",
  ],
  [
    { auths: { "r.example.com": { auth: btoa("a:b") } } },
    "the credentials that --registry-config has for the image are wrong, or may not read it",
  ],
  [
    { credsStore: "desktop", auths: { "r.example.com": {} } },
    "what --registry-config has for the image cannot be used: credsStore names a credential helper, which is not run here: put name and password into auths",
  ],
  [
    { credHelpers: { "r.example.com": "ecr-login" } },
    "what --registry-config has for the image cannot be used: credHelpers names a credential helper, which is not run here: put name and password into auths",
  ],
  [
    { auths: { "r.example.com": { identitytoken: "t" } } },
    "what --registry-config has for the image cannot be used: it has a token there which the kubelet does not use either: give name and password",
  ],
  [
    { auths: { "r.example.com": { auth: btoa("a") } } },
    "what --registry-config has for the image cannot be used: its auth there is not the base64 of USER:PASSWORD",
  ],
];

for (const [config, advice] of ADVICE) {
  Deno.test(`refused with ${JSON.stringify(config)}, the error advises: ${advice}`, async () => {
    const keyring = parseDockerConfig(JSON.stringify(config)) as Keyring;
    const opened = open(behind({ challenge: "Basic", opensTo: "nobody" }), { keyring });
    assert.equal(await complaint(opened), `forbidden: r.example.com refuses (401): ${advice}`);
  });
}
