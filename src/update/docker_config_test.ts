import assert from "node:assert/strict";
import fc from "fast-check";
import { type Found, type Keyring, parseDockerConfig, readDockerConfig } from "./docker_config.ts";
import { type Image, parseImage } from "./image.ts";
import { RegistryError } from "./registry_error.ts";

/*
 * What the kubelet finds (k8s.io/kubernetes v1.34.1, pkg/credentialprovider: DockerConfigJSON and
 * BasicDockerKeyring.Lookup, run on each of these rows, and on 20,000 random ones); where the table differs from it, or docker's own reading
 * (github.com/docker/cli v29.0.0, cli/config) is another, the row says so.
 */

const APP = "r.example.com/team/k8svent";

function read(text: string): Keyring {
  const keyring = parseDockerConfig(text);
  assert(keyring !== undefined, "it is a docker config");
  return keyring;
}

function find(config: unknown, image = APP): Found {
  const parsed = parseImage(image);
  assert(parsed !== undefined);
  return read(typeof config === "string" ? config : JSON.stringify(config))(parsed);
}

/** Who is tried for the image, in this order. */
function users(config: unknown, image?: string): string {
  return find(config, image).credentials.map(({ user, password }) => `${user}:${password}`).join(" ");
}

function entry(user: string): { auth: string } {
  return { auth: btoa(`${user}:pw`) };
}

/** Keys, the image, and who is tried for it; each key's user is its own text. */
const KEYS: [keys: string[], image: string, tried: string[]][] = [
  [["r.example.com"], APP, ["r.example.com"]],
  [["https://r.example.com"], APP, ["https://r.example.com"]],
  [["http://r.example.com"], APP, ["http://r.example.com"]],
  [["https://r.example.com/"], APP, ["https://r.example.com/"]],
  [["r.example.com/v1/"], APP, ["r.example.com/v1/"]],
  [["https://r.example.com/v2/"], APP, ["https://r.example.com/v2/"]],
  [["https://r.example.com/v2"], APP, []],
  [["r.example.com/v2"], "r.example.com/v2/app", ["r.example.com/v2"]],
  [["u@r.example.com"], APP, ["u@r.example.com"]],
  [["r.example.com?x=1"], APP, ["r.example.com?x=1"]],
  // Ports are the image's.
  [["r.example.com:443"], APP, []],
  [["r.example.com:5000", "r.example.com"], "r.example.com:5000/app", ["r.example.com:5000"]],
  [["[::1]:5000"], "[::1]:5000/app", ["[::1]:5000"]],
  [["*.example.com:5000"], APP, []],
  [["*.example.com:5000"], "r.example.com:5000/app", ["*.example.com:5000"]],
  [["r.example.com:*", "r.example.com:5000x"], "r.example.com:5000/app", []],
  [["r.example.com:"], APP, ["r.example.com:"]],
  // Paths begin the repository; the longest is tried first.
  [["r.example.com/team"], APP, ["r.example.com/team"]],
  [["r.example.com/team/"], APP, ["r.example.com/team/"]],
  [["r.example.com/team/k8svent"], APP, ["r.example.com/team/k8svent"]],
  [["https://r.example.com/v2/team"], APP, ["https://r.example.com/v2/team"]],
  [["r.example.com/tea"], APP, ["r.example.com/tea"]],
  [["r.example.com/team/k8svent/x"], APP, []],
  [["r.example.com/*"], APP, []],
  [["r.example.com/te%61m", "r.example.com/team%2Fk8svent", "r.example.com/other%2F"], APP, [
    "r.example.com/team%2Fk8svent",
    "r.example.com/te%61m",
  ]],
  [["r.example.com/%", "r.example.com/te%6"], APP, []],
  [["r.example.com/team", "r.example.com/other"], APP, ["r.example.com/team"]],
  [["r.example.com/team", "r.example.com/other"], "r.example.com/other/k8svent", ["r.example.com/other"]],
  [["r.example.com/team", "r.example.com/other"], "r.example.com/third/k8svent", []],
  [["r.example.com", "r.example.com/team", "*.example.com"], APP, [
    "r.example.com/team",
    "r.example.com",
    "*.example.com",
  ]],
  [["*.example.com/team/k8svent", "r.example.com"], APP, ["r.example.com", "*.example.com/team/k8svent"]],
  // A star stays between two dots.
  [["*.example.com"], APP, ["*.example.com"]],
  [["*.example.com"], "example.com/app", []],
  [["*.example.com"], "a.b.example.com/app", []],
  [["*.*.example.com"], "a.b.example.com/app", ["*.*.example.com"]],
  [["r.*.com"], APP, ["r.*.com"]],
  [["r*.example.com"], APP, ["r*.example.com"]],
  [["r-*.example.com"], "r-eu.example.com/app", ["r-*.example.com"]],
  [["*"], APP, []],
  [["*.com"], APP, []],
  [["r?example.com", "[q-s].example.com", "[", "", "  ", "https://"], APP, []],
  // Docker Hub.
  [["https://index.docker.io/v1/"], "k8svent", ["https://index.docker.io/v1/"]],
  [["http://index.docker.io/v1/"], "team/k8svent", ["http://index.docker.io/v1/"]],
  [["index.docker.io/v1/"], "docker.io/team/k8svent", ["index.docker.io/v1/"]],
  [["https://index.docker.io/v2/"], "index.docker.io/team/k8svent", ["https://index.docker.io/v2/"]],
  [["index.docker.io"], "k8svent", ["index.docker.io"]],
  [["docker.io"], "k8svent", ["docker.io"]],
  [["docker.io", "https://index.docker.io/v1/"], "k8svent", ["docker.io"]],
  [["docker.io/library"], "k8svent", ["docker.io/library"]],
  [["docker.io/team"], "k8svent", []],
  [["*.io"], "k8svent", ["*.io"]],
  [["https://index.docker.io/v1", "*.docker.io", "hub.docker.com"], "k8svent", []],
  [["https://index.docker.io/v1/", "docker.io"], APP, []],
  // The kubelet takes localhost for a user of Docker Hub, and gives it that password.
  [["https://index.docker.io/v1/"], "localhost/app", []],
  // The kubelet finds nothing: the host of Docker Hub's API, and upper case.
  [["https://registry-1.docker.io/v2/"], "k8svent", ["https://registry-1.docker.io/v2/"]],
  [["R.Example.com"], APP, ["R.Example.com"]],
  [["HTTPS://r.example.com"], APP, ["HTTPS://r.example.com"]],
];

