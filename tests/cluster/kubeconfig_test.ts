import assert from "node:assert/strict";
import { chooseContext, readKubeconfig } from "../../src/cluster/kubeconfig.ts";
import { ClusterSetupError } from "../../src/cluster/setup_error.ts";
import { findControlPlane, programs } from "../kit/control_plane_source.ts";
import { testNeeding } from "../kit/needing.ts";

/*
 * Kubeconfigs as people have them: k8svent and kubectl read the same files, and have to find the same in them.
 */

/** `context server token` of the current context, or `refused`. */
type Found = string;

const PLAIN = `apiVersion: v1
kind: Config
current-context: c
contexts:
- {name: c, context: {cluster: c, user: u}}
clusters:
- {name: c, cluster: {server: "https://one:6443"}}
users:
- {name: u, user: {token: t1}}
`;
const FOUND = "c https://one:6443 t1";
const AS_JSON = {
  "current-context": "c",
  contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
  clusters: [{ name: "c", cluster: { server: "https://one:6443" } }],
  users: [{ name: "u", user: { token: "t1" } }],
};

function utf16(text: string, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(2 + 2 * text.length);
  const view = new DataView(bytes.buffer);
  [0xfeff, ...Array.from(text, (letter) => letter.charCodeAt(0))].forEach((unit, index) => {
    view.setUint16(2 * index, unit, littleEndian);
  });
  return bytes;
}

const with1 = (token: string): string => PLAIN.replace("t1", token);

const FORMS: [name: string, file: string | Uint8Array, found: Found][] = [
  ["plain", PLAIN, FOUND],
  ["UTF-16LE with BOM and CRLF, as PowerShell writes it", utf16(PLAIN.replaceAll("\n", "\r\n"), true), FOUND],
  ["UTF-16BE with BOM", utf16(PLAIN, false), FOUND],
  ["UTF-16LE without BOM", utf16(PLAIN, true).subarray(2), "refused"],
  ["UTF-16LE that ends in the middle of a letter", utf16(PLAIN, true).subarray(0, -1), "refused"],
  ["UTF-8 with BOM", `\uFEFF${PLAIN}`, FOUND],
  ["Latin-1", Uint8Array.from(with1("t\u00e4"), (letter) => letter.charCodeAt(0)), "refused"],
  ["CRLF", PLAIN.replaceAll("\n", "\r\n"), FOUND],
  ["CR", PLAIN.replaceAll("\n", "\r"), FOUND],
  ["a key that is repeated", `${PLAIN}current-context: d\n`, "d"],
  ["a list that is repeated", `${PLAIN}users:\n- {name: u, user: {token: t2}}\n`, "c https://one:6443 t2"],
  [
    "a token that is repeated",
    PLAIN.replace("{token: t1}", "{token: t1, token: t2}"),
    "c https://one:6443 t2",
  ],
  ["a second document", `${PLAIN}---\nfoo: bar\n`, FOUND],
  ["a second document that is broken", `${PLAIN}---\n{{{\n`, FOUND],
  ["the end of a document and more", `${PLAIN}...\njunk: [\n`, FOUND],
  ["the beginning of a document", `# a comment\n---\n${PLAIN}`, FOUND],
  ["a directive", `%YAML 1.1\n---\n${PLAIN}`, FOUND],
  ["a first document that is empty", `---\n---\n${PLAIN}`, ""],
  ["tabs behind keys", PLAIN.replace("kind: Config", "kind:\tConfig\t"), FOUND],
  ["tabs as indentation", "contexts:\n\t- name: c\n", "refused"],
  ["JSON", JSON.stringify(AS_JSON), FOUND],
  ["JSON indented by tabs", JSON.stringify(AS_JSON, null, "\t"), FOUND],
  ["JSON with BOM", `\uFEFF${JSON.stringify(AS_JSON)}`, FOUND],
  ["JSON with a comma too many", JSON.stringify(AS_JSON).replace(/\}$/, ",}"), FOUND],
  [
    "JSON with a key that is repeated",
    JSON.stringify(AS_JSON).replace(/\}$/, ',"current-context":"d"}'),
    "d",
  ],
  ["an anchor", `x: &u {token: ta}\n${PLAIN.replace("{token: t1}", "*u")}`, "c https://one:6443 ta"],
  ["a merge key", `x: &u {token: ta}\n${PLAIN.replace("{token: t1}", "{<<: *u}")}`, "c https://one:6443 ta"],
  [
    "an anchor that three hundred users share",
    `${PLAIN.replace("{token: t1}", "&u {token: t1}")}${
      Array.from({ length: 300 }, (_, at) => `- {name: u${at}, user: *u}\n`).join("")
    }`,
    FOUND,
  ],
  ["a user twice", `${PLAIN}- {name: u, user: {token: t2}}\n`, "refused"],
  ["a cluster twice", PLAIN.replace("users:", "- {name: c, cluster: {}}\nusers:"), "refused"],
  ["a tag", with1("!!str 5"), "c https://one:6443 5"],
  ["a date for a token", with1("2024-01-01"), "c https://one:6443 2024-01-01"],
  ["a number for a token", with1("12345"), "refused"],
  ["a truth for a token", with1("true"), "refused"],
  ["nothing for a token", with1("~"), "c https://one:6443"],
  ["nothing", "", ""],
  ["white space", "  \n \n", ""],
  ["a comment", "# nothing\n", ""],
  ["null", "null\n", ""],
  ["an entry that is null", `${PLAIN}- null\n`, FOUND],
  ["an entry without a name", `${PLAIN}- {user: {token: x}}\n`, FOUND],
  ["a number for a name", PLAIN.replaceAll(": c", ": 1"), "refused"],
  [
    "a list that is null",
    PLAIN.replace(/users:[^]*/, "users: null\n").replace(", user: u", ""),
    "c https://one:6443",
  ],
  [
    "a list that is a mapping",
    PLAIN.replace("- {name: u, user: {token: t1}}", "  u: {token: t1}"),
    "refused",
  ],
  ["unknown fields", `${PLAIN}foo: bar\npreferences: {}\n`, FOUND],
  ["no kind", PLAIN.replace("kind: Config\n", ""), FOUND],
  ["another kind", PLAIN.replace("kind: Config", "kind: Secret"), "refused"],
  ["a page", "<!DOCTYPE html><html><body>Sign in</body></html>", "refused"],
  ["a list", `[${JSON.stringify(AS_JSON)}]`, "refused"],
];

