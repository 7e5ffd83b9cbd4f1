import { type Command, CommanderError, type Option } from "commander";
import { UsageError } from "../config/usage_error.ts";
import { name as plainName } from "../config/value.ts";
import { readSecrets, SecretFileError } from "../runtime/secret_file.ts";
import { dressFault, pathFault } from "../runtime/unfilled.ts";
import { type Answer, checkFile, type CommandContext, say } from "./context.ts";
import { FLAGS } from "./flags.ts";
import { type Lettered, respelled } from "./flag_spelling.ts";
import type { Job } from "./job.ts";
import { flagSpelled, optionOf, quietCommand } from "./quiet_command.ts";
import { typedSwitch } from "./switch.ts";
import { suggestion } from "./unknown_flag.ts";
import { parseWebhooks } from "./webhooks.ts";

/*
 * What the commands beside the run have in common: a page that says what there is, and the reading of a command line by
 * it. Each names its flags as data, so that its help, its errors and the completion of a shell come from one place.
 */

/** One flag of a command. */
export interface ToolFlag {
  short?: string;
  /** What its value is called; a switch has none. */
  value?: string;
  help: string;
  /** Taken where it is not given. */
  fallback?: string;
  /** The words that it takes, where it takes only some. */
  words?: readonly string[];
  /** Its value names a file, though it is called otherwise. */
  takesFile?: true;
  /** It takes the rest of the line, whatever stands there. */
  takesRest?: true;
  /** It is taken, and the help leaves it out. */
  isHidden?: true;
}

/** What a command says of itself. */
export interface ToolPage {
  /** As it is typed: `k8svent secret generate`. */
  name: string;
  /** What follows the name. */
  usage: string;
  about: string;
  flags: Readonly<Record<string, ToolFlag>>;
  /** Lines under `Examples:`, and a last one about the exit codes. */
  examples: readonly string[];
  codes: string;
  /** The name of a file may follow, by itself. */
  takesFile?: true;
  /** What follows by itself, in order: `NS/NAME`; in brackets what may be left out. None by default. */
  operands?: readonly string[];
  /** Its own commands, for a page that only leads to them. */
  commands?: readonly ToolPage[];
}

/** A command, once its module is loaded. */
export interface Tool {
  /** What it says of itself; where it has commands of its own, a page for each of them. */
  pages: readonly ToolPage[];
  /** Carries it out, given what follows its name, or says what is to be done. */
  carryOut(argv: string[], context: CommandContext): Promise<Answer | Job> | Answer | Job;
}

/** Commands by the first word that is typed, each loaded when it is asked for. */
export type Tools = Readonly<Record<string, () => Promise<Tool>>>;

/** What was typed behind a command's name. */
export interface Typed {
  page: ToolPage;
  /** Of each flag that was given, in order; of one that takes the rest, its words. */
  values: Map<string, string[]>;
  operands: string[];
}

/**
 * The command of one page, which prints that where it is asked for.
 *
 * @param carryOut says what is to be done by what was typed, or has done it. @throws {UsageError}, which repeats no value
 */
export function tool(
  page: ToolPage,
  carryOut: (typed: Typed, context: CommandContext) => ReturnType<Tool["carryOut"]>,
): Tool {
  return {
    pages: [page],
    carryOut: (argv, context) => {
      const typed = readTool(page, argv);
      return typeof typed === "string" ? say(typed) : carryOut(typed, context);
    },
  };
}

/** Reads a command line, or makes the text of the help. */
function readTool(page: ToolPage, argv: readonly string[]): Typed | string {
  let text = "";
  const program = buildCommand(page, (more) => text += more);
  const [own, rest] = withoutRest(page, argv);
  own.forEach((argument, index) => checkForgotten(page, argument, own[index - 1] ?? ""));
  try {
    program.parse(own.flatMap((argument, index) => asTyped(page, argument, own.slice(0, index))), {
      from: "user",
    });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return text;
    throw new UsageError(explain(page, error), { cause: error.code });
  }
  const values = new Map(rest);
  for (const [name, { value }] of Object.entries(page.flags)) {
    const option = program.options.find(({ long }) => long === `--${name}`);
    const found: unknown = option && program.getOptionValue(option.attributeName());
    // Of `--no-send`, commander says whether to send.
    const given = option?.negate ? found === false || undefined : found;
    if (given !== undefined) values.set(name, value === undefined ? ["true"] : given as string[]);
  }
  for (const [name, { value, takesFile }] of Object.entries(page.flags)) {
    if (value === "FILE" || takesFile) values.get(name)?.forEach((path) => checkPath(path, `--${name}`));
  }
  return { page, values, operands: program.args };
}

/** Refuses what is no name of a file but what was left in its place. @throws {UsageError} */
export function checkPath(path: string, from: string, variables: readonly string[] = []): void {
  const fault = dressFault(path.trim(), variables) ?? pathFault(path);
  if (fault !== undefined) throw new UsageError(`The value of ${from} ${fault}.`);
  plainName(path, from);
}

/** What a flag was given last, else its fallback: one of them is needed. @throws {UsageError} */
export function needed({ page, values }: Typed, name: string): string {
  const value = values.get(name)?.at(-1) ?? page.flags[name]?.fallback;
  if (value !== undefined) return value;
  throw new UsageError(`${page.name} needs --${name} ${page.flags[name]?.value}. ${seeHelp(page)}`);
}

/**
 * The secrets of `--secret-file`, else of the file that its variable names; undefined where neither names one.
 *
 * @throws {UsageError} for a file that holds none, or that is the service account's
 */