for (const [keys, image, tried] of KEYS) {
  Deno.test(`of the keys ${keys.join(", ")}, ${image} is tried with ${tried.join(", ") || "none"}`, () => {
    const auths = Object.fromEntries(keys.map((key) => [key, { username: key, password: "pw" }]));
    assert.deepEqual(find({ auths }, image).credentials.map(({ user }) => user), tried);
  });
}

Deno.test("two keys of one place are both tried", () => {
  const auths = { "r.example.com": entry("a"), "https://r.example.com/": entry("b") };
  assert.equal(users({ auths }), "a:pw b:pw");
});

Deno.test("a key never gives its password to another host", () => {
  const host = fc.constantFrom(
    "r.example.com",
    "q.example.com",
    "docker.io",
    "example.org",
    "r.example.com:5000",
  );
  const path = fc.constantFrom("", "/team", "/v1/", "/team/app");
  fc.assert(fc.property(fc.array(fc.tuple(host, path)), host, (places, registry) => {
    const auths = Object.fromEntries(
      places.map(([host, path]) => [host + path, { username: host, password: "pw" }]),
    );
    const { credentials } = read(JSON.stringify({ auths }))({ registry, repository: "team/app" });
    for (const { user } of credentials) assert.equal(user, registry);
  }));
});

const BROKEN = "its auth there is not the base64 of USER:PASSWORD";
const TOKEN = "it has a token there which the kubelet does not use either: give name and password";

