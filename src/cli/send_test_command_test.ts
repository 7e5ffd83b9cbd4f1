import assert from "node:assert/strict";
import { contextOf } from "../../tests/kit/config_files.ts";
import { UsageError } from "../config/usage_error.ts";
import { parseCommand } from "./command.ts";
import type { Answer } from "./context.ts";

const URL_GIVEN = "https://hooks.example.com/pods";

async function parse(...argv: string[]): Promise<unknown> {
  return await parseCommand(["send-test", ...argv], contextOf({ secret: "a plain secret of some length\n" }));
}

Deno.test("send-test takes a webhook as the run does, and signs by all kinds unless flags say otherwise", async () => {
  const options = {
    command: "send-test",
    url: new URL(URL_GIVEN),
    secrets: [],
    signatures: ["standard", "github", "atomist"],
    timeout: 15_000,
    output: "table",
  };
  assert.deepEqual(await parse("--url", URL_GIVEN), options);
  const argv = [
    "-u",
    `ops=${URL_GIVEN}`,
    "--secret-file",
    "secret",
    "--signatures",
    "github",
    "--timeout=2s",
    "-o",
    "json",
  ];
  assert.deepEqual(await parse(...argv), {
    ...options,
    secrets: ["a plain secret of some length"],
    signatures: ["github"],
    timeout: 2_000,
    output: "json",
  });
});

for (
  const [argv, message] of [
    [[], /k8svent send-test needs --url URL/],
    [["--url", "hooks.example.com"], /--url, entry 1 is not a URL/],
    [["--url", URL_GIVEN, "--timeout", "0"], /--timeout must be above 0/],
    [["--url", URL_GIVEN, "--signatures", "hub"], /--signatures must be standard, github or atomist/],
    [
      ["--url", URL_GIVEN, "--url", URL_GIVEN.replace("pods", "b/pods")],
      /takes one webhook: give --url once/,
    ],
    [[URL_GIVEN], /k8svent send-test takes flags only/],
  ] as const
) {
  Deno.test(`send-test refuses ${argv.join(" ") || "nothing"}`, async () => {
    await assert.rejects(parse(...argv), (error) => {
      assert(error instanceof UsageError);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /pods/);
      return true;
    });
  });
}

Deno.test("send-test prints its help in 80 columns", async () => {
  const { code, data } = await parse("--help") as Answer;
  assert.equal(code, 0);
  assert.deepEqual(data.split("\n").filter((line) => line.length > 80), []);
});
