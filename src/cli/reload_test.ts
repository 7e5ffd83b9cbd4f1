import assert from "node:assert/strict";
import { contextOf } from "../../tests/kit/config_files.ts";
import { UsageError } from "../config/usage_error.ts";
import { parseCommand } from "./command.ts";
import type { Options } from "./options.ts";
import { reloadConfig } from "./reload.ts";

const FILE = "k8svent.yaml";
const ARGV = ["--config", FILE, "--timeout", "3s"];

function file(rest: string, ...names: string[]): string {
  return `version: 1\n${rest}endpoints:\n${
    names.map((name) => `  - {name: ${name}, url: 'https://${name}.example.com/'}\n`).join("")
  }`;
}

/** What a file becomes where it was another one at the start. */
async function reload(
  before: string,
  after: string,
  env: Record<string, string> = {},
): ReturnType<typeof reloadConfig> {
  const context = contextOf({ [FILE]: before }, env);
  const options = await parseCommand(ARGV, context) as Options;
  return await reloadConfig(ARGV, context, after, options);
}

/** What is said of a file that is wrong. */
async function faultsOf(reloading: Promise<unknown>): Promise<readonly string[]> {
  const error = await reloading.then(() => undefined, (error: unknown) => error);
  assert(error instanceof UsageError);
  return error.messages;
}

Deno.test("a reload gives the endpoints of the new text, with the flags of the start", async () => {
  const reloaded = await reload(file("", "a", "b"), file("", "b", "c"));
  assert.deepEqual(reloaded.endpoints.map(({ name, settings }) => [name, settings.timeout]), [
    ["b", 3_000],
    ["c", 3_000],
  ]);
  assert.deepEqual(reloaded.later, []);
});

Deno.test("settings of the program that changed are named by their keys, and only those that would have an effect", async () => {
  const rest =
    "interval: 1m\nsource: poll\nupdate: off\nupdateInterval: 2h\nnamespaces: [shop]\nshutdownTimeout: 1s\n";
  const reloaded = await reload(file("", "a"), file(rest, "a"), { K8SVENT_SHUTDOWN_TIMEOUT: "5s" });
  assert.deepEqual(reloaded.later.sort(), ["interval", "namespaces", "source", "update", "updateInterval"]);
});

Deno.test("defaults take effect at once, but for the webhooks of annotations", async () => {
  const hosts = "podWebhooks: [a.example.com]\n";
  const one = await reload(file("", "a"), file("defaults: {concurrency: 2}\n", "a"));
  assert.equal(one.endpoints[0]?.settings.concurrency, 2);
  assert.deepEqual(one.later, []);
  const other = await reload(file(hosts, "a"), file(`${hosts}defaults: {concurrency: 2}\n`, "a"));
  assert.deepEqual(other.later, ["defaults"]);
});

Deno.test("a wrong text is reported with all its faults", async () => {
  const faults = await faultsOf(reload(file("", "a"), "version: 2\nsource: list\n"));
  assert.deepEqual(faults.map((fault) => fault.split(": ")[0]), [
    "k8svent.yaml:1:10",
    "k8svent.yaml:2:9",
  ]);
});

for (
  const [what, text] of [
    ["an empty list", "version: 1\nendpoints: []\n"],
    ["no endpoints", "version: 1\npodWebhooks: [a.example.com]\n"],
  ] as const
) {
  Deno.test(`${what} where there were endpoints is a fault, and says that they stay`, async () => {
    assert.deepEqual(await faultsOf(reload(file("", "a"), text)), [
      "k8svent.yaml names no endpoints any more: those that there were stay. To stop, end k8svent.",
    ]);
  });
}

Deno.test("an empty file where there were endpoints is a fault", async () => {
  assert.equal((await faultsOf(reload(file("", "a"), ""))).length, 1);
});

Deno.test("a file that never named endpoints, beside --url, goes on naming none", async () => {
  const argv = [...ARGV, "--url", "a=https://a.example.com/"];
  const context = contextOf({ [FILE]: "version: 1\n" });
  const options = await parseCommand(argv, context) as Options;
  const reloaded = await reloadConfig(argv, context, "version: 1\ndefaults: {concurrency: 2}\n", options);
  assert.equal(reloaded.endpoints[0]?.settings.concurrency, 2);
});
