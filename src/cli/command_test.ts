import assert from "node:assert/strict";
import { contextOf } from "../../tests/kit/config_files.ts";
import { COMMANDS, parseCommand } from "./command.ts";

/** What a command line prints that asks for help. */
async function printed(...argv: string[]): Promise<string> {
  const asked = await parseCommand(argv, contextOf({}));
  if (asked.command === "answer") return asked.data;
  return asked.command === "help" ? asked.text : assert.fail(`${argv.join(" ")} prints nothing`);
}

Deno.test("help COMMAND, COMMAND help and COMMAND --help are the same", async () => {
  for (const name of Object.keys(COMMANDS)) {
    const text = await printed(name, "--help");
    assert.match(text, new RegExp(`^Usage: k8svent ${name}`), name);
    assert.equal(await printed("help", name), text);
    assert.equal(await printed(name, "help"), text);
  }
  assert.match(await printed("help", "config", "check"), /^Usage: k8svent config check FILE/);
  assert.equal(await printed("help", "help"), await printed("--help"));
  assert.equal(await printed("help", "--once"), await printed("--help"));
});

Deno.test("help for what is no command names the one that was meant", async () => {
  await assert.rejects(printed("help", "statsu"), /Did you mean k8svent status\?/);
  await assert.rejects(
    printed("help", "nothing"),
    /There is no such command\. "k8svent --help" lists them all\./,
  );
});

Deno.test("no line of a command's help is wider than a terminal, but for an example's", async () => {
  for (const name of Object.keys(COMMANDS)) {
    const [help = ""] = (await printed(name, "--help")).split("\nExamples:\n");
    for (const line of help.split("\n")) assert.ok(line.length <= 80, `${name}: ${line}`);
  }
});
