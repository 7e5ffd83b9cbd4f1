import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  complaint,
  forever,
  keyringOf,
  open,
  type Reply,
  type Script,
} from "../../tests/kit/scripted_registry.ts";
import { RegistryError } from "./registry_error.ts";

function digestOf(value: unknown): string {
  return `sha256:${createHash("sha256").update(JSON.stringify(value)).digest("hex")}`;
}

const MINE = keyringOf("r.example.com", "me:word");
const BASIC = `Basic ${btoa("me:word")}`;

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
  Deno.test(`an answer ${JSON.stringify(reply)} is reported as: ${clause}`, async () => {
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
  const children = Array.from({ length: 25 }, (_, number) => ({ ...CHILDREN[0], number }));
  const many = {
    schemaVersion: 2,
    manifests: children.map((child) => ({ digest: digestOf(child) })),
  };
  const { registry, asked } = open((url) =>
    url.endsWith("/latest")
      ? { body: many }
      : { body: children.find((child) => url.endsWith(digestOf(child))) }
  );
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
  const body of ["", "[]", {}, { schemaVersion: 3 }, { schemaVersion: 2, config: { digest: "../../x" } }]
) {
  Deno.test(`${JSON.stringify(body)} is no manifest`, async () => {
    await assert.rejects(
      open(() => ({ body })).registry.isTagged("x", forever),
      /does not answer with a manifest/,
    );
  });
}

const WANTED = "org.opencontainers.image.version";

/** Stores these under their digests, and the last one under `latest` too. */
function stored(...objects: unknown[]): Script {
  return (url) => {
    const found = url.endsWith("/latest")
      ? objects.at(-1)
      : objects.find((one) => url.endsWith(digestOf(one)));
    return found === undefined ? { status: 404 } : { body: found };
  };
}

function labelled(version: string | undefined): unknown {
  return { config: { Labels: version === undefined ? null : { [WANTED]: version } } };
}

function manifestOf(config: unknown, more: Record<string, unknown> = {}): unknown {
  return { schemaVersion: 2, config: { digest: digestOf(config) }, ...more };
}

function child(of: unknown, os?: string, architecture?: string, more: Record<string, unknown> = {}): unknown {
  return { digest: digestOf(of), ...os !== undefined && { platform: { os, architecture } }, ...more };
}

function index(...manifests: unknown[]): unknown {
  return { schemaVersion: 2, manifests };
}

function annotated(version: string, manifest: unknown): unknown {
  return { schemaVersion: 2, manifests: [child(manifest)], annotations: { [WANTED]: version } };
}

const NEW = labelled("2.0.0");
const OLD = labelled("1.0.0");
const STATEMENT = manifestOf({ statement: true });
const REFERENCE = { annotations: { "vnd.docker.reference.type": "attestation-manifest" } };

const LABELS: [what: string, objects: unknown[], label: string | undefined][] = [
  ["a manifest", [NEW, manifestOf(NEW)], "2.0.0"],
  ["a manifest without labels", [labelled(undefined), manifestOf(labelled(undefined))], undefined],
  ["a manifest with an annotation", [{}, manifestOf({}, { annotations: { [WANTED]: "2.0.0" } })], "2.0.0"],
  ["a label beside an annotation", [NEW, manifestOf(NEW, { annotations: { [WANTED]: "3.0.0" } })], "2.0.0"],
  [
    "an index: that of this platform",
    [
      NEW,
      OLD,
      manifestOf(OLD),
      manifestOf(NEW),
      index(
        child(manifestOf(OLD), "linux", "amd64"),
        child(manifestOf(NEW), "linux", "arm64"),
      ),
    ],
    "2.0.0",
  ],
  [
    "an index without platforms: the first",
    [NEW, manifestOf(NEW), index(child(manifestOf(NEW)), child(manifestOf(OLD)))],
    "2.0.0",
  ],
  [
    "an index with statements about it",
    [
      NEW,
      manifestOf(NEW),
      STATEMENT,
      index(
        child(STATEMENT, "unknown", "unknown", REFERENCE),
        child(manifestOf(NEW), "linux", "s390x"),
      ),
    ],
    "2.0.0",
  ],
  [
    "an index of indexes",
    [NEW, manifestOf(NEW), index(child(manifestOf(NEW))), index(child(index(child(manifestOf(NEW)))))],
    "2.0.0",
  ],
  ["an index of nothing", [index()], undefined],
  ["an index with an annotation", [{}, manifestOf({}), annotated("2.0.0", manifestOf({}))], "2.0.0"],
  ["an image's own annotation, and one of its index", [
    {},
    manifestOf({}, { annotations: { [WANTED]: "2.0.0" } }),
    annotated("3.0.0", manifestOf({}, { annotations: { [WANTED]: "2.0.0" } })),
  ], "2.0.0"],
  ["an image's label, and an annotation of its index", [
    OLD,
    manifestOf(OLD),
    annotated("2.0.0", manifestOf(OLD)),
  ], "1.0.0"],
];

for (const [what, objects, label] of LABELS) {
  Deno.test(`an image says of itself that it is ${label}: ${what}`, async () => {
    assert.equal(await open(stored(...objects)).registry.label(forever), label);
  });
}

/** An image of a program for linux/arm64. */
const PLATFORMS: [what: string, objects: unknown[], isLacking: boolean][] = [
  ["an index with it", [index(child({}, "linux", "amd64"), child({}, "linux", "arm64"))], false],
  ["an index that does not have it yet", [index(child({}, "linux", "amd64"))], true],
  ["an index with an architecture of another system", [index(child({}, "windows", "arm64"))], true],
  ["an index that says nothing of one", [index(child({}, "linux", "amd64"), child({}))], false],
  ["an index with nothing but statements", [index(child(STATEMENT, "unknown", "unknown", REFERENCE))], true],
  ...["arm64", "amd64", undefined].map((architecture): [string, unknown[], boolean] => {
    const config = architecture === undefined ? {} : { os: "linux", architecture };
    return [`a manifest for ${architecture}`, [config, manifestOf(config)], architecture === "amd64"];
  }),
];

for (const [what, objects, isLacking] of PLATFORMS) {
  Deno.test(`a program for linux/arm64 can${isLacking ? "not" : ""} be pulled by ${what}`, async () => {
    const lacking = await open(stored(...objects)).registry.lacking(forever);
    assert.equal(lacking, isLacking ? "linux/arm64" : undefined);
  });
}

Deno.test("a tag has not moved while an index of indexes names what runs", async () => {
  const objects = [
    manifestOf(NEW),
    index(child(manifestOf(NEW))),
    index(child(index(child(manifestOf(NEW))))),
  ];
  for (const digest of [digestOf(NEW), digestOf(manifestOf(NEW))]) {
    assert.equal(await open(stored(...objects)).registry.isTagged(digest, forever), true);
  }
  assert.equal(await open(stored(...objects)).registry.isTagged(digestOf(OLD), forever), false);
});

Deno.test("a configuration comes from where the registry redirects, without its credentials", async () => {
  const script = stored(NEW, manifestOf(NEW));
  const { registry, asked } = open((url, given) => {
    if (url.startsWith("https://store.example.com/")) return script(url, given);
    if (given !== BASIC) return { status: 401, headers: { "www-authenticate": "Basic" } };
    const location = `https://store.example.com/${digestOf(NEW)}`;
    return url.includes("/blobs/") ? { status: 307, headers: { location } } : script(url, given);
  }, { keyring: MINE });
  assert.equal(await registry.label(forever), "2.0.0");
  assert.equal(asked.at(-1), `https://store.example.com/${digestOf(NEW)}`);
});

Deno.test("what a redirect's end refuses is reported as such", async () => {
  const location = "https://store.example.com/x";
  const opened = open((url) => url === location ? { status: 403 } : { status: 307, headers: { location } });
  assert.equal(
    await complaint(opened),
    "forbidden: store.example.com refuses (403): the registry r.example.com redirects there, and its credentials " +
      "are for itself alone",
  );
});

Deno.test("a configuration that is not what its digest says is not believed", async () => {
  const { registry } = open((url) => url.endsWith("/latest") ? { body: manifestOf(NEW) } : { body: OLD });
  await assert.rejects(registry.label(forever), /not what its digest/);
});

Deno.test("a manifest of schema 1 is reported as such", async () => {
  const { registry } = open(() => ({ body: { schemaVersion: 1, fsLayers: [], signatures: [] } }));
  await assert.rejects(
    registry.isTagged("x", forever),
    /a manifest of schema 1, which says too little: push it anew/,
  );
});

Deno.test("what a tag names is asked once a look", async () => {
  const { registry, asked } = open(stored(NEW, manifestOf(NEW)));
  await registry.isTagged("x", forever);
  assert.equal(await registry.digestOf("latest", forever), digestOf(manifestOf(NEW)));
  await registry.label(forever);
  assert.equal(asked.length, 2);
});

Deno.test("a tag that is not there names nothing", async () => {
  assert.equal(await open(() => ({ status: 404 })).registry.digestOf("1.0.0", forever), undefined);
});

const UNLISTED: [status: number, clause: string][] = [
  [
    401,
    "forbidden: r.example.com lets the image be pulled, but not its tags be listed (401): give credentials that may " +
    "do both with --registry-config (Azure calls it metadata/read, Harbor List Tag, AWS ecr:ListImages)",
  ],
  [
    403,
    "forbidden: r.example.com lets the image be pulled, but not its tags be listed (403): give credentials that may " +
    "do both with --registry-config (Azure calls it metadata/read, Harbor List Tag, AWS ecr:ListImages)",
  ],
  [
    404,
    "missing: r.example.com lets the image be pulled, but not its tags be listed (404), by which newer versions are " +
    "found",
  ],
  [
    405,
    "protocol: r.example.com lets the image be pulled, but not its tags be listed (405), by which newer versions are " +
    "found",
  ],
];

for (const keyring of [undefined, MINE]) {
  for (const [status, clause] of UNLISTED) {
    Deno.test(`${keyring ? "who" : "nobody"} may pull, but not list (${status}): ${clause}`, async () => {
      const opened = open((url, given) => {
        if (keyring !== undefined && given !== BASIC) {
          return { status: 401, headers: { "www-authenticate": "Basic" } };
        }
        return url.includes("/tags/list") ? { status } : { body: manifestOf(NEW) };
      }, keyring && { keyring });
      assert.equal(await complaint(opened), clause);
    });
  }
}
