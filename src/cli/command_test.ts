import assert from "node:assert/strict";
import { contextOf } from "../../tests/kit/config_files.ts";
import { COMMANDS, parseCommand } from "./command.ts";

/** What a command line prints that asks for help. */
async function printed(...argv: string[]): Promise<string> {
  const asked = await parseCommand(argv, contextOf({}));
  return asked.command === "answer" ? asked.data : assert.fail(`${argv.join(" ")} prints nothing`);
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

Deno.test("each page has an example and the exit codes, and no line is wider than a terminal but an example", async () => {
  for (const load of Object.values(COMMANDS)) {
    for (const { name } of (await load()).pages) {
      const help = await printed(...name.split(" ").slice(1), "--help");
      const [before = "", rest = ""] = help.split("\nExamples:\n  ");
      const codes = /\n\nExit code: \d+ [^]*$/.exec(rest)?.[0];
      assert(codes !== undefined, `${name}: no example, or no exit codes`);
      for (const line of `${before}${codes}`.split("\n")) assert(line.length <= 80, `${name}: ${line}`);
    }
  }
});

Deno.test("a flag that another program has is answered with the one that does that here", async () => {
  for (const name of ["web-0", "Shop/web-0", "shop/web_0", "a/b/c", "/web-0"]) {
    await assert.rejects(
      printed("explain", "pod", name),
      /^UsageError: Which pod\? Name it with its namespace/,
    );
  }
  await assert.rejects(printed("explain", "-l", "app=web"), /has no flag -l\. Did you mean --selector S\?/);
  await assert.rejects(printed("doctor", "--webhook", "x"), /Did you mean --url URL\?/);
  await assert.rejects(printed("status", "-l", "app=web"), /has no flag -l\. "k8svent status --help"/);
});