const SECOND = `current-context: d
contexts:
- {name: d, context: {cluster: d, user: u}}
- {name: c, context: {cluster: d, user: u}}
clusters:
- {name: d, cluster: {server: "https://two:6443"}}
- {name: c, cluster: {server: "https://not-this:6443", proxy-url: "http://not-this"}}
users:
- {name: u, user: {token: t2}}
`;

const MERGES: [name: string, files: string[], found: Found][] = [
  ["the first wins", [PLAIN, SECOND], FOUND],
  ["the first wins the other way round", [SECOND, PLAIN], "d https://two:6443 t2"],
  [
    "entries are not mixed",
    [PLAIN.replace("{token: t1}", "{}"), SECOND],
    "c https://one:6443",
  ],
  ["an empty first", ["", PLAIN], FOUND],
  [
    "no current context in the first",
    [PLAIN.replace("current-context: c\n", ""), SECOND],
    "d https://two:6443 t1",
  ],
  ["what one lacks the other has", [PLAIN.replace(/users:[^]*/, ""), SECOND], "c https://one:6443 t2"],
  ["a broken second", [PLAIN, "{{{"], "refused"],
];

type Read = (files: string[]) => Promise<Found>;

async function k8svent(files: string[]): Promise<Found> {
  try {
    const config = await readKubeconfig(files);
    const { currentContext } = config;
    if (currentContext === undefined || !config.contexts.has(currentContext)) return currentContext ?? "";
    const { cluster, user } = chooseContext(config);
    return [currentContext, cluster.text("server"), user?.text("token")].filter(Boolean).join(" ");
  } catch (error) {
    assert.ok(error instanceof ClusterSetupError, String(error));
    assert.doesNotMatch(error.message, /t1|undefined/);
    return "refused";
  }
}

async function kubectl(files: string[]): Promise<Found> {
  const { success, stdout } = await new Deno.Command(`${await programs(findControlPlane())}/kubectl`, {
    args: ["config", "view", "--raw", "-o", "json"],
    env: { KUBECONFIG: files.join(":") },
    stdin: "null",
    stderr: "null",
  }).output();
  if (!success) return "refused";
  const view = JSON.parse(new TextDecoder().decode(stdout));
  const named = (
    list: { name: string }[] | null,
    name: string,
  ): Record<string, Record<string, string>> | undefined =>
    list?.find((entry) => entry.name === name) as Record<string, Record<string, string>> | undefined;
  const current: string = view["current-context"] ?? "";
  const context = named(view.contexts, current)?.context;
  const server = named(view.clusters, context?.cluster ?? "")?.cluster?.server;
  return [current, server, named(view.users, context?.user ?? "")?.user?.token].filter(Boolean).join(" ");
}

async function holds(read: Read): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "k8svent-kubeconfig-" });
  const write = async (name: string, content: string | Uint8Array): Promise<string> => {
    const file = `${folder}/${name}`;
    await Deno.writeFile(file, typeof content === "string" ? new TextEncoder().encode(content) : content);
    return file;
  };
  try {
    for (const [name, content, found] of FORMS) {
      assert.equal(await read([await write("config", content)]), found, name);
    }
    for (const [name, files, found] of MERGES) {
      const written = await Promise.all(files.map((content, index) => write(`config-${index}`, content)));
      assert.equal(await read(written), found, name);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a kubeconfig is read as kubectl reads it, in whatever form", () => holds(k8svent));

const source = findControlPlane();
testNeeding(
  source.kind === "none" ? source.reason : undefined,
  "the forms of a kubeconfig are those that kubectl reads",
  () => holds(kubectl),
);
