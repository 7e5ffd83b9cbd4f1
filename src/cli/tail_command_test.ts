import assert from "node:assert/strict";
import { contextOf } from "../../tests/kit/config_files.ts";
import { UsageError } from "../config/usage_error.ts";
import { parseCommand } from "./command.ts";
import type { TailOptions } from "./job.ts";

async function parse(
  argv: string[],
  env: Record<string, string> = {},
  files: Record<string, string> = {},
): Promise<TailOptions> {
  return await parseCommand(["tail", ...argv], contextOf(files, env)) as TailOptions;
}

Deno.test("tail follows what the run would, by the same flags and variables", async () => {
  const { options, reasons, current, output } = await parse(
    ["-n", "shop", "-n", "team", "-l", "app=web", "--reasons", "ready", "--current", "-o", "json"],
    { K8SVENT_FIELD_SELECTOR: "status.phase=Running", K8SVENT_CONTEXT: "dev" },
  );
  assert.deepEqual(
    [options.namespaces, options.selector, options.fieldSelector, options.context],
    [["shop", "team"], "app=web", "status.phase=Running", "dev"],
  );
  assert.deepEqual([reasons, current, output], [["ready"], true, "json"]);
});

Deno.test("tail needs no webhook, and does not hear of those that variables name", async () => {
  assert.deepEqual((await parse([], { K8SVENT_URL: "not a URL" })).options.endpoints, []);
});

Deno.test("-A follows all namespaces, whatever a variable names, but not beside -n", async () => {
  assert.deepEqual((await parse([], { K8SVENT_NAMESPACE: "shop" })).options.namespaces, ["shop"]);
  assert.deepEqual((await parse(["-A"], { K8SVENT_NAMESPACE: "shop" })).options.namespaces, []);
  await assert.rejects(parse(["-A", "-n", "shop"]), /exclude each other/);
});

Deno.test("of the configuration file tail takes which pods and which cluster, and nothing of endpoints", async () => {
  const file = `version: 1
namespaces: [shop]
heartbeat: 1m
endpoints:
  - { name: a, url: "https://hooks.example.com", notices: true }
`;
  const { options } = await parse(["--config", "k8svent.yaml"], {}, { "k8svent.yaml": file });
  assert.deepEqual([options.namespaces, options.endpoints], [["shop"], []]);
});

Deno.test("what tail does not know is wrong usage", async () => {
  for (
    const argv of [["-o", "yaml"], ["--reasons", "redy"], ["--interval", "1m"], ["shop"], ["-n", "Shop"]]
  ) {
    await assert.rejects(parse(argv), UsageError, argv.join(" "));
  }
});

Deno.test("a switch of tail may be on or off behind =, and nothing else", async () => {
  assert.equal((await parse(["--current=true"])).current, true);
  assert.equal((await parse(["--current=false"])).current, false);
  assert.equal((await parse(["--context", "--current=x"])).options.context, "--current=x");
  await assert.rejects(
    parse(["--current=T0PSECRET"]),
    /^UsageError: --current is a switch: give it without a value, or/,
  );
});
