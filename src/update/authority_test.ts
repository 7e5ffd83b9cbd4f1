import assert from "node:assert/strict";
import {
  complaint,
  forever,
  keyringOf,
  open,
  type Opened,
  type Reply,
  type Script,
} from "../../tests/kit/scripted_registry.ts";
import type { Keyring } from "./docker_config.ts";
import { parseDockerConfig } from "./docker_config.ts";

const TOKENS = "https://auth.example.com/token";
const MINE = keyringOf("r.example.com", "me:word");
const BASIC = `Basic ${btoa("me:word")}`;

interface Door {
  /** `WWW-Authenticate`. */
  challenge: string;
  /** Who is let in, by the value of `Authorization`. */
  opensTo: string;
  /** What the token's server says, wherever it is asked. */
  tokens?: (url: URL, authorization: string | undefined) => Reply;
}

/** A registry with one tag, behind a door. Whatever is no path of its API is the token's server. */
function behind({ challenge, opensTo, tokens }: Door): Script {
  return (text, authorization) => {
    const url = new URL(text);
    if (!/^\/v2\/team\/k8svent\//.test(url.pathname)) {
      return tokens?.(url, authorization) ?? { body: { token: "good" } };
    }
    return authorization === opensTo
      ? { body: { tags: ["1"] } }
      : { status: 401, headers: { "www-authenticate": challenge } };
  };
}

/** It gets in; what it asked on the way, without the list of tags. */
async function getsIn(opened: Opened): Promise<string[]> {
  assert.deepEqual(await opened.registry.tags(forever), ["1"]);
  return opened.asked.filter((url) => !url.includes("/tags/list"));
}

const CHALLENGES: [what: string, challenge: string, asked: string][] = [
  [
    "all parameters",
    `Bearer realm="${TOKENS}",service="r",scope="repository:team/k8svent:pull"`,
    `${TOKENS}?service=r`,
  ],
  ["no service and no scope", `Bearer realm="${TOKENS}"`, TOKENS],
  ["an empty service", `Bearer realm="${TOKENS}",service=""`, `${TOKENS}?service=`],
  ["words without quotes", `Bearer realm=${TOKENS},service=r`, `${TOKENS}?service=r`],
  ["spaces and another case", `bEARER Realm = "${TOKENS}" , Service = "r"`, `${TOKENS}?service=r`],
  [
    "commas in quotes",
    `Bearer realm="${TOKENS}",service="a, b",error="x, Basic"`,
    `${TOKENS}?service=a%2C+b`,
  ],
  ["escaped quotes", `Bearer realm="${TOKENS}",service="a\\"b"`, `${TOKENS}?service=a%22b`],
  ["a query of its own", `Bearer realm="${TOKENS}?x=1",service="r"`, `${TOKENS}?x=1&service=r`],
  ["an error", `Bearer realm="${TOKENS}",error="insufficient_scope"`, TOKENS],
  ["other schemes before", `Negotiate abc==, NTLM a/b+, Bearer realm="${TOKENS}"`, TOKENS],
  ["Basic before", `Basic realm="x, y", Bearer realm="${TOKENS}"`, TOKENS],
  ["Basic after", `Bearer realm="${TOKENS}", Basic realm="x"`, TOKENS],
  [
    "a first server that may not be asked",
    `Bearer realm="http://a.example.com", Bearer realm="${TOKENS}"`,
    TOKENS,
  ],
  ["a path at the registry", 'Bearer realm="/service/token"', "https://r.example.com/service/token"],
  [
    "the registry's own host by http",
    'Bearer realm="http://r.example.com/token"',
    "https://r.example.com/token",
  ],
];

for (const [what, challenge, asked] of CHALLENGES) {
  Deno.test(`a challenge with ${what} is met`, async () => {
    const [token] = await getsIn(open(behind({ challenge, opensTo: "Bearer good" })));
    const scope = `${asked.includes("?") ? "&" : "?"}scope=repository%3Ateam%2Fk8svent%3Apull`;
    assert.equal(token, asked + scope);
  });
}

const SCOPES: [asked: string, given: string[]][] = [
  ["", ["repository:team/k8svent:pull"]],
  ["repository:team/k8svent:pull,push", ["repository:team/k8svent:pull"]],
  ["repository:team/k8svent:*", ["repository:team/k8svent:pull"]],
  ["registry:catalog:*", ["repository:team/k8svent:pull"]],
  // Azure's list of tags.
  ["repository:team/k8svent:metadata_read", ["repository:team/k8svent:pull,metadata_read"]],
  // A proxy calls the image by the name that it has behind it.
  ["repository:proxy/team/k8svent:pull repository:x:push,delete", [
    "repository:team/k8svent:pull",
    "repository:proxy/team/k8svent:pull",
  ]],
  ["repository:r.example.com:5000/team/k8svent:pull", [
    "repository:team/k8svent:pull",
    "repository:r.example.com:5000/team/k8svent:pull",
  ]],
];