/** An entry, and what it comes to: who, or why it cannot be used, or nothing. */
const ENTRIES: [entry: unknown, comesTo: string][] = [
  [{ username: "a", password: "b" }, "a:b"],
  [{ username: "a", password: "b", auth: btoa("c:d") }, "c:d"],
  [{ username: "", password: "", auth: btoa("c:d") }, "c:d"],
  [{ username: "a", password: "", auth: btoa("c:d") }, "c:d"],
  [{ username: "a", password: "b", auth: "" }, "a:b"],
  [{ username: "a", password: "b", auth: null }, "a:b"],
  [{ username: "a" }, "a:"],
  [{ password: "b" }, "it has no user's name there"],
  [{ auth: btoa("c:") }, "c:"],
  [{ auth: btoa(":d") }, "it has no user's name there"],
  [{ auth: btoa("c:d:e") }, "c:d:e"],
  [{ auth: btoa("<token>:d") }, "<token>:d"],
  [{ auth: btoa("c") }, BROKEN],
  [{ auth: btoa("c"), username: "a", password: "b" }, BROKEN],
  [{ auth: "!" }, BROKEN],
  [{ auth: "YzpkZQ=" }, BROKEN],
  [{ auth: "YzpkZQ" }, "c:de"],
  [{ auth: "YzpkZQ==\n" }, "c:de"],
  [{ auth: "Yz\npk\r\n" }, "c:d"],
  [{ auth: "YzrDv8O+fn5+" }, "c:ÿþ~~~"],
  [{ auth: "YzrDv8O-fn5-" }, BROKEN],
  // As docker has it; the kubelet leaves the zeros in.
  [{ auth: "YzpkAAA=" }, "c:d"],
  // Whatever the case, as Go reads JSON.
  [{ Auth: btoa("c:d") }, "c:d"],
  [{ USERNAME: "a", Password: "b" }, "a:b"],
  [{ username: "a", password: "b", email: "a@example.com", foo: {} }, "a:b"],
  // docker uses them, the kubelet does not.
  [{ identitytoken: "t" }, TOKEN],
  [{ auth: btoa("00000000-0000-0000-0000-000000000000:"), identitytoken: "t" }, TOKEN],
  [{ registrytoken: "t" }, TOKEN],
  [{ auth: btoa("c:d"), identitytoken: "t" }, "c:d"],
  [{}, ""],
  [null, ""],
  // The whole file is refused by the kubelet.
  [{ auth: 1 }, "its entry there has a field that is not a string"],
  [{ username: 1, password: 2 }, "its entry there has a field that is not a string"],
  [1, "its entry there is not an object"],
  [[], "its entry there is not an object"],
  ["a:b", "its entry there is not an object"],
];

for (const [value, comesTo] of ENTRIES) {
  Deno.test(`an entry ${JSON.stringify(value)} comes to: ${comesTo || "nothing"}`, () => {
    const { credentials: [first], unusable } = find({ auths: { "r.example.com": value } });
    assert.equal(first === undefined ? unusable ?? "" : `${first.user}:${first.password}`, comesTo);
  });
}

Deno.test("an entry that is broken spoils itself alone", () => {
  const auths = { "q.example.com": { auth: "!" }, "r.example.com": entry("a"), "r.example.com/team": 1 };
  assert.deepEqual(find({ auths }), { credentials: [{ user: "a", password: "pw" }] });
});

const HELPERS: [config: unknown, image: string, unusable: string | undefined][] = [
  [{ credsStore: "desktop" }, APP, "credsStore"],
  [{ auths: { "r.example.com": {} }, credsStore: "desktop" }, APP, "credsStore"],
  [{ credHelpers: { "r.example.com": "ecr-login" } }, APP, "credHelpers"],
  [{ credHelpers: { "q.example.com": "ecr-login" } }, APP, undefined],
  [{ credHelpers: { "https://index.docker.io/v1/": "pass" } }, "k8svent", "credHelpers"],
  [{ auths: { "r.example.com": entry("a") }, credsStore: "desktop" }, APP, undefined],
  [{ credsStore: "" }, APP, undefined],
];

for (const [config, image, unusable] of HELPERS) {
  Deno.test(`of ${JSON.stringify(config)}, ${unusable ?? "no helper"} is said for ${image}`, () => {
    assert.equal(find(config, image).unusable?.split(" ")[0], unusable);
  });
}

const UTF_16 = new Uint8Array([
  0xff,
  0xfe,
  ...new Uint8Array(
    new Uint16Array(
      [...'{"auths":{"r.example.com":{"auth":"YTpwdw"}}}'].map((letter) => letter.charCodeAt(0)),
    ).buffer,
  ),
]);

