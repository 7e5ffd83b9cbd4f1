import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { run } from "../kit/command.ts";
import { lacksProgram, testNeeding } from "../kit/needing.ts";
import { type Step, typeInto, withoutTerminal } from "../kit/terminal.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What is typed, and the words that the line has after it. */
const TYPED: [keys: string, words: string[]][] = [
  ["rec\t", ["receive"]],
  ["receive --outp\tjs\t", ["receive", "--output", "json"]],
  ["receive --output=j\t", ["receive", "--output=json"]],
  ["secret \t--form\th\t", ["secret", "generate", "--format", "hex"]],
  ["--once --log-l\td\t", ["--once", "--log-level", "debug"]],
  ["verify --secret-file ke\t", ["verify", "--secret-file", "key file"]],
  ["config check ke\t", ["config", "check", "key file"]],
  ["verify --secret-file=ke\t", ["verify", "--secret-file=key file"]],
  ["receive --port ke\t", ["receive", "--port", "ke"]],
];

/** A folder with a `k8svent` to be run, the script of a shell, and a file whose name has a space. */
async function withScript(
  shell: string,
  test: (folder: string, env: Record<string, string>) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "completion-" });
  try {
    const program = `exec ${Deno.execPath()} run -q -P --config ${ROOT}deno.json ${ROOT}main.ts "$@"`;
    await Deno.writeTextFile(`${folder}/k8svent`, `#!/bin/sh\n${program}\n`, { mode: 0o755 });
    await Deno.writeTextFile(`${folder}/script`, await run(`${folder}/k8svent`, ["completion", shell]));
    await Deno.writeTextFile(`${folder}/key file`, "");
    await test(folder, { PATH: `${folder}:${Deno.env.get("PATH")}`, TERM: "dumb" });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Types each line in one session, has its words printed in brackets, and leaves. */
async function wordsTyped(argv: string[], setUp: string, env: Record<string, string>): Promise<string[][]> {
  // Control-A: to the line's beginning.
  const print = "\x01printf '<%s>\\n' ";
  const lines = TYPED.map(([keys]) => `k8svent ${keys}${print}\x05 END\n`);
  const steps: Step[] = [
    [/./, `${setUp}; echo RE''ADY\n`],
    ...[...lines, "k8svent --url $(touch evaluated)\t\x15exit\n"].map((line, index): Step => [
      index === 0 ? /READY/ : /<END>/,
      line,
    ]),
  ];
  const screen = await typeInto(argv, steps, env);
  const printed = [...screen.matchAll(/^<(.*)>\r?$/gm)].map(([, word = ""]) => word);
  return printed.join("\n").split("\nEND").filter(Boolean).map((text) => text.trim().split("\n").slice(1));
}

const SHELLS: Record<string, { argv: string[]; setUp: string }> = {
  bash: {
    argv: ["bash", "--norc", "--noprofile", "-i"],
    setUp: "stty cols 300; bind 'set enable-bracketed-paste off'; source ./script",
  },
  zsh: {
    argv: ["zsh", "-f", "-i"],
    // By itself zsh carries out at a Tab what stands in $(…), whatever completes.
    setUp:
      "bindkey -e; bindkey '^I' complete-word; stty cols 300; setopt no_beep; autoload -U compinit; compinit -D; source ./script",
  },
};

for (const [shell, { argv, setUp }] of Object.entries(SHELLS)) {
  const lacks = withoutTerminal ?? await lacksProgram(shell, ["--version"], `there is no ${shell}.`);
  testNeeding(
    lacks,
    `${shell} completes commands, flags, words and files, and runs nothing that is typed`,
    async () => {
      await withScript(shell, async (folder, env) => {
        const lines = await wordsTyped(argv, `cd '${folder}'; ${setUp}`, env);
        assert.deepEqual(lines, TYPED.map(([, words]) => words));
        await assert.rejects(Deno.stat(`${folder}/evaluated`), Deno.errors.NotFound);
      });
    },
  );
}

/** What fish offers for a line. */
const OFFERED: Record<string, RegExp> = {
  "k8svent rec": /^receive\tReceive deliveries on this machine/,
  "k8svent receive --outp": /^--output\tline, or json/,
  "k8svent receive --output ": /^json\nline\n$/,
  "k8svent receive --output=j": /^--output=json\n$/,
  "k8svent secret ": /^generate\t/,
  "k8svent --once --log-level d": /^debug\n$/,
  "k8svent verify --secret-file ke": /^key\\? file\n$/,
  "k8svent verify --secret-file=ke": /^--secret-file=key\\? file\n$/,
  "k8svent config check ke": /^key\\? file\n$/,
  "k8svent receive --port ke": /^$/,
};

testNeeding(
  await lacksProgram("fish", ["--version"], "there is no fish."),
  "fish completes commands, flags, words and files",
  async () => {
    await withScript("fish", async (folder, env) => {
      for (const [line, offered] of Object.entries(OFFERED)) {
        const command = `cd '${folder}'; source ./script; complete -C '${line}'`;
        assert.match(await run("fish", ["--no-config", "-c", command], { env }), offered, line);
      }
    });
  },
);
