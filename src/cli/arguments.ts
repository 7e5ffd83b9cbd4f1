import { type Command, CommanderError } from "commander";
import { type Answer, say } from "./context.ts";
import { type Flag, type FlagName, FLAGS, GROUPS, helpOf } from "./flags.ts";
import type { Given } from "./given.ts";
import type { VersionOptions } from "./job.ts";
import { dressFault, pathFault } from "../runtime/unfilled.ts";
import { type Lettered, respelled } from "./flag_spelling.ts";
import { flagSpelled, optionOf, quietCommand } from "./quiet_command.ts";
import { typedSwitch } from "./switch.ts";
import { suggestionOfRun } from "./unknown_flag.ts";
import { UsageError } from "../config/usage_error.ts";
import { VERSION } from "./version.ts";

/**
 * What each flag was given on the command line, else in the environment, never both; or what is to be done where it asks
 * for `--help` or `--version`. A switch that is on has the value `true`.
 *
 * @throws {UsageError} for a flag that does not exist, one that lacks its value, and a stray argument. None of
 * the messages repeats a value.
 */
export function readArguments(
  argv: string[],
  env: (name: string) => string | undefined,
): Map<FlagName, Given> | Answer | VersionOptions {
  let printed = "";
  const program = buildCommand((text) => printed += text);
  argv.forEach(checkForgotten);
  try {
    program.parse(argv.flatMap(asTyped), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return say(printed);
    if (error.code === "commander.version") return { command: "version", output: "table" };
    throw new UsageError(explain(error, argv), { cause: error.code });
  }
  const switches = switchesIn(argv);
  return givenOf((name) => switches.get(name) ?? typedFor(program, name), FLAGS, env);
}

/** Switches with what they are said to be: `--once=false`, as Go's flags have it. The last one counts. */
function switchesIn(argv: readonly string[]): Map<FlagName, string[]> {
  const switches = new Map<FlagName, string[]>();
  for (const [index, argument] of argv.entries()) {
    const found = isValue(index, argv) ? undefined : switchOf(argument);
    if (found === undefined) continue;
    const { name, value = "true" } = found;
    typedSwitch(value, `--${name}`);
    switches.set(name, [value]);
  }
  return switches;
}

function switchOf(argument: string): { name: FlagName; value: string | undefined } | undefined {
  const [, name = "", value] = /^--([a-z-]+)(?:=(.*))?$/s.exec(argument) ?? [];
  const flag = FLAGS.get(name as FlagName);
  return flag === undefined || flag.value !== undefined ? undefined : { name: name as FlagName, value };
}

/** Whether it is the value of the flag before it, whatever it looks like: `--selector -a=b`. */
function isValue(index: number, argv: readonly string[]): boolean {
  return flagSpelled(FLAGS, argv[index - 1] ?? "")?.value !== undefined;
}

/**
 * What each of these flags was given on the command line, else in the environment: for a command that takes some of the
 * flags of the run.
 *
 * @param typed the values that the flag was given on the command line
 * @throws {UsageError} for what is no value but what was left in its place
 */
export function givenOf(
  typed: (name: FlagName) => string[] | undefined,
  flags: Iterable<[FlagName, Flag]>,
  env: (name: string) => string | undefined,
): Map<FlagName, Given> {
  const given = new Map<FlagName, Given>();
  for (const [name, flag] of flags) {
    const found = fromCommand(name, typed(name)) ?? fromEnvironment(name, flag, env);
    if (found !== undefined) given.set(name, found);
  }
  return given;
}

/** What the command line of the run may hold, by its long name. */
const SPELLED = new Map<string, Lettered>([...FLAGS, ["help", { short: "h" }], ["version", { short: "V" }]]);

/** An argument as commander reads it: the words that other programs have for commands, too. */
function asTyped(argument: string, index: number, argv: string[]): string[] {
  if (isValue(index, argv) || argv.slice(0, index).includes("--")) return [argument];
  if (switchOf(argument) !== undefined) return [];
  if (index === 0 && argument === "help") return ["--help"];
  return respelled(argument, SPELLED);
}

/** Commander would take the next flag for the value of one that has none: `--state --once` is a file called `--once`. */
function checkForgotten(argument: string, index: number, argv: string[]): void {
  const before = flagSpelled(FLAGS, argv[index - 1] ?? "");
  if (before?.value === undefined || flagSpelled(FLAGS, argument) === undefined) return;
  const name = argv[index - 1];
  throw new UsageError(
    `${name} needs a value, and the flag ${argument} follows it. "k8svent --help" shows its form.`,
  );
}

function buildCommand(write: (text: string) => void): Command {
  const program = quietCommand("k8svent", write)
    .description("Every pod change in a Kubernetes cluster, signed and delivered to webhooks.")
    .usage(
      "--url URL [flags]\n       k8svent --once [flags]\n       k8svent config check FILE | try FILE | schema\n" +
        "       k8svent doctor | tail | send-test | receive | verify | secret generate\n" +
        "       k8svent status | deliveries [ENDPOINT] | explain pod NS/NAME\n" +
        "       k8svent redeliver | discard | resync | pause | resume ENDPOINT\n" +
        "       k8svent link-image | completion bash | completion zsh | completion fish",
    );
  for (const [heading, flags] of Object.entries(GROUPS)) {
    for (const [name, flag] of Object.entries<Flag>(flags)) {
      program.addOption(optionOf(name, flag, helpOf(flag)).helpGroup(`${heading}:`));
    }
  }
  return program
    .optionsGroup("Help:")
    .version(VERSION, "-V, --version", "print the version, as k8svent version does")
    .helpOption("-h, --help", "print this, as k8svent help does")
    .addHelpText("after", EXAMPLES);
}

function typedFor(program: Command, name: FlagName): string[] | undefined {
  const option = program.options.find((option) => option.long === `--${name}`);
  const value: unknown = option && program.getOptionValue(option.attributeName());
  if (value === undefined) return undefined;
  return Array.isArray(value) ? value : [String(value)];
}

function fromCommand(name: FlagName, values: string[] | undefined): Given | undefined {
  if (values === undefined) return undefined;
  for (const value of values) checkDress(name, value.trim(), `--${name}`);
  return { values, from: `--${name}` };
}

/** A variable that was filled from a file ends with that file's new line. */
function fromEnvironment(
  name: FlagName,
  { variables, list }: Flag,
  env: (name: string) => string | undefined,
): Given | undefined {
  for (const variable of variables) {
    const value = env(variable)?.trim() ?? "";
    // Manifests and CI set a variable to nothing to say that it does not apply.
    if (value === "") continue;
    checkDress(name, value, variable);
    const values = list ? value.split(/[\s,]+/).filter(Boolean) : [value];
    if (values.length > 0) return { values, from: variable };
    throw new UsageError(`${variable} holds separators alone: give it a value, or leave it out.`);
  }
  return undefined;
}

/** Refuses what is no value but what was left in its place. A secret has its own rule. */
function checkDress(name: FlagName, value: string, from: string): void {
  if (name === "secret") return;
  const { variables, value: form }: Flag = FLAGS.get(name) ?? { variables: [], help: "" };
  const fault = dressFault(value, variables) ?? (form === "FILE" ? pathFault(value) : undefined);
  if (fault !== undefined) throw new UsageError(`The value of ${from} ${fault}.`);
}

/** Commander repeats what was typed, and that may be `--secrt=VALUE` or a URL: only the flag's name is kept. */
function explain(error: CommanderError, argv: string[]): string {
  const typed = /'(--[^'=\s]+|-[^'-])/.exec(error.message)?.[1] ?? "";
  switch (error.code) {
    case "commander.unknownOption":
      if (typed === "") return 'There is no such flag. "k8svent --help" lists them all.';
      return FLAGS.has(typed.slice(2) as FlagName) || typed === "--help" || typed === "--version"
        ? `${typed} is a switch: give it without a value.`
        : `There is no flag ${typed}.${suggestionOfRun(typed)} "k8svent --help" lists them all.`;
    case "commander.optionMissingArgument":
      return `${/--[a-z-]+/.exec(error.message)?.[0]} needs a value. "k8svent --help" shows its form.`;
    default:
      return explainStray(argv);
  }
}

/** What is no flag and the value of none. It is not shown: it may be a webhook or a secret. */
function explainStray(argv: string[]): string {
  const index = argv.findIndex((argument, index) => !/^-./.test(argument) && !isValue(index, argv));
  const end = argv.findIndex((argument, index) => argument === "--" && !isValue(index, argv));
  if (end >= 0 && (index < 0 || index > end)) {
    return 'What follows "--" is not read as flags, and nothing else is taken: leave it out.';
  }
  const [stray = "", before = ""] = [argv[index], argv[index - 1]];
  if (/^[\s\\]*$/.test(stray)) {
    return `Argument ${
      index + 1
    } is empty or white space: take it out (does a space follow the \\ at the end of a line?).`;
  }
  if (flagSpelled(FLAGS, before) !== undefined) return `${before} is a switch: give it without a value.`;
  const [word = ""] = stray.split("=");
  if (FLAGS.has(word as FlagName)) {
    return `k8svent takes flags only: did you mean --${word}? "k8svent --help" lists them all.`;
  }
  return 'k8svent takes flags only: give a webhook with --url URL. "k8svent --help" lists all flags.';
}

/** What follows the flags in the help. */
const EXAMPLES = `
The variable in brackets sets the same value as the flag. A flag overrides its
variable, a variable the file of --config; what that file says about a single
webhook overrides all of them. Separate the values of a list with commas,
spaces or newlines.
Durations are written 500ms, 15s, 2m or 1h30m; sizes 64Mi or 1Gi.
Exit code: 0 success, 1 failure, 2 wrong usage.

Examples:
  Deliver every pod change in the current kubeconfig context to a receiver:
    k8svent --url https://hooks.example.com/pods --secret-file ./secret

  Print what would be sent now, one line of JSON per pod:
    k8svent --once --namespace shop --selector app=web

  Two receivers, two namespaces, and state that survives a restart:
    k8svent -u ops=https://ops.example.com/k8s \\
      -u audit=https://audit.example.com/in \\
      -n team-a -n team-b --state ./k8svent.db

  Receivers that each have their own rules and credentials; is the file right?
    k8svent --config k8svent.yaml
    k8svent config check k8svent.yaml`;
