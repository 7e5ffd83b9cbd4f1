import assert from "node:assert/strict";
import { PAGE as FLAGS_PAGE, withFlags } from "../../build/flags_page.ts";
import { Liveness } from "../../src/admin/liveness.ts";
import { Health } from "../../src/admin/health.ts";
import { LARGEST_HEAD } from "../../src/admin/request.ts";
import { MOST_CONNECTIONS, MOST_STREAMS } from "../../src/admin/server.ts";
import { REASONS } from "../../src/change/reasons.ts";
import { COMMANDS } from "../../src/cli/command.ts";
import { type FlagName, FLAGS } from "../../src/cli/flags.ts";
import type { ToolFlag } from "../../src/cli/tool.ts";
import type { InventoryNotice } from "../../src/delivery/notice.ts";
import { ROUTE_ANNOTATION } from "../../src/pod/pod.ts";
import { parseAnnotation } from "../../src/route/annotation.ts";
import { parseHostPattern } from "../../src/route/host_pattern.ts";
import { statusError } from "../../src/cluster/status.ts";
import { whyFixed } from "../../src/update/policy.ts";
import { TestClock } from "../kit/clock.ts";
import { readModules } from "../kit/modules.ts";
import { blocksOf, type Page, readPage, readPages } from "../kit/pages.ts";
import { verify } from "../kit/signature.ts";
import { readTests } from "../kit/test_titles.ts";

/* What the pages of docs/ say and the source knows: flags, defaults, headers, reasons, and the tests by their titles. */

const PAGES = (await readPages()).filter(({ path }) => path.startsWith("docs/"));

function page(path: string): Page {
  const found = PAGES.find((one) => one.path === path);
  assert(found !== undefined, path);
  return found;
}

/** The cells of the tables in a page, or in one of its sections. */
function rowsOf({ text }: Page, heading?: string): string[][] {
  const section = heading === undefined
    ? text
    : text.split(/^## /m).find((part) => part.startsWith(heading)) ?? "";
  return section.split("\n").filter((line) => /^\|.*\|$/.test(line) && !/^\| -/.test(line))
    .map((line) => line.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim()));
}

/** The flags of the commands beside the run. */
const TOOL_FLAGS: Record<string, ToolFlag> = Object.assign(
  {},
  ...(await Promise.all(Object.values(COMMANDS).map((load) => load())))
    .flatMap(({ pages }) => pages.map(({ flags }) => flags)),
);

Deno.test("docs/flags.md has the flags of the source (deno task docs:flags writes them)", async () => {
  const text = await Deno.readTextFile(FLAGS_PAGE);
  assert.equal(withFlags(text), text);
  const listed = rowsOf(page("docs/flags.md")).flatMap(([flag = ""]) => /--([a-z-]+)/.exec(flag)?.[1] ?? []);
  assert.deepEqual(listed, [...FLAGS.keys()]);
});

