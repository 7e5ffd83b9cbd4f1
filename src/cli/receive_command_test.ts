import assert from "node:assert/strict";
import { contextOf } from "../../tests/kit/config_files.ts";
import { UsageError } from "../config/usage_error.ts";
import { parseCommand } from "./command.ts";
import type { Answer } from "./context.ts";

const FILES = { secret: "a plain secret of some length\n" };

async function parse(...argv: string[]): Promise<unknown> {
  return await parseCommand(["receive", ...argv], contextOf(FILES));
}

Deno.test("receive listens on loopback, and takes all at once, unless flags say otherwise", async () => {
  assert.deepEqual(await parse(), {
    command: "receive",
    host: "127.0.0.1",
    port: 8081,
    secrets: [],
    output: "line",
    answer: { status: 200, delay: 0, every: 1 },
  });
});

Deno.test("receive takes an answer of any kind, and a command with flags of its own", async () => {
  const argv =
    "--host [::1] --port 0 --secret-file secret --answer hangup --delay 2s --retry-after 1m --every 3 " +
    "-o json --exec-timeout 5s --exec sh --port -c x";
  assert.deepEqual(await parse(...argv.split(" ")), {
    command: "receive",
    host: "::1",
    port: 0,
    secrets: ["a plain secret of some length"],
    output: "json",
    answer: { status: "hang up", delay: 2_000, retryAfter: 60_000, every: 3 },
    exec: { argv: ["sh", "--port", "-c", "x"], timeout: 5_000 },
  });
});

for (
  const [argv, message] of [
    [
      ["--exec", "cat"],
      /--exec runs a command for verified deliveries alone: name the secret with --secret-file/,
    ],
    [["--secret-file", "secret", "--exec"], /--exec needs a value/],
    [["--answer", "100"], /--answer must be a status from 200 to 599, or hangup/],
    [["--port", "70000"], /--port must be a whole number from 0 to 65535/],
    [["--every", "0"], /--every must be a whole number from 1/],
    [["--delay", "5"], /--delay must be a duration .* It has no unit/],
    [["--listen", ":8081"], /k8svent receive has no flag --listen/],
  ] as const
) {
  Deno.test(`receive refuses ${argv.join(" ")}`, async () => {
    await assert.rejects(parse(...argv), (error) => {
      assert(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("receive prints its help in 80 columns", async () => {
  const { code, data } = await parse("--help") as Answer;
  assert.equal(code, 0);
  assert.deepEqual(data.split("\n").filter((line) => line.length > 80), []);
});
