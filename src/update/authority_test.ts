import assert from "node:assert/strict";
import { BASIC, behind, getsIn, MINE, TOKENS } from "../../tests/kit/guarded_registry.ts";
import { complaint, forever, keyringOf, open } from "../../tests/kit/scripted_registry.ts";

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

const TAGS = "https://r.example.com/v2/team/k8svent/tags/list?n=1000";
const CHALLENGE = 'Bearer realm="https://auth.example.com/token?x=1",service="r",scope="registry:catalog:*"';
const GUARDED = behind({ challenge: CHALLENGE, opensTo: "Bearer good" });

Deno.test("a token is asked for without credentials, for pulling this image alone", async () => {
  const { registry, asked } = open(GUARDED);
  assert.deepEqual(await registry.tags(forever), ["1"]);
  assert.deepEqual(asked, [
    TAGS,
    "https://auth.example.com/token?x=1&service=r&scope=repository%3Ateam%2Fk8svent%3Apull",
    `${TAGS} Bearer good`,
  ]);
});

Deno.test("a token is asked for with the credentials of this registry, where there are some", async () => {
  const { registry, asked } = open(GUARDED, { keyring: MINE });
  await registry.tags(forever);
  assert(asked[1]?.endsWith(` ${BASIC}`));
  const other = open(GUARDED, {
    keyring: keyringOf("other.example.com", "me:word"),
  });
  await other.registry.tags(forever);
  assert.doesNotMatch(other.asked.join(), /Basic/);
});

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