Deno.test("every flag that a page names is one, and so is every variable", () => {
  const variables = new Set([...FLAGS.values()].flatMap((flag) => flag.variables));
  // Of commands beside the run, of the tests and the build, and of `npx deno`; a pattern is written with its last underscore.
  const others = /^K8S?VENT_$|^K8SVENT_(SERVER|SOAK|TOOLCHAIN|ENVTEST)$|^K8SVENT_HEADER_/;
  // Of other programs, where prose names them.
  const foreign = new Set([
    "filter",
    "sizes",
    "rounds",
    "parts",
    "programs",
    "help",
    "version",
    "seconds",
    "target",
    "password",
    "token",
  ]);
  for (const { path, text } of PAGES) {
    const prose = text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "");
    for (const [, name = ""] of prose.matchAll(/`--([a-z][a-z-]*)/g)) {
      assert(
        FLAGS.has(name as FlagName) || name in TOOL_FLAGS || foreign.has(name),
        `${path} names --${name}`,
      );
    }
    for (const [name] of text.matchAll(/\bK8S?VENT_[A-Z_]*/g)) {
      assert(variables.has(name) || others.test(name), `${path} names ${name}`);
    }
  }
});

Deno.test("every default that a page names in brackets behind a flag is the source's", () => {
  let count = 0;
  for (const { path, text } of PAGES) {
    for (const [, name = "", value] of text.matchAll(/`--([a-z-]+)`\s\((\d[A-Za-z0-9]*)[);]/g)) {
      assert.equal((FLAGS.get(name as FlagName) ?? TOOL_FLAGS[name])?.fallback, value, `${path}: --${name}`);
      count++;
    }
  }
  assert(count >= 5, `${count} defaults`);
});

Deno.test("docs/payload.md names every header that is sent, and no other", async () => {
  const sent = new Set<string>();
  for (const { path, text } of await readModules()) {
    if (!path.startsWith("src/delivery/")) continue;
    for (
      const [, name = ""] of text.matchAll(
        /"((?:k8svent|webhook|x)-[a-z0-9-]+|content-type|user-agent|traceparent)"/g,
      )
    ) sent.add(name);
  }
  // What a receiver may answer.
  sent.delete("k8svent-request");
  const named = rowsOf(page("docs/payload.md"), "Headers").slice(1).map(([name = ""]) =>
    name.replaceAll("`", "")
  );
  assert.deepEqual(named.toSorted(), [...sent].toSorted());
});

Deno.test("docs/payload.md names every reason, and no other", () => {
  const named = rowsOf(page("docs/payload.md"), "Reasons").slice(1).map(([name = ""]) =>
    name.replaceAll("`", "")
  );
  assert.deepEqual(named.toSorted(), [...REASONS].toSorted());
});

Deno.test("the example of docs/payload.md verifies with the secret that stands below it", () => {
  const example = page("docs/payload.md");
  const blocks = blocksOf(example);
  const head = blocks.find(({ language }) => language === "http")?.text.trim().split("\n").slice(1) ?? [];
  const headers = Object.fromEntries(head.map((line) => line.split(/: (.*)/).slice(0, 2)));
  const body = blocks.find(({ language }) => language === "json")?.text ?? "";
  const raw = new TextEncoder().encode(JSON.stringify(JSON.parse(body)));
  const secret = /verify with the secret\s`([^`]+)`/.exec(example.text)?.[1] ?? "";
  assert.equal(verify({ headers, raw }, [secret]), "ok");
  assert.equal(headers["content-length"], String(raw.length));
});

Deno.test("the sentences that pages quote are the program's", async () => {
  const message =
    'pods is forbidden: User "system:serviceaccount:k8svent:k8svent" cannot list resource "pods" in API group "" at the cluster scope';
  const said = [
    statusError({ kind: "Status", code: 403, reason: "Forbidden", message }).message,
    `Update: stays: ${whyFixed({ registry: "", repository: "", tag: "0.1.0" })}.`,
    ...await healthSentences(),
  ];
  // What verify says is compared by tools_test.ts.
  const pages = PAGES.filter(({ path }) => path !== "docs/tools.md");
  for (const { path, quoted } of pages.flatMap((one) => quotationsOf(one))) {
    assert(said.includes(quoted), `${path}: ${quoted}\n\n${said.join("\n")}`);
  }
});

/** What stands in `text` blocks, a sentence a line but for one that is broken. */
function quotationsOf(one: Page): { path: string; quoted: string }[] {
  return blocksOf(one).filter(({ language }) => language === "text").flatMap(({ text }) => {
    const lines = /403/.test(text) ? [text.trim().replaceAll("\n", " ")] : text.trim().split("\n");
    return lines.map((quoted) => ({ path: one.path, quoted }));
  });
}

/** Why the program is not ready: before a list, after ten minutes without a word, on a full disk. */
async function healthSentences(): Promise<string[]> {
  const clock = new TestClock();
  let isEnding = false;
  const health = new Health({
    clock,
    scopes: [undefined],
    staleAfter: 600_000,
    diskFault: () => "it is full",
    isEnding: () => isEnding,
  });
  const before = health.problems();
  health.synced(undefined);
  health.heard(undefined);
  await clock.advance(601_000);
  isEnding = true;
  return [...before, ...health.problems(), ...await livenessSentences()];
}

/** What stands still: a scope of which no step is made, an endpoint to which nothing is sent. */
async function livenessSentences(): Promise<string[]> {
  const clock = new TestClock();
  const stalledWorkers = (): number[] => [40_000];
  const standstill = { endedAt: -Infinity };
  const liveness = new Liveness({ clock, standstill, stalledWorkers, isEnding: () => false });
  liveness.follow(undefined);
  await clock.advance(751_000);
  return liveness.problems();
}

Deno.test("the probes of docs/health.md are those of the manifests", async () => {
  const manifest = await Deno.readTextFile(new URL("../../kube/deployment-rbac.yaml", import.meta.url));
  const lines = manifest.split("\n").map((line) => line.trim());
  const [probes] = blocksOf(page("docs/health.md")).filter(({ language }) => language === "yaml");
  for (const probe of (probes?.text ?? "").trim().split(/\n(?=\w)/)) {
    const shown = probe.split("\n").map((line) => line.trim());
    const from = lines.indexOf(shown[0] ?? "");
    assert.deepEqual(lines.slice(from, from + shown.length), shown);
  }
});

Deno.test("the annotation of docs/payload.md is honoured where its host is allowed", () => {
  const [block] = blocksOf(page("docs/payload.md")).filter(({ language }) => language === "yaml");
  const [, name, text = ""] = /^ +(\S+): '(.*)'$/m.exec(block?.text ?? "") ?? [];
  assert.equal(name, ROUTE_ANNOTATION);
  const { urls, environment, problems } = parseAnnotation(text, [parseHostPattern("team.example.com")]);
  assert.deepEqual([urls.length, environment, problems], [1, "staging", []]);
});

Deno.test("the notice of docs/payload.md has the fields of an inventory, as its table says", () => {
  const payload = page("docs/payload.md");
  const [, notice] = blocksOf(payload).filter(({ language }) => language === "json");
  const { type, ...fields } = JSON.parse(notice?.text ?? "") as InventoryNotice;
  assert.equal(type, "k8svent.inventory");
  const row = rowsOf(payload, "Notices").find(([name]) => name === `\`${type}\``)?.at(-1) ?? "";
  for (const field of Object.keys(fields)) assert(row.includes(`\`${field}\``), field);
});