const FILES: [what: string, text: string | Uint8Array<ArrayBuffer>, users: string][] = [
  ["an empty object", "{}", ""],
  ["null", "null", ""],
  ["no auths", '{"auths":null}', ""],
  ["no entries", '{"auths":{}}', ""],
  ["auths in another case", '{"Auths":{"r.example.com":{"auth":"YTpwdw=="}}}', "a:pw"],
  ["a key twice", '{"auths":{"r.example.com":{"auth":"Yzpk"},"r.example.com":{"auth":"YTpwdw"}}}', "a:pw"],
  [
    "other settings",
    '{"auths":{"r.example.com":{"auth":"YTpwdw"}},"HttpHeaders":{"a":"b"},"psFormat":"x"}',
    "a:pw",
  ],
  ["the older form", '{"r.example.com":{"auth":"YTpwdw","email":"a@example.com"}}', "a:pw"],
  ["the older form by URL", '{"https://r.example.com/v1/":{"auth":"YTpwdw"}}', "a:pw"],
  [
    "the older form, two teams",
    '{"r.example.com/team":{"auth":"YTpwdw"},"r.example.com/x":{"auth":"Yjpw"}}',
    "a:pw",
  ],
  ["auths beside an entry at the top", '{"auths":{},"r.example.com":{"auth":"YTpwdw"}}', ""],
  // The kubelet refuses these, as Go's JSON does.
  ["a byte order mark", '\uFEFF{"auths":{"r.example.com":{"auth":"YTpwdw"}}}', "a:pw"],
  ["UTF-16", UTF_16, "a:pw"],
];

for (const [what, content, expected] of FILES) {
  Deno.test(`a file with ${what} has the users "${expected}"`, async () => {
    const file = await Deno.makeTempFile();
    await Deno.writeFile(file, typeof content === "string" ? new TextEncoder().encode(content) : content);
    const found = (await readDockerConfig(file))(parseImage(APP) as Image);
    assert.equal(found.credentials.map(({ user, password }) => `${user}:${password}`).join(), expected);
    await Deno.remove(file);
  });
}

for (const text of ["", "[]", '{"auths": 1}', '{"auths": []}', "not json", '"x"', "1", '{"auths":{}} x']) {
  Deno.test(`"${text}" is not a docker config`, () => assert.equal(parseDockerConfig(text), undefined));
}

Deno.test("a docker config that cannot be read is reported by its file, not by its text", async () => {
  const folder = await Deno.makeTempDir();
  const refused = (file: string, why: RegExp): Promise<void> =>
    assert.rejects(readDockerConfig(file), (error) => {
      return error instanceof RegistryError && error.fault === "forbidden" && why.test(error.message);
    });
  await refused(`${folder}/config.json`, /config\.json, does not exist$/);
  await refused(
    "~/no/such/config.json",
    /config\.json, begins with ~, which only a shell fills in: write it out$/,
  );
  await refused(folder, /, is a folder: name the file in it$/);
  if (Deno.build.os !== "windows") {
    await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
    // It is read at each check, and would be waited for each time.
    await refused(`${folder}/pipe`, /pipe, is no plain file$/);
  }
  await Deno.writeTextFile(`${folder}/config.json`, "a password");
  await refused(`${folder}/config.json`, /is not a docker config\.json$/);
  await Deno.remove(folder, { recursive: true });
});

const CONFIG = '{"auths":{"r.example.com":{"auth":"YTpwdw=="}}}';
const SECRET = { apiVersion: "v1", kind: "Secret", data: { ".dockerconfigjson": btoa(CONFIG) } };

const INSTEAD: [what: string, text: string, reported: RegExp][] = [
  ["nothing", " \n", /config\.json: it is empty$/],
  ["base64 of it", btoa(CONFIG), /, but base64 of one: decode it once \(base64 -d\)$/],
  [
    "base64 of it, in lines",
    `${btoa(`{\n ${CONFIG.slice(1)}`).replace(/.{20}/g, "$&\n")}\n`,
    /, but base64 of one/,
  ],
  [
    "a Secret as JSON",
    JSON.stringify(SECRET, null, 2),
    /, but a Secret: take what its \.dockerconfigjson holds/,
  ],
  ["a Secret as JSON, in one line", JSON.stringify(SECRET), /, but a Secret: /],
  ["a Secret as YAML", "apiVersion: v1\ndata: {}\nkind: Secret\n", /, but a Secret: /],
  ["something else", "user:password", /is not a docker config\.json$/],
];

for (const [what, text, reported] of INSTEAD) {
  Deno.test(`a --registry-config that is ${what} is reported as such`, async () => {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, text);
    await assert.rejects(
      readDockerConfig(file),
      (error) => error instanceof RegistryError && reported.test(error.message),
    );
    await Deno.remove(file);
  });
}
