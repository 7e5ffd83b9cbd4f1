import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Keyring } from "./docker_config.ts";
import type { HttpGet } from "./http_get.ts";
import { parseImage } from "./image.ts";
import { Registry } from "./registry.ts";
import { RegistryError } from "./registry_error.ts";

const forever = new AbortController().signal;

/** What is answered to a GET: by its URL, given the credentials that came along. */
type Reply = { status?: number; headers?: Record<string, string>; body?: unknown };
type Script = (url: string, authorization: string | undefined) => Reply;

interface Opened {
  registry: Registry;
  /** Each request: its URL and, where any came along, the credentials. */
  asked: string[];
}

function open(
  script: Script,
  { image = "r.example.com/team/k8svent:latest", keyring = new Map() as Keyring, insecure = [] as string[] } =
    {},
): Opened {
  const asked: string[] = [];
  const get: HttpGet = (url, headers) => {
    const { authorization } = headers;
    asked.push([url.href, authorization].filter(Boolean).join(" "));
    const { status = 200, headers: answered = {}, body = "" } = script(url.href, authorization);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return Promise.resolve({ status, headers: new Headers(answered), body: new TextEncoder().encode(text) });
  };
  const parsed = parseImage(image);
  assert(parsed !== undefined);
  const deps = { get, keyring: () => Promise.resolve(keyring), insecure, userAgent: "k8svent/1" };
  return { registry: new Registry(parsed, { ...deps, now: () => 0 }), asked };
}

/** The clause of the error that the registry's tags end in. */
async function complaint({ registry }: Opened): Promise<string> {
  const error = await registry.tags(forever).then(() => undefined, (error: unknown) => error);
  assert(error instanceof RegistryError, String(error));
  return `${error.fault}: ${error.message}`;
}

function digestOf(value: unknown): string {
  return `sha256:${createHash("sha256").update(JSON.stringify(value)).digest("hex")}`;
}

const TAGS = "https://r.example.com/v2/team/k8svent/tags/list?n=1000";
const MINE: Keyring = new Map([["r.example.com", { user: "me", password: "word" }]]);
const BASIC = `Basic ${btoa("me:word")}`;

Deno.test("tags come page by page, by relative and by absolute links", async () => {
  const pages: Record<string, Reply> = {
    [TAGS]: { body: { tags: ["1"] }, headers: { link: '</v2/team/k8svent/tags/list?last=1>; rel="next"' } },
    "https://r.example.com/v2/team/k8svent/tags/list?last=1": {
      body: { tags: ["2"] },
      headers: { link: '<https://r.example.com/more?a=1,2&b=2>; type="x"; rel=next' },
    },
    "https://r.example.com/more?a=1,2&b=2": { body: { tags: null } },
  };
  const { registry, asked } = open((url) => pages[url] ?? { status: 404 });
  assert.deepEqual(await registry.tags(forever), ["1", "2"]);
  assert.equal(asked.length, 3);
});

Deno.test("pages that go round in a circle end in an error", async () => {
  const opened = open(() => ({ body: { tags: ["1"] }, headers: { link: `<${TAGS}>; rel="next"` } }));
  assert.equal(await complaint(opened), "protocol: the registry r.example.com repeats a page of its tags");
});

Deno.test("a page of tags at another host is not asked for", async () => {
  const link = '<https://evil.example.com/>; rel="next"';
  const opened = open(() => ({ body: { tags: ["1"] }, headers: { link } }));
  assert.equal(await complaint(opened), "protocol: the registry r.example.com has tags at another host");
  assert.equal(opened.asked.length, 1);
});

Deno.test("more tags than any image has are not gathered for ever", async () => {
  let page = 0;
  const tags = Array.from({ length: 30_000 }, (_, tag) => `t${tag}`);
  const opened = open(() => ({ body: { tags }, headers: { link: `<?page=${++page}>; rel="next"` } }));
  assert.match(await complaint(opened), /^protocol: .* has more than 100000 tags of this image$/);
});

