import assert from "node:assert/strict";
import { parse as parseRun } from "../../tests/kit/command_line.ts";
import { contextOf } from "../../tests/kit/config_files.ts";
import { UsageError } from "../config/usage_error.ts";
import { parseCommand } from "./command.ts";
import type { Answer } from "./context.ts";
import { FLAGS } from "./flags.ts";
import type { DoctorOptions } from "./job.ts";

async function parse(argv: string[], files: Record<string, string> = {}): Promise<DoctorOptions> {
  return await parseCommand(["doctor", ...argv], contextOf(files)) as DoctorOptions;
}

const RUN = [
  "--url",
  "a=https://hooks.example.com/",
  "-n",
  "shop",
  "--notices",
  "all",
  "--heartbeat=1m",
  "--listen",
  ":8080",
];

Deno.test("doctor takes the command line of the run, and examines a run with it", async () => {
  const { options, sends, output, config } = await parse([...RUN, "--no-send", "-o", "yaml"]);
  assert.deepEqual(options, parseRun(RUN));
  assert.deepEqual([sends, output, config], [false, "yaml", undefined]);
  assert.equal((await parse(RUN)).sends, true);
});

Deno.test("doctor's help shows what is used most, and doctor takes every flag of the run", async () => {
  const { data } = await parseCommand(["doctor", "--help"], contextOf({})) as Answer;
  assert.match(data, /--kubeconfig FILE/);
  assert.doesNotMatch(data, /--heartbeat/);
  for (const [name, { value }] of FLAGS) {
    await parse([`--${name}`, ...value === undefined ? [] : [""]]).catch((error) =>
      assert.doesNotMatch(error.message, /has no flag/, name)
    );
  }
});

Deno.test("doctor needs no webhook", async () => {
  assert.deepEqual((await parse([])).options.endpoints, []);
});

Deno.test("a configuration file that is wrong, or is not there, is a finding, and the flags count", async () => {
  const { config, options } = await parse(
    ["--config", "k8svent.yaml", "--notices", "a", "--namespace", "shop"],
    { "k8svent.yaml": "version: 1\nnamespace: [shop]\nendpoints: []\n" },
  );
  assert.equal(config?.file, "k8svent.yaml");
  assert.match(config?.faults.join("\n") ?? "", /k8svent\.yaml:2:1: .*Did you mean namespaces/);
  assert.deepEqual([options.namespaces, options.config], [["shop"], undefined]);
  const { config: none } = await parse(["--config", "none.yaml"]);
  assert.match(none?.faults.join() ?? "", /Cannot read the configuration file none\.yaml/);
});

Deno.test("what the run refuses on its command line, doctor refuses, too", async () => {
  for (const argv of [["--url", "hooks"], ["-o", "xml"], ["--namespace", "Shop"], ["--once=x"], ["shop"]]) {
    await assert.rejects(parse(argv), UsageError, argv.join(" "));
  }
});
