import assert from "node:assert/strict";
import { contextOf } from "../../tests/kit/config_files.ts";
import { UsageError } from "../config/usage_error.ts";
import { parseCommand } from "./command.ts";
import type { Answer } from "./context.ts";

const GOOD = "version: 1\nendpoints:\n  - {name: a, url: 'https://a.example.com/'}\n";

async function answer(argv: string[], text = GOOD, env: Record<string, string> = {}): Promise<Answer> {
  const answer = await parseCommand(["config", ...argv], contextOf({ "k.yaml": text }, env));
  assert.equal(answer.command, "answer");
  return answer as Answer;
}

async function complaint(...argv: string[]): Promise<string> {
  try {
    await answer(argv);
  } catch (error) {
    assert(error instanceof UsageError, String(error));
    return error.message;
  }
  assert.fail("the command line was accepted");
}

Deno.test("config check says how many endpoints there are, whatever flags and variables say", async () => {
  const { code, data, remarks } = await answer(["check", "k.yaml"], GOOD, {
    K8SVENT_WEBHOOKS: "https://b.example.com/",
  });
  assert.deepEqual([code, data, remarks], [0, "k.yaml: 1 endpoint, and nothing is wrong.\n", ""]);
});

Deno.test("config check ends with 2 and says all that is wrong, a line each", async () => {
  const { code, data, remarks } = await answer(["check", "k.yaml"], "version: 2\nsource: list\n");
  assert.deepEqual([code, data], [2, ""]);
  assert.deepEqual(remarks.trimEnd().split("\n").map((line) => line.split(": ")[0]), [
    "k.yaml:1:10",
    "k.yaml:2:9",
  ]);
});

Deno.test("config check sees what is wrong only together", async () => {
  const { code, remarks } = await answer(["check", "k.yaml"], `${GOOD}source: poll\ninterval: 0\n`);
  assert.equal(code, 2);
  assert.match(remarks, /must be above 0 where the source is poll/);
});

Deno.test("config check warns of a slip in an expression, and ends with 0", async () => {
  const text = "version: 1\ndefaults: {filter: pod.metdata.name == 'a'}\n";
  const { code, remarks } = await answer(["check", "k.yaml"], text);
  assert.equal(code, 0);
  assert.match(remarks, /^k\.yaml:2:20: defaults\.filter: .*metdata.*\n$/);
});

Deno.test("config check says of a file that is not there that it is not", async () => {
  const { code, remarks } = await answer(["check", "missing.yaml"]);
  assert.equal(code, 2);
  assert.match(remarks, /^Cannot read the configuration file missing\.yaml: it does not exist/);
});

Deno.test("config try says for each endpoint whether a pod would be sent, and why", async () => {
  const text = "version: 1\nendpoints:\n  - {name: a, url: 'https://a.example.com/', reasons: [ready]}\n" +
    "  - {name: b, url: 'https://b.example.com/', namespaces: [team]}\n";
  const pod = JSON.stringify({
    metadata: { namespace: "shop", name: "web-0", uid: "u", resourceVersion: "1" },
  });
  const context = contextOf({ "k.yaml": text, "pod.json": pod });
  const ask = async (...argv: string[]): Promise<string> =>
    (await parseCommand(["config", "try", "k.yaml", "--pod", "pod.json", ...argv], context) as Answer).data;
  assert.equal(
    await ask(),
    "a  not sent: reasons lists none of its reasons\nb  not sent: namespaces does not list its namespace\n",
  );
  assert.match(await ask("--reasons", "restarted, ready"), /^a {2}sent: reasons lists one of its reasons$/m);
  await assert.rejects(ask("--reasons", "redy"), /--reasons must be .* Did you mean ready\?/);
});

Deno.test("config schema prints the JSON Schema of docs/", async () => {
  const { code, data } = await answer(["schema"]);
  assert.equal(code, 0);
  const page = await Deno.readTextFile(new URL("../../docs/config.schema.json", import.meta.url));
  assert.equal(data, page);
});

for (const argv of [[], ["--help"], ["check", "--help"], ["try", "--help"], ["schema", "--help"]]) {
  Deno.test(`config ${argv.join(" ")} prints its help in 80 columns`, async () => {
    const { code, data } = await answer(argv);
    assert.equal(code, 0);
    assert.match(data, /^Usage: k8svent config/);
    assert(data.endsWith("\n"));
    for (const line of data.split("\n")) assert(line.length <= 80, line);
  });
}

Deno.test("what config cannot do is reported with what it can, and shows nothing that was typed", async () => {
  for (
    const [argv, message] of [
      [["chekc", "k.yaml"], /has the commands check, try and schema\. Did you mean check\?/],
      [["T0PSECRET"], /has the commands check, try and schema/],
      [["check"], /config check needs FILE/],
      [["check", "k.yaml", "T0PSECRET"], /one argument too many/],
      [["try", "k.yaml"], /config try needs --pod POD/],
      [["try", "k.yaml", "--pod"], /needs a value/],
      [["check", "--pod=T0PSECRET", "k.yaml"], /config check has no flag --pod/],
    ] as const
  ) {
    const said = await complaint(...argv);
    assert.match(said, message);
    assert.doesNotMatch(said, /T0PSECRET/);
  }
});

Deno.test("config try says that a field selector is not tried", async () => {
  const pod = JSON.stringify({ metadata: { name: "web-0", namespace: "shop" } });
  const files = { "k.yaml": `fieldSelector: status.phase=Running\n${GOOD}`, "pod.json": pod };
  const { code, data, remarks } = await parseCommand(
    ["config", "try", "k.yaml", "--pod", "pod.json"],
    contextOf(files),
  ) as Answer;
  assert.deepEqual([code, data], [0, "a  sent: it has no filter\n"]);
  assert.equal(remarks, "fieldSelector is not tried: only the API server can tell what it matches.\n");
});