Deno.test("a page of a million tags ends in an error, not in a fault of the program", async () => {
  const opened = open(() => ({ body: { tags: new Array(1_000_000).fill("") } }));
  assert.match(await complaint(opened), /^protocol: .* has more than 100000 tags of this image$/);
});

Deno.test("pages without an end end in an error, though there is nothing on them", async () => {
  let page = 0;
  const opened = open(() => ({ body: { tags: [] }, headers: { link: `<?page=${++page}>; rel="next"` } }));
  assert.match(await complaint(opened), /^protocol: .* has more than 2000 pages of tags$/);
});

Deno.test("Docker Hub is asked at the host of its API, for library images too", async () => {
  const { registry, asked } = open(() => ({ body: { tags: [] } }), { image: "k8svent" });
  await registry.tags(forever);
  assert.deepEqual(asked, ["https://registry-1.docker.io/v2/library/k8svent/tags/list?n=1000"]);
});

Deno.test("a registry is asked by http only where it is named so", async () => {
  const image = "localhost:5000/k8svent";
  const named = open(() => ({ body: { tags: [] } }), { image, insecure: ["localhost:5000"] });
  await named.registry.tags(forever);
  assert.match(named.asked.join(), /^http:/);
  const other = open(() => ({ body: { tags: [] } }), { image, insecure: ["localhost:5001"] });
  await other.registry.tags(forever);
  assert.match(other.asked.join(), /^https:/);
});

Deno.test("port 80 is the port of http, whether or not it is named", async () => {
  const location = "http://localhost/moved";
  const { registry, asked } = open(
    (url) => url === location ? { body: { tags: ["1"] } } : { status: 307, headers: { location } },
    { image: "localhost:80/k8svent", insecure: ["localhost:80"] },
  );
  assert.deepEqual(await registry.tags(forever), ["1"]);
  assert.equal(asked.length, 2);
});

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
  const stranger = open(guarded("abc"), {
    keyring: new Map([["other.example.com", { user: "me", password: "word" }]]),
  });
  await stranger.registry.tags(forever);
  assert.doesNotMatch(stranger.asked.join(), /Basic/);
});

