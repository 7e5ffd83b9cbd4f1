import assert from "node:assert/strict";
import fc from "fast-check";
import { everyField } from "../../tests/kit/every_field.ts";
import { makeObject } from "../../tests/kit/pods.ts";
import { ODD_POD } from "../../tests/kit/odd_pods.ts";
import { realisticPods } from "../../tests/kit/realistic_pods.ts";
import { deletedPod } from "./deleted.ts";
import { decode, encode } from "./json_bytes.ts";
import { MASK } from "./located.ts";
import { compileRedaction, loadRedaction, type RedactProfile } from "./redaction.ts";
import { trimmedBody } from "./trimmed.ts";

const NONE: RedactProfile = {
  env: "none",
  args: "none",
  annotations: "none",
  probeHeaders: "none",
  patterns: [],
};
const ALL: RedactProfile = { ...NONE, env: "all", args: "all", annotations: "all", probeHeaders: "all" };
const SECRETS: RedactProfile = {
  ...NONE,
  env: "secrets",
  args: "secrets",
  annotations: "secrets",
  probeHeaders: "secrets",
};

async function redacted(
  body: string | Uint8Array<ArrayBuffer>,
  profile: Partial<RedactProfile>,
): Promise<string> {
  const bytes = typeof body === "string" ? encode(body) : body;
  return new TextDecoder().decode((await loadRedaction({ ...NONE, ...profile })).redact(bytes));
}

/** What stands in quotes, in its order, and what stands between. */
function tokens(json: string): { strings: string[]; between: string[] } {
  const form = /"(?:[^"\\]|\\.)*"/gs;
  return { strings: json.match(form) ?? [], between: json.split(form) };
}

/** Whether nothing but the insides of strings changed, and these by masks. */
function assertOnlyMasked(before: string, after: string): void {
  const [was, is] = [tokens(before), tokens(after)];
  assert.deepEqual(is.between, was.between);
  is.strings.forEach((text, index) => {
    if (text !== was.strings[index]) assert(text.includes(MASK), `${was.strings[index]} became ${text}`);
  });
}

/** Each text of a value by its path. */
function stringsByPath(value: unknown, path = ""): [path: string, text: string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => stringsByPath(item, `${path}.${name}`));
}

const SENTINEL = "s3nt1nel";
const CONTAINER = /^\.pod\.spec\.(containers|initContainers|ephemeralContainers)\.\d+/.source;
const HANDLER = /\.((liveness|readiness|startup)Probe|lifecycle\.(postStart|preStop))/.source;
/** The rule in a form of its own: which strings each option is about. */
const PLACES = {
  env: new RegExp(`${CONTAINER}\\.env\\.\\d+\\.value$`),
  args: new RegExp(`${CONTAINER}(\\.(command|args)|${HANDLER}\\.exec\\.command)\\.\\d+$`),
  annotations: /^\.pod\.metadata\.annotations\.[^.]+$/,
  probeHeaders: new RegExp(`${CONTAINER}${HANDLER}\\.httpGet\\.httpHeaders\\.\\d+\\.value$`),
};
const IDENTITY = /^\.pod\.(apiVersion|kind|metadata\.(uid|namespace|name|resourceVersion))$/;

/** Which fields are left out, and what stands around the sentinels. */
const CHANCE = fc.record({
  left: fc.array(fc.nat(500), { maxLength: 20 }),
  around: fc.array(fc.constantFrom("", " ", '"', "\\", "\n", "é", "😀", "\u2028", "/", "<&>", "\ud800"), {
    minLength: 7,
    maxLength: 7,
  }),
});

/** A pod with a sentinel in every text that `v1.Pod` has. */
function sentinelPod({ left, around }: { left: number[]; around: string[] }): string {
  let fields = 0;
  let strings = 0;
  const pod = everyField("V1Pod", {
    text: () => `${around[strings++ % 7]}${SENTINEL}${around[strings % 7]}`,
    number: () => "@max@",
    has: (path) =>
      path !== "metadata.managedFields" && (path.split(".").length < 3 || !left.includes(fields++ % 501)),
  });
  return JSON.stringify({ pod }).replaceAll('"@max@"', "-9223372036854775807.10e+4");
}

