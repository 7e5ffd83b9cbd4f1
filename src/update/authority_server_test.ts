import assert from "node:assert/strict";
import { BASIC, behind, getsIn, MINE, TOKENS } from "../../tests/kit/guarded_registry.ts";
import { complaint, open, type Reply } from "../../tests/kit/scripted_registry.ts";

const ANSWERS: [what: string, body: unknown, token: string][] = [
  ["token", { token: "good" }, "good"],
  ["access_token", { access_token: "good" }, "good"],
  ["both", { token: "good", access_token: "bad" }, "good"],
  ["an empty token beside access_token", { token: "", access_token: "good" }, "good"],
  ["no token beside access_token", { token: null, access_token: "good" }, "good"],
  ["an expiry of no time", { token: "good", expires_in: 0, issued_at: "yesterday" }, "good"],
  ["a refresh token", { access_token: "good", refresh_token: "r", token_type: "Bearer" }, "good"],
  ["letters of all kinds", { token: "a:b|c~d.e_f-g+h/i=" }, "a:b|c~d.e_f-g+h/i="],
];

for (const [what, body, token] of ANSWERS) {
  Deno.test(`a token's server that answers with ${what} is understood`, async () => {
    const opensTo = `Bearer ${token}`;
    await getsIn(open(behind({ challenge: `Bearer realm="${TOKENS}"`, opensTo, tokens: () => ({ body }) })));
  });
}

const REFUSALS: [what: string, reply: Reply, clause: string][] = [
  [
    "no token",
    { body: {} },
    "protocol: the registry r.example.com names a server for tokens that gives none",
  ],
  [
    "a token of two lines",
    { body: { token: "a\nb" } },
    "protocol: the registry r.example.com names a server for tokens that gives none",
  ],
  [
    "a web page",
    { body: "<html>" },
    "protocol: the registry r.example.com names a server for tokens that gives none",
  ],
  [
    "401",
    { status: 401 },
    "forbidden: auth.example.com refuses (401): the credentials that --registry-config has for the image are wrong, or may not read it",
  ],
  [
    "403",
    { status: 403 },
    "forbidden: auth.example.com refuses (403): the credentials that --registry-config has for the image are wrong, or may not read it",
  ],
  ["404", { status: 404 }, "missing: auth.example.com has no such image, or hides it (404)"],
  ["429", { status: 429 }, "busy: auth.example.com asks for patience (429)"],
  ["503", { status: 503 }, "unreachable: auth.example.com answers 503"],
  [
    "a redirect to http",
    { status: 302, headers: { location: "http://evil.example.com/" } },
    "protocol: auth.example.com redirects to where it may not: if http is meant for evil.example.com, name it with --insecure-registry",
  ],
];

for (const [what, reply, clause] of REFUSALS) {
  Deno.test(`a token's server that answers with ${what} is reported as: ${clause}`, async () => {
    const door = { challenge: `Bearer realm="${TOKENS}"`, opensTo: "Bearer good", tokens: () => reply };
    assert.equal(await complaint(open(behind(door), { keyring: MINE })), clause);
  });
}

Deno.test("a token's server that redirects is followed, without the password to another host", async () => {
  const opened = open(
    behind({
      challenge: `Bearer realm="${TOKENS}"`,
      opensTo: "Bearer good",
      tokens: (url) => {
        if (url.host === "other.example.com") return { body: { token: "good" } };
        const location = url.pathname === "/token" ? "/token/" : "https://other.example.com/token";
        return { status: 307, headers: { location } };
      },
    }),
    { keyring: MINE },
  );
  const asked = await getsIn(opened);
  assert.deepEqual(asked.map((url) => [new URL(url.split(" ")[0] ?? "").host, url.includes("Basic")]), [
    ["auth.example.com", true],
    ["auth.example.com", true],
    ["other.example.com", false],
  ]);
});

Deno.test("credentials take the place of a user in the URL of a token's server", async () => {
  const challenge = 'Bearer realm="https://u:p@auth.example.com/token"';
  const door = behind({ challenge, opensTo: "Bearer good" });
  const scope = "?scope=repository%3Ateam%2Fk8svent%3Apull";
  assert.deepEqual(await getsIn(open(door, { keyring: MINE })), [`${TOKENS}${scope} ${BASIC}`]);
  assert.deepEqual(await getsIn(open(door)), [`https://u:p@auth.example.com/token${scope}`]);
});

Deno.test("a server for tokens that is asked by http has to be named", async () => {
  const challenge = 'Bearer realm="http://auth.example.com/token"';
  const door = behind({ challenge, opensTo: "Bearer good" });
  assert.equal(
    await complaint(open(door, { keyring: MINE })),
    "protocol: the registry r.example.com names no server for tokens that may be asked: if http is meant for " +
      "auth.example.com, name it with --insecure-registry",
  );
  await getsIn(open(door, { keyring: MINE, insecure: ["auth.example.com"] }));
});