export function secretsOf(
  { values }: Typed,
  context: CommandContext,
): { secrets: string[]; weak: string | undefined; file: string } | undefined {
  const { env, files } = context;
  const variables = FLAGS.get("secret-file")?.variables ?? [];
  const typed = values.get("secret-file")?.at(-1);
  const variable = typed === undefined ? variables.find((name) => env(name)?.trim()) : undefined;
  const [file, from] = variable === undefined ? [typed, "--secret-file"] : [env(variable)?.trim(), variable];
  if (file === undefined) return undefined;
  checkPath(file, from, variables);
  checkFile(file, from, context);
  try {
    return { ...readSecrets(file, files.readText), file };
  } catch (error) {
    if (!(error instanceof SecretFileError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

/** The webhook of `--url`, as the run reads it. @throws {UsageError} for several, of which one would be left out */
export function webhookOf(typed: Typed): URL {
  const { page, values } = typed;
  const url = needed(typed, "url");
  const [webhook, ...others] = parseWebhooks(values.get("url") ?? [url], "--url");
  if (webhook !== undefined && others.length === 0) return webhook.url;
  throw new UsageError(`${page.name} takes one webhook: give --url once. ${seeHelp(page)}`);
}

function buildCommand(page: ToolPage, write: (text: string) => void): Command {
  const program = quietCommand(page.name, write)
    .description(page.about)
    .usage(page.usage)
    .helpOption("-h, --help", "print this")
    .addHelpText(
      "after",
      `\nExamples:\n${page.examples.map((line) => `  ${line}\n`).join("")}\nExit code: ${page.codes}`,
    );
  for (const [name, flag] of Object.entries(page.flags)) program.addOption(buildOption(name, flag));
  for (const operand of page.operands ?? []) {
    program.argument(operand.startsWith("[") ? operand : `<${operand}>`);
  }
  for (const { name, operands = [], about } of page.commands ?? []) {
    program.command(name.slice(page.name.length + 1)).usage(operands.join(" ") || " ").summary(about);
  }
  return program;
}

function buildOption(name: string, flag: ToolFlag): Option {
  const { help, fallback, isHidden = false } = flag;
  const otherwise = fallback === undefined ? "" : `; ${fallback} by default`;
  return optionOf(name, flag, help + otherwise).hideHelp(isHidden);
}

/** The words before a flag that takes the rest, and that rest. */
function withoutRest(page: ToolPage, argv: readonly string[]): [string[], [string, string[]][]] {
  const names = Object.keys(page.flags).filter((name) => page.flags[name]?.takesRest);
  for (const [at, argument] of argv.entries()) {
    const name = names.find((name) => argument === `--${name}`);
    if (name === undefined || flagOf(page, argv[at - 1] ?? "")?.value !== undefined) continue;
    const rest = argv.slice(at + 1);
    if (rest.length === 0) throw new UsageError(`--${name} needs a value. ${seeHelp(page)}`);
    return [argv.slice(0, at), [[name, rest]]];
  }
  return [[...argv], []];
}

/** An argument as commander reads it: of a switch with its value behind `=`, as Go's flags have it, the switch or nothing. */
function asTyped(page: ToolPage, argument: string, before: readonly string[]): string[] {
  if (flagOf(page, before.at(-1) ?? "")?.value !== undefined || before.includes("--")) return [argument];
  const [, flag = "", value] = /^(--[a-z-]+)=(.*)$/s.exec(argument) ?? [];
  const found = flagOf(page, flag);
  if (value === undefined || found === undefined || found.value !== undefined) {
    return respelled(argument, new Map(Object.entries<Lettered>({ ...page.flags, help: { short: "h" } })));
  }
  return typedSwitch(value, flag) ? [flag] : [];
}

/** Commander would take the next flag for the value of one that has none. */
function checkForgotten(page: ToolPage, argument: string, before: string): void {
  if (flagOf(page, before)?.value === undefined || flagOf(page, argument) === undefined) return;
  throw new UsageError(`${before} needs a value, and the flag ${argument} follows it. ${seeHelp(page)}`);
}

function flagOf({ flags }: ToolPage, argument: string): ToolFlag | undefined {
  return flagSpelled(new Map(Object.entries(flags)), argument);
}

/** Commander repeats what was typed: only the flag's name is kept. */
function explain(page: ToolPage, { code, message }: CommanderError): string {
  const typed = /'(--[^'=\s]+|-[^'-])/.exec(message)?.[1] ?? "";
  switch (code) {
    case "commander.unknownOption": {
      if (flagOf(page, typed) !== undefined || typed === "--help") {
        return `${typed} is a switch: give it without a value.`;
      }
      const hint = suggestion(typed, [...Object.keys(page.flags), "help"]);
      return `${page.name} has no flag ${typed}.${hint} ${seeHelp(page)}`;
    }
    case "commander.optionMissingArgument":
      return `${/--[a-z-]+/.exec(message)?.[0]} needs a value. ${seeHelp(page)}`;
    case "commander.missingArgument":
      return `${page.name} needs ${page.operands?.filter((one) => !one.startsWith("[")).join(" and ")}. ${
        seeHelp(page)
      }`;
    default:
      return page.operands === undefined
        ? `${page.name} takes flags only. ${seeHelp(page)}`
        : `Here is one argument too many: ${page.name} ${page.usage}. ${seeHelp(page)}`;
  }
}

function seeHelp({ name }: ToolPage): string {
  return `"${name} --help" shows what there is.`;
}