Deno.test("a sentinel in every text of a pod: it goes, but stays where a receiver knows the pod by it", async () => {
  const redaction = await loadRedaction({ ...ALL, patterns: [SENTINEL] });
  fc.assert(
    fc.property(CHANCE, (chance) => {
      const body = sentinelPod(chance);
      const after = new TextDecoder().decode(redaction.redact(encode(body)));
      assertOnlyMasked(body, after);
      const was = new Map(stringsByPath(JSON.parse(body)));
      for (const [path, text] of stringsByPath(JSON.parse(after))) {
        const before = was.get(path) ?? "";
        const isWhole = Object.values(PLACES).some((place) => place.test(path));
        const isKept = IDENTITY.test(path);
        assert.equal(text, isKept ? before : isWhole ? MASK : before.replace(SENTINEL, MASK), path);
      }
    }),
    { numRuns: 20 },
  );
});

Deno.test("each option is about its own place, in every kind of container, and about nothing else", async () => {
  const body = sentinelPod({ left: [], around: ["é", '"', "", "\n", "\\", " ", "/"] });
  for (const [option, place] of Object.entries(PLACES)) {
    const after = await redacted(body, { [option]: "all" });
    assertOnlyMasked(body, after);
    const was = stringsByPath(JSON.parse(body));
    const is = new Map(stringsByPath(JSON.parse(after)));
    const changed = was.filter(([path, text]) => is.get(path) !== text).map(([path]) => path);
    assert.deepEqual(changed, was.map(([path]) => path).filter((path) => place.test(path)), option);
    assert(changed.length > 1, option);
  }
});

Deno.test("sixty pods as clusters have them: no secret is left, and what is none stays", async () => {
  const redaction = await loadRedaction(SECRETS);
  const pods = realisticPods();
  assert.equal(pods.length, 60);
  for (const { name, body, secrets, harmless } of pods) {
    const [before, after] = [body, redaction.redact(body)].map((bytes) => new TextDecoder().decode(bytes));
    assertOnlyMasked(before ?? "", after ?? "");
    const strings = stringsByPath(JSON.parse(after ?? "")).map(([, text]) => text).join("\n");
    for (const secret of secrets) assert(!strings.includes(secret), `${name}: ${secret}`);
    for (const text of harmless) assert(strings.includes(text), `${name}: ${text}`);
  }
});

Deno.test("redacted twice is the same as once, and the same again", async () => {
  for (const profile of [ALL, SECRETS, { ...SECRETS, patterns: ["shop", "[0-9]+"] }]) {
    const redaction = await loadRedaction(profile);
    for (const { body } of realisticPods()) {
      const once = redaction.redact(body);
      assert.deepEqual(redaction.redact(body), once);
      assert.deepEqual(redaction.redact(once), once);
    }
  }
});

Deno.test("a redacted pod that is deleted or was trimmed is the redacted one, deleted or trimmed", async () => {
  const redaction = await loadRedaction(SECRETS);
  for (const { body, secrets } of realisticPods()) {
    assert.deepEqual(redaction.redact(deletedPod(body).body), deletedPod(redaction.redact(body)).body);
    const trimmed = new TextDecoder().decode(redaction.redact(trimmedBody(body)));
    assert.deepEqual(secrets.filter((secret) => trimmed.includes(JSON.stringify(secret).slice(1, -1))), []);
  }
});

Deno.test("whatever a pod is, its redaction is JSON with the same names", async () => {
  const redaction = await loadRedaction({ ...ALL, patterns: ["[a-z]+"] });
  fc.assert(fc.property(ODD_POD, ({ body }) => {
    assertOnlyMasked(new TextDecoder().decode(body), new TextDecoder().decode(redaction.redact(body)));
  }));
});

Deno.test("names, references and numbers stay where every value is redacted", async () => {
  const value = { name: "A", valueFrom: { secretKeyRef: { name: "s", key: "k" } } };
  const body = `{"pod":{"spec":{"containers":[{"env":[{"value":"x","name":"P"},${
    JSON.stringify(value)
  }]}],"n":9223372036854775807}}}`;
  assert.equal(await redacted(body, ALL), body.replace('"x"', `"${MASK}"`));
});

