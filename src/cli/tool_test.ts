import assert from "node:assert/strict";
import { contextOf } from "../../tests/kit/config_files.ts";
import { UsageError } from "../config/usage_error.ts";
import { parseCommand } from "./command.ts";

async function parse(argv: readonly string[], variables: Record<string, string> = {}): Promise<unknown> {
  return await parseCommand([...argv], { ...contextOf({}), env: (name) => variables[name] });
}

async function complaint(argv: readonly string[], variables: Record<string, string> = {}): Promise<string> {
  let message = "";
  await assert.rejects(parse(argv, variables), (error) => {
    assert(error instanceof UsageError);
    message = error.message;
    return true;
  });
  return message;
}

for (const argv of [["status", "-o=json"], ["deliveries", "-n=shop"], ["tail", "-l=app=web"]]) {
  Deno.test(`${argv.join(" ")} is read as kubectl reads it`, async () => {
    const [command = "", typed = ""] = argv;
    assert.deepEqual(await parse(argv), await parse([command, typed.slice(0, 2), typed.slice(3)]));
  });
}

for (
  const [argv, message] of [
    [["status", "-server", "x"], /^-server is written with two dashes: --server\.$/],
    [["status", "-output=json"], /^-output is written with two dashes: --output\.$/],
    [["config", "check", "-help"], /^-help is written with two dashes: --help\.$/],
    [
      ["status", "\u2014server", "x"],
      /^A flag begins with a dash that is not a hyphen .*: write --server\.$/,
    ],
    [["tail", "\u2013l", "app=web"], /^A flag begins with a dash that is not a hyphen .*: write -l\.$/],
  ] as const
) {
  Deno.test(`${argv.join(" ")} says how the flag is written`, async () => {
    assert.match(await complaint(argv), message);
  });
}

Deno.test("what follows --, or is the value of a flag, is written as it likes", async () => {
  const asked = await parse(["deliveries", "--", "\u2014a"]) as { operation: unknown };
  assert.deepEqual(asked.operation, {
    kind: "deliveries",
    endpoint: "\u2014a",
    filters: { limit: "20" },
  });
  assert.match(await complaint(["status", "--token-file", "\u2014a"]), /^Cannot read the file of/);
});

for (
  const [argv, flag] of [
    [["status", "--token-file"], "--token-file"],
    [["receive", "--secret-file"], "--secret-file"],
    [["verify", "--body"], "--body"],
    [["config", "try", "k8svent.yaml", "--pod"], "--pod"],
    [["deliveries", "--pod"], "--pod"],
    [["receive", "--host"], "--host"],
  ] as const
) {
  Deno.test(`${argv.join(" ")} with nothing behind it says so`, async () => {
    assert.equal(
      await complaint([...argv, ""]),
      `${flag} is set but empty: give it a value, or leave it out.`,
    );
  });
}

Deno.test("a path that no shell has filled in is no path, whoever names it", async () => {
  const said = /^The value of \S+ begins with a variable, which only a shell fills in: write the path out\.$/;
  assert.match(await complaint(["status", "--token-file", "$HOME/token"]), said);
  assert.match(await complaint(["verify", "--body", "$HOME/body"]), said);
  assert.match(await complaint(["status"], { K8SVENT_ADMIN_TOKEN_FILE: "$HOME/token" }), said);
});
