import assert from "node:assert/strict";
import { contextOf } from "../../tests/kit/config_files.ts";
import { UsageError } from "../config/usage_error.ts";
import { COMMANDS, parseCommand } from "./command.ts";
import type { Answer } from "./context.ts";
import { FLAGS } from "./flags.ts";

async function answer(...argv: string[]): Promise<string> {
  const { command, code, data, remarks } = await parseCommand(
    ["completion", ...argv],
    contextOf({}),
  ) as Answer;
  assert.deepEqual([command, code, remarks], ["answer", 0, ""]);
  return data;
}

/** The words that are offered in place of the last one. */
async function offered(...line: string[]): Promise<string[]> {
  return (await answer("--line", ...line)).split("\n").slice(0, -1).map((one) => one.split("\t")[0] ?? "");
}

Deno.test("every command is completed, with what it is for, and those that have none of their own", async () => {
  const words = await offered("");
  assert.deepEqual(words, [...Object.keys(COMMANDS), "help"].toSorted());
  for (const line of (await answer("--line", "")).trimEnd().split("\n")) assert.match(line, /^[a-z-]+\t.{9}/);
});

for (const [command, load] of Object.entries(COMMANDS)) {
  Deno.test(`every flag of ${command} is completed`, async () => {
    for (const { name, flags } of (await load()).pages) {
      const words = await offered(...name.split(" ").slice(1), "--");
      const shown = Object.keys(flags).filter((flag) => !flags[flag]?.isHidden);
      assert.deepEqual(words, [...shown.map((flag) => `--${flag}`), "--help"]);
    }
  });
}

Deno.test("every flag of the run is completed, also behind others", async () => {
  const all = [...[...FLAGS.keys()].map((name) => `--${name}`), "--help"];
  assert.deepEqual(await offered("-"), all);
  assert.deepEqual(await offered("--once", "-n", "shop", ""), all);
  assert.deepEqual(await offered("--log-"), ["--log-level", "--log-format"]);
});

const OFFERED: [line: string[], words: string[]][] = [
  [["rec"], ["receive"]],
  [["secret", ""], ["generate"]],
  [["config", ""], ["check", "try", "schema"]],
  [["config", "check", ""], [":files"]],
  [["config", "check", "-"], ["--help"]],
  [["config", "try", "k8svent.yaml", "--pod", ""], [":files"]],
  [["config", "schema", ""], ["--help"]],
  [["receive", "--output", ""], ["line", "json"]],
  [["receive", "-o", "j"], ["json"]],
  [["receive", "--output=j"], ["--output=json"]],
  // As bash splits it.
  [["receive", "--output", "="], ["--output=line", "--output=json"]],
  [["receive", "--output", "=", "j"], ["--output=json"]],
  [["receive", "--output", "=", "json", "--por"], ["--port"]],
  [["receive", "--output=xml"], []],
  [["receive", "--port", ""], []],
  [["receive", "--port", "--out"], []],
  [["receive", "--secret-file", "a"], [":files"]],
  [["receive", "--secret-file=a"], [":files"]],
  [["receive", "--exec", "jq", "--"], [":files"]],
  [["receive", "--nonsense=a"], []],
  [["--source", ""], ["watch", "poll"]],
  // Flags of the run in a command, shown in its help or not.
  [["tail", "--log-level", "d"], ["debug"]],
  [["doctor", "--source="], ["--source=watch", "--source=poll"]],
  [["--signatures", "git"], ["github"]],
  [["--config", ""], [":files"]],
  [["--url", ""], []],
  [["nonsense", ""], [...FLAGS.keys()].map((name) => `--${name}`).concat("--help")],
];

for (const [line, words] of OFFERED) {
  Deno.test(`behind "k8svent ${line.join(" ")}" come ${words.slice(0, 3).join(", ") || "no words"}`, async () => {
    assert.deepEqual(await offered(...line), words);
  });
}

Deno.test("each shell has its script and a page that says where to put it, in 80 columns", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    assert.match(await answer(shell), new RegExp(`^#.*k8svent[^]*completion --line[^]*\\n$`));
    const help = await answer(shell, "--help");
    assert.match(
      help,
      new RegExp(`^Usage: k8svent completion ${shell}[^]*\\n {2}k8svent completion ${shell} > `),
    );
    assert.deepEqual(help.split("\n").filter((line) => line.length > 80), []);
  }
  assert.equal(await answer(), await answer("--help"));
});

Deno.test("a shell that is not known is answered with those that are", async () => {
  await assert.rejects(answer("tcsh"), (error: UsageError) => {
    assert(error instanceof UsageError);
    assert.match(error.message, /knows bash, zsh and fish/);
    assert.doesNotMatch(error.message, /tcsh/);
    return true;
  });
});