Deno.test("a name that is escaped or stands there twice hides nothing", async () => {
  const body =
    '{"pod":{"spec":{"containers":[{"\\u0065nv":[{"name":"A","value":"x1","valu\\u0065":"x2"}],"env":[{"value":"x3"}]}]}}}';
  const after = await redacted(body, { env: "all" });
  assert.doesNotMatch(after, /x[123]/);
});

Deno.test("of a variable that has two names each may say that it is a secret", async () => {
  for (
    const names of [
      '"name":"A","name":"PASSWORD"',
      '"name":"PASSWORD","name":"A"',
      '"name":7,"name":"PASSWORD"',
    ]
  ) {
    const body = `{"pod":{"spec":{"containers":[{"env":[{${names},"value":"hunter2"}]}]}}}`;
    assert.doesNotMatch(await redacted(body, { env: "secrets" }), /hunter2/, names);
  }
});

Deno.test("the name may stand behind the value", async () => {
  const body = '{"pod":{"spec":{"containers":[{"env":[{"value":"hunter2","name":"PASSWORD"}]}]}}}';
  assert.match(await redacted(body, { env: "secrets" }), /"value":"\[redacted\]","name":"PASSWORD"/);
});

Deno.test("an annotation that repeats the pod goes as a whole as soon as anything is redacted by place", async () => {
  // Known by their names; any other by what stands in it.
  const annotated: Record<string, string> = {
    "kubectl.kubernetes.io/last-applied-configuration": '{"spec":"plain"}',
    "kopf.zalando.org/last-handled-configuration": "plain",
    "kapp.k14s.io/original": "plain",
    "example.com/anything": '{"spec":{"containers":[{"env":[{"name":"A","value":"plain"}]}]}}',
    ...copiesOf({ containers: [{ name: "app", env: [{ name: "A", value: "plain" }] }] }),
    ...copiesOf({ initContainers: [{ name: "init", args: ["plain"] }] }),
    ...copiesOf({ ephemeralContainers: [{ name: "shell", command: ["plain"] }] }),
    "example.com/argo": '{"name":"step","container":{"image":"i","args":["plain"]}}',
    "example.com/map": '{"env":{"A":"plain"}}',
    "example.com/yaml": "spec:\n  containers:\n  - name: app\n    args: [plain]\n",
    "example.com/yaml-in-json": JSON.stringify({ text: "containers:\n- args: [plain]\n" }),
  };
  for (const [name, value] of Object.entries(annotated)) {
    const { body } = makeObject({ annotations: { [name]: value, other: "stays" } });
    for (const option of ["env", "args", "probeHeaders", "annotations"]) {
      const after = await redacted(body, { [option]: "secrets" });
      assert(!after.includes("plain") && after.includes("stays"), `${name} ${option}`);
    }
    assert((await redacted(body, { patterns: ["nothing"] })).includes("plain"), name);
  }
});

/** A pod's spec as tools write it: indented, and quoted once more for each tool that it went through. */
function copiesOf(spec: object): Record<string, string> {
  const [kind] = Object.keys(spec);
  const template = { spec: { template: { spec } } };
  return Object.fromEntries([undefined, 2, 4, "\t"].flatMap((indent) => {
    const text = JSON.stringify(template, null, indent);
    const quoted = JSON.stringify({ text });
    return [text, quoted, JSON.stringify({ quoted })].map((copy, depth) => [
      `example.com/${kind}-${String(indent).replace("\t", "tab")}-${depth}`,
      copy,
    ]);
  }));
}

Deno.test("an annotation that says of containers only which there are stays", async () => {
  const annotations = {
    "sidecar.istio.io/status": '{"initContainers":["istio-init"],"containers":["istio-proxy"]}',
    "kubectl.kubernetes.io/default-container": "app",
    "example.com/note": "env: prod, container: app, containers: 2",
  };
  const { body } = makeObject({ annotations });
  assert.equal(await redacted(body, { env: "all", args: "all", probeHeaders: "all" }), decode(body));
});