Deno.test("every block of the pages is of a kind that a test looks at", () => {
  const known = [
    "sh",
    "console",
    "text",
    "http",
    "json",
    "yaml",
    "js",
    "python",
    "go",
    "java",
    "mermaid",
    // tests/docs/filters_test.ts
    "cel",
    "",
  ];
  for (const one of PAGES) {
    for (const { language, text } of blocksOf(one)) assert(known.includes(language), `${one.path}: ${text}`);
  }
});

Deno.test("every test that docs/delivery.md names for a fault is there, by its exact title", async () => {
  const rows = rowsOf(page("docs/delivery.md"), "Faults").filter(([fault]) => fault !== "fault");
  assert(rows.length >= 50, `${rows.length} faults`);
  const titles = rows.map((row) => row.at(-1) ?? "");
  assert.deepEqual(titles, [...new Set(titles)], "a test is named once");
  const tests = await readTests();
  assert.deepEqual(titles.filter((title) => !tests.includes(`"${title}"`)), []);
});

Deno.test("the bounds of the ports are those that docs/admin.md promises", () => {
  const [, ...said] = page("docs/admin.md").text.replaceAll("\n", " ").match(
    /at most (\d+) connections and (\d+) event streams, (\d+) KiB for the\s+head of a request/,
  ) ?? [];
  assert.deepEqual(said.map(Number), [MOST_CONNECTIONS, MOST_STREAMS, LARGEST_HEAD / 1_024]);
});

Deno.test("the repository and the image are named in one place, and the version is this one", async () => {
  const { version } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  const [names] = blocksOf(page("docs/install.md")).filter(({ language }) => language === "sh");
  assert.match(
    names?.text ?? "",
    /^export REPOSITORY=\S+\nexport IMAGE=\S+\nexport VERSION=\S+\nexport RUNTIME_IMAGE=\S+\n$/,
  );
  const [repository = "", image = "", named] = [...(names?.text ?? "").matchAll(/=(.*)$/gm)].map((
    [, value],
  ) => value);
  assert.equal(named, version);
  for (const { path, text } of PAGES) {
    const times = path === "docs/install.md" ? 2 : 1;
    for (const name of [repository, image]) assert(text.split(name).length <= times, `${path} names ${name}`);
  }
});

/** Words for which the field has others. */
const ODD_WORDS = /\b(owed|told|texts|reduced(?!-motion)|duress|aside|refuge|sacrificed?|strangers?)\b/i;

Deno.test("the source and the manifests use the field's words", async () => {
  const alerts = await readPage("kube/monitoring/rules.yaml");
  const odd = [alerts, ...await readModules()].flatMap(({ path, text }) =>
    text.split("\n").filter((line) => ODD_WORDS.test(line)).map((line) => `${path}: ${line.trim()}`)
  );
  assert.deepEqual(odd, []);
});

Deno.test("what people read uses the field's words", async () => {
  const chart = ["README.md", "values.yaml", "templates/NOTES.txt"].map((name) => `charts/k8svent/${name}`);
  const others = ["CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "tests/messages/messages.md", ...chart];
  for (const { path, text } of [...await readPages(), ...await Promise.all(others.map(readPage))]) {
    for (const line of text.split("\n")) assert.doesNotMatch(line, ODD_WORDS, path);
  }
});
