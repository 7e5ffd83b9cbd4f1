import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type Manual, readFlags } from "./flags.ts";

const MANUAL: Manual<"size" | "name"> = {
  command: "deno task try",
  what: "Tries. ".repeat(40).trim(),
  flags: {
    size: { value: "N", default: "1", what: "how many", takes: { form: /^\d+$/, words: "a whole number" } },
    name: { value: "A-NAME-THAT-TAKES-A-LINE", default: "", what: "what for ".repeat(12).trim() },
  },
  examples: [["deno task try --size 2", "two"]],
};

const LINES: [argv: string[], expected: unknown][] = [
  [[], { size: "1", name: "" }],
  [["--size", "2"], { size: "2", name: "" }],
  [["--size=2", "--name", "-"], { size: "2", name: "-" }],
  [["--size", "2", "--size", "3"], { size: "3", name: "" }],
  [["--name=--x"], { size: "1", name: "--x" }],
  [["--sise", "2"], "There is no flag --sise; see deno task try --help."],
  [["--sise=2"], "There is no flag --sise; see deno task try --help."],
  [["-s", "2"], "There is no flag -s; see deno task try --help."],
  [["--no-size"], "There is no flag --no-size; see deno task try --help."],
  [["2"], 'There is nothing for "2" to mean; see deno task try --help.'],
  [["--", "2"], 'There is nothing for "2" to mean; see deno task try --help.'],
  [["--size"], "--size needs a value; see deno task try --help."],
  [["--size", ""], "--size needs a value; see deno task try --help."],
  [["--size="], "--size needs a value; see deno task try --help."],
  [["--size", "--name", "x"], "--size needs a value; see deno task try --help."],
  [["--size", "many"], '--size takes a whole number, not "many".'],
  [["--size=-1"], '--size takes a whole number, not "-1".'],
];

for (const [argv, expected] of LINES) {
  Deno.test(`[${argv.join(" ")}] is read as ${JSON.stringify(expected)}`, () => {
    const asked = readFlags(MANUAL, argv);
    assert(asked.kind !== "help");
    assert.deepEqual(asked.kind === "run" ? { ...asked.values } : asked.message, expected);
  });
}

for (const argv of [["--help"], ["-h"], ["--size", "2", "--help"]]) {
  Deno.test(`[${argv.join(" ")}] shows what it does, each flag with its default, and examples`, () => {
    const asked = readFlags(MANUAL, argv);
    assert(asked.kind === "help");
    assert.match(asked.text, /^Usage: deno task try \[flags\]\n\nTries\. /);
    assert.match(asked.text, /--size N {16}how many \(default: 1\)\n/);
    assert.match(asked.text, /--help .*\n\nExamples:\n {2}deno task try --size 2\n {6}two\n$/);
    for (const line of asked.text.split("\n")) assert(line.length <= 80, line);
  });
}

/** Run as it is, so that no flag of a script is forgotten in its manual. */
for (
  const [script, flag] of [
    ["build/compile.ts", "--target"],
    ["build/release.ts", "--targets"],
    ["bench/main.ts", "--sizes"],
    ["bench/guard.ts", "--size"],
    ["bench/profile.ts", "--pods"],
    ["demo/main.ts", "--pods"],
  ]
) {
  Deno.test(`${script} has a help, and ends with 2 at a flag that it does not know`, async () => {
    const run = async (arg: string): Promise<[number, string, string]> => {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", "-P=test", "--allow-ffi", script ?? "", arg],
        cwd: fileURLToPath(new URL("..", import.meta.url)),
      }).output();
      return [code, new TextDecoder().decode(stdout), new TextDecoder().decode(stderr)];
    };
    const [code, help, nothing] = await run("--help");
    assert.deepEqual([code, nothing], [0, ""]);
    assert(help.includes(`  ${flag} `) && help.includes("Examples:"), help);
    for (const line of help.split("\n")) assert(line.length <= 80, line);
    const [wrong, silence, complaint] = await run("--nosuch");
    assert.deepEqual([wrong, silence], [2, ""]);
    assert.match(complaint, /^There is no flag --nosuch; see deno task [\w:]+ --help\.\n$/);
  });
}