for (const [asked, given] of SCOPES) {
  Deno.test(`a scope "${asked}" is asked for as far as it lets read: ${given.join(" ")}`, async () => {
    const challenge = `Bearer realm="${TOKENS}",scope="${asked}"`;
    const [token = ""] = await getsIn(open(behind({ challenge, opensTo: "Bearer good" })));
    assert.deepEqual(new URL(token).searchParams.getAll("scope"), given);
  });
}

Deno.test("a token that is too little for the tags is replaced by one for more", async () => {
  const { registry, asked } = open((text, authorization) => {
    const url = new URL(text);
    const scope = `repository:team/k8svent:${url.pathname.includes("/tags/") ? "metadata_read" : "pull"}`;
    if (url.host === "auth.example.com") return { body: { token: url.searchParams.get("scope") } };
    return authorization?.includes(scope.split(":").at(-1) ?? "")
      ? { body: { tags: ["1"], schemaVersion: 2 } }
      : { status: 401, headers: { "www-authenticate": `Bearer realm="${TOKENS}",scope="${scope}"` } };
  }, { keyring: MINE });
  await registry.digestOf("latest", forever);
  assert.deepEqual(await registry.tags(forever), ["1"]);
  assert.equal(asked.filter((url) => url.startsWith(TOKENS)).length, 2);
});

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

const TAGS = "https://r.example.com/v2/team/k8svent/tags/list?n=1000";
const CHALLENGE = 'Bearer realm="https://auth.example.com/token?x=1",service="r",scope="registry:catalog:*"';

/** Lets in whoever brings `token`. */
function guarded(token: string, challenge = CHALLENGE): Script {
  return (url, authorization) => {
    if (url.startsWith("https://auth.example.com/")) return { body: { token } };
    return authorization === `Bearer ${token}`
      ? { body: { tags: ["1"] } }
      : { status: 401, headers: { "www-authenticate": challenge } };
  };
}

Deno.test("a token is asked for without credentials, for pulling this image alone", async () => {
  const { registry, asked } = open(guarded("abc"));
  assert.deepEqual(await registry.tags(forever), ["1"]);
  assert.deepEqual(asked, [
    TAGS,
    "https://auth.example.com/token?x=1&service=r&scope=repository%3Ateam%2Fk8svent%3Apull",
    `${TAGS} Bearer abc`,
  ]);
});

Deno.test("a token is asked for with the credentials of this registry, where there are some", async () => {
  const { registry, asked } = open(guarded("abc"), { keyring: MINE });
  await registry.tags(forever);
  assert(asked[1]?.endsWith(` ${BASIC}`));
  const other = open(guarded("abc"), {
    keyring: keyringOf("other.example.com", "me:word"),
  });
  await other.registry.tags(forever);
  assert.doesNotMatch(other.asked.join(), /Basic/);
});

Deno.test("a token that ran out is replaced, as often as it does", async () => {
  let issued = 0;
  let page = 0;
  const { registry } = open((url, authorization) => {
    if (url.startsWith("https://auth.")) return { body: { "access_token": `t${++issued}`, "expires_in": 1 } };
    if (authorization !== `Bearer t${issued}` || issued === page) {
      return { status: 401, headers: { "www-authenticate": CHALLENGE } };
    }
    page++;
    return { body: { tags: [`${page}`] }, ...page < 4 && { headers: { link: `<?page=${page}>; rel=next` } } };
  });
  assert.deepEqual(await registry.tags(forever), ["1", "2", "3", "4"]);
  assert.equal(issued, 4);
});

Deno.test("a token that is refused at once is not asked for again and again", async () => {
  const opened = open((url) => {
    if (url.startsWith("https://auth.")) return { body: { token: crypto.randomUUID() } };
    return { status: 401, headers: { "www-authenticate": CHALLENGE } };
  });
  assert.match(await complaint(opened), /refuses \(401\)/);
  assert(opened.asked.length < 8, opened.asked.join("\n"));
});

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
    const opened = open(guarded("abc", challenge), { keyring: MINE });
    assert.match(await complaint(opened), /names no server for tokens that may be asked/);
    assert.equal(opened.asked.length, 1);
  });
}