Deno.test("a token that ran out is replaced once", async () => {
  let issued = 0;
  const { registry } = open((url, authorization) => {
    if (url.startsWith("https://auth.")) return { body: { "access_token": `t${++issued}` } };
    return authorization === "Bearer t2"
      ? { body: { tags: [] } }
      : { status: 401, headers: { "www-authenticate": CHALLENGE } };
  });
  await assert.rejects(registry.tags(forever), /refuses \(401\)/);
  assert.deepEqual(await registry.tags(forever), []);
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

Deno.test("a redirect to another host is followed without credentials", async () => {
  const { registry, asked } = open((url, given) => {
    if (url.startsWith("https://other.")) return { body: { tags: ["1"] } };
    return given === BASIC
      ? { status: 307, headers: { location: "https://other.example.com/tags" } }
      : { status: 401, headers: { "www-authenticate": "Basic" } };
  }, { keyring: MINE });
  assert.deepEqual(await registry.tags(forever), ["1"]);
  assert.equal(asked.at(-1), "https://other.example.com/tags");
});

for (const location of ["http://r.example.com/x", "file:///etc/passwd", "", "http://169.254.169.254/"]) {
  Deno.test(`a redirect to "${location}" is not followed`, async () => {
    const opened = open(() => ({ status: 302, headers: { location } }));
    assert.match(await complaint(opened), /redirects (to where it may not|again and again)/);
    assert(opened.asked.every((url) => url.startsWith("https://r.example.com/")));
  });
}

for (
  const [reply, clause] of [
    [
      { status: 401 },
      "forbidden: r.example.com refuses (401): give credentials that may pull the image with --registry-config",
    ],
    [
      { status: 403 },
      "forbidden: r.example.com refuses (403): give credentials that may pull the image with --registry-config",
    ],
    [{ status: 404 }, "missing: r.example.com has no such image, or hides it (404)"],
    [{ status: 429 }, "busy: r.example.com asks for patience (429)"],
    [{ status: 503 }, "unreachable: r.example.com answers 503"],
    [{ status: 418 }, "protocol: r.example.com answers 418"],
    [{ body: "<html>" }, "protocol: the registry r.example.com does not answer with a list of tags"],
    [{ body: { tags: [1] } }, "protocol: the registry r.example.com does not answer with a list of tags"],
    [{ body: { tags: "1" } }, "protocol: the registry r.example.com does not answer with a list of tags"],
  ] as const
) {
  Deno.test(`an answer ${JSON.stringify(reply)} is told as: ${clause}`, async () => {
    assert.equal(await complaint(open(() => reply)), clause);
  });
}

Deno.test("Retry-After is handed on", async () => {
  const { registry } = open(() => ({ status: 429, headers: { "retry-after": "90" } }));
  await assert.rejects(registry.tags(forever), (error) => {
    return error instanceof RegistryError && error.details.retryAfter === 90_000;
  });
});

/** A tag that names an index of two manifests. */
const CONFIGS = ["a", "b"].map((letter) => `sha256:${letter.repeat(64)}`);
const CHILDREN = CONFIGS.map((digest) => ({ schemaVersion: 2, config: { digest } }));
const INDEX = { schemaVersion: 2, manifests: CHILDREN.map((child) => ({ digest: digestOf(child) })) };

function manifests(url: string): Reply {
  if (url.endsWith("/manifests/latest")) return { body: INDEX };
  const child = CHILDREN.find((one) => url.endsWith(digestOf(one)));
  return child === undefined ? { status: 404 } : { body: child };
}

for (
  const [what, digest, requests] of [
    ["the index", digestOf(INDEX), 1],
    ["a platform's manifest", digestOf(CHILDREN[1]), 1],
    ["a platform's configuration", CONFIGS[1] ?? "", 3],
  ] as const
) {
  Deno.test(`a tag has not moved while it names what runs by ${what}`, async () => {
    const { registry, asked } = open(manifests);
    assert.equal(await registry.isTagged(digest, forever), true);
    assert.equal(asked.length, requests);
  });
}

Deno.test("a tag has moved when nothing of what it names runs", async () => {
  assert.equal(await open(manifests).registry.isTagged(`sha256:${"c".repeat(64)}`, forever), false);
});

Deno.test("of an index of many platforms, no more than twenty manifests are asked for", async () => {
  const many = {
    schemaVersion: 2,
    manifests: Array.from({ length: 25 }, () => ({ digest: digestOf(CHILDREN[0]) })),
  };
  const { registry, asked } = open((url) => url.endsWith("/latest") ? { body: many } : { body: CHILDREN[0] });
  assert.equal(await registry.isTagged(`sha256:${"c".repeat(64)}`, forever), false);
  assert.equal(asked.length, 21);
});

Deno.test("an index whose manifests are not all there is a doubt, not a tag that has moved", async () => {
  const { registry } = open((url) => url.endsWith("/latest") ? { body: INDEX } : { status: 404 });
  await assert.rejects(registry.isTagged(`sha256:${"c".repeat(64)}`, forever), /has no such image/);
});

Deno.test("a manifest without an index is named by its own digest or its configuration's", async () => {
  const [child] = CHILDREN;
  for (const digest of [digestOf(child), CONFIGS[0] ?? ""]) {
    assert.equal(await open(() => ({ body: child })).registry.isTagged(digest, forever), true);
  }
});

Deno.test("a manifest that is not what its digest says is not believed", async () => {
  const headers = { "docker-content-digest": `sha256:${"0".repeat(64)}` };
  await assert.rejects(
    open(() => ({ body: INDEX, headers })).registry.isTagged("x", forever),
    /not what its digest/,
  );
});

for (
  const body of ["", "[]", {}, { schemaVersion: 1 }, { schemaVersion: 2, config: { digest: "../../x" } }]
) {
  Deno.test(`${JSON.stringify(body)} is no manifest`, async () => {
    await assert.rejects(
      open(() => ({ body })).registry.isTagged("x", forever),
      /does not answer with a manifest/,
    );
  });
}