Deno.test("a text made to look like a copy of the pod holds up nothing", async () => {
  const hostile = ["env", "env:", "env:[", "env\\", 'env\\"', "env\\n", "env :"].flatMap((text) => [
    text.repeat(50_000),
    text + " ".repeat(250_000),
    text + "\\".repeat(250_000),
    text + "\\n".repeat(125_000),
  ]);
  for (const value of hostile) {
    const { body } = makeObject({ annotations: { a: value } });
    const began = performance.now();
    await redacted(body, { env: "all" });
    assert(performance.now() - began < 5_000, value.slice(0, 20));
  }
});

Deno.test("the annotation that names webhooks is a secret: their paths are tokens", async () => {
  const annotations = { "atomist.com/k8vent": '{"webhooks":["https://hooks.example.com/t0ken"]}' };
  assert(!(await redacted(makeObject({ annotations }).body, { annotations: "secrets" })).includes("t0ken"));
});

Deno.test("a pattern masks what it matches in any text, a container's last message too, and no name", async () => {
  const body = '{"pod":{"status":{"message":"of cust-17 and cust-18","cust-19":["cust-20"]}}}';
  assert.equal(
    await redacted(body, { patterns: ["cust-[0-9]+"] }),
    `{"pod":{"status":{"message":"of ${MASK} and ${MASK}","cust-19":["${MASK}"]}}}`,
  );
});

Deno.test("patterns that overlap, each other or a place, leave nothing between them", async () => {
  const body = '{"pod":{"status":{"message":"abcdef"}}}';
  assert.equal(
    await redacted(body, { patterns: ["abcd", "cdef"] }),
    `{"pod":{"status":{"message":"${MASK}"}}}`,
  );
});

Deno.test("a profile that redacts nothing gives the same bytes, and does not even look at them", async () => {
  const body = encode("no JSON");
  assert.equal((await loadRedaction(NONE)).redact(body), body);
});

Deno.test("a body in which nothing is to be masked is given back as it is", async () => {
  const { body } = makeObject();
  assert.equal((await loadRedaction(SECRETS)).redact(body), body);
});

Deno.test("what is no JSON or no UTF-8 throws, and says nothing of it", async () => {
  const redaction = await loadRedaction(SECRETS);
  for (const body of [encode('{"pod":{"a":"hunter2"'), encode(""), new Uint8Array([0x22, 0xff, 0x22])]) {
    assert.throws(() => redaction.redact(body), (error: Error) => {
      return error instanceof SyntaxError && !error.message.includes("hunter2");
    });
  }
  assert.throws(() => redaction.redact(encode("[".repeat(200_000))), RangeError);
});

Deno.test("the key is the profile's: the same for the same, another for any other", async () => {
  const profiles: RedactProfile[] = [
    NONE,
    ALL,
    SECRETS,
    ...(["env", "args", "annotations", "probeHeaders"] as const).map((option) => ({
      ...NONE,
      [option]: "all" as const,
    })),
    { ...NONE, patterns: ["a", "b"] },
    { ...NONE, patterns: ["ab"] },
  ];
  const keys = await Promise.all(profiles.map(async (profile) => (await loadRedaction(profile)).key));
  assert.equal(new Set(keys).size, profiles.length);
  assert.equal((await loadRedaction({ ...ALL })).key, keys[1]);
});

Deno.test("a bad pattern is an error when the profile is made ready, not when a pod comes", async () => {
  await assert.rejects(loadRedaction({ ...NONE, patterns: ["fine", "("] }), {
    name: "TypeError",
    message: /^The pattern "\("/,
  });
  assert.throws(() => compileRedaction({ ...NONE, patterns: ["a"] }), TypeError);
});

Deno.test("patterns that are slow on purpose hold up a pod for a bounded time", async () => {
  const redaction = await loadRedaction({ ...NONE, patterns: ["a(.*b)?"] });
  const strings = Array.from({ length: 50 }, () => "a".repeat(5_000));
  const after = JSON.parse(
    await new TextDecoder().decode(redaction.redact(encode(JSON.stringify({ pod: { strings } })))),
  );
  assert.deepEqual(new Set(after.pod.strings), new Set([MASK]));
});
