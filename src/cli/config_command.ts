import { Command, CommanderError } from "commander";
import schema from "../../docs/config.schema.json" with { type: "json" };
import { REASONS } from "../change/reasons.ts";
import { reason } from "../config/value.ts";
import { UsageError } from "../config/usage_error.ts";
import { fileFault } from "../runtime/file_fault.ts";
import { counted } from "../runtime/wording.ts";
import { type Given, readArguments } from "./arguments.ts";
import { type Answer, type CommandContext, configOf } from "./context.ts";
import type { FlagName } from "./flags.ts";
import { type Options, parseOptions } from "./options.ts";
import type { ToolPage } from "./tool.ts";

/*
 * `k8svent config`: what there is to ask about a configuration file, without a cluster and without a webhook.
 */

const COLUMNS = 80;

const CODES = "0 done, 2 something is wrong.";

const CHECK: ToolPage = {
  name: "k8svent config check",
  usage: "FILE",
  about: "say what is wrong in a file, each fault with its line and column",
  flags: {},
  examples: [],
  codes: CODES,
  takesFile: true,
};

const TRY = {
  name: "k8svent config try",
  usage: "FILE --pod POD [--reasons LIST]",
  about: "say for each endpoint whether a pod would be sent to it, and by which rule",
  flags: {
    pod: { value: "POD", help: "a file with what kubectl get pod NAME -o json prints", takesFile: true },
    reasons: {
      value: "LIST",
      help: "why it would be sent, with commas between: ready,restarted",
      fallback: "sync",
      words: REASONS,
    },
  },
  examples: [],
  codes: CODES,
  takesFile: true,
} satisfies ToolPage;

const SCHEMA: ToolPage = {
  name: "k8svent config schema",
  usage: "> FILE",
  about: "print the JSON Schema of the file, for editors",
  flags: {},
  examples: [],
  codes: CODES,
};

const CONFIG: ToolPage = {
  name: "k8svent config",
  usage: "check FILE | try FILE --pod POD | schema",
  about: "Ask about a configuration file, the one of --config. No cluster is needed.",
  flags: {},
  examples: [],
  codes: CODES,
};

/** What `k8svent config` and its commands take. */
export const CONFIG_PAGES: readonly ToolPage[] = [CONFIG, CHECK, TRY, SCHEMA];

/** Carries out `k8svent config …`. @throws {UsageError} */
export async function answerConfig(argv: string[], context: CommandContext): Promise<Answer> {
  let printed = "";
  let answer: Answer | undefined;
  const program = buildCommand((text) => printed += text);
  program.command("check").usage(CHECK.usage).argument("<FILE>").description(CHECK.about)
    .action(async (file: string) => void (answer = await check(file, context)));
  const { pod, reasons } = TRY.flags;
  program.command("try").usage(TRY.usage).argument("<FILE>").description(TRY.about)
    .requiredOption(`--pod <${pod.value}>`, pod.help)
    .option(`--reasons <${reasons.value}>`, reasons.help, reasons.fallback)
    .action(async (file: string, given: TryGiven) => void (answer = await tryPod(file, given, context)));
  program.command("schema").usage(SCHEMA.usage).description(SCHEMA.about)
    .action(() => void (answer = say(`${JSON.stringify(schema, undefined, 2)}\n`)));
  try {
    await program.parseAsync(argv.length === 0 ? ["--help"] : argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed" || error.code === "commander.help") return say(printed);
    throw new UsageError(explain(error), { cause: error.code });
  }
  return answer ?? say(printed);
}

function buildCommand(write: (text: string) => void): Command {
  return new Command(CONFIG.name)
    .description(CONFIG.about)
    .usage(CONFIG.usage)
    .exitOverride()
    .configureOutput({
      writeOut: write,
      writeErr: () => {},
      getOutHelpWidth: () => COLUMNS,
      getOutHasColors: () => false,
    })
    .configureHelp({
      subcommandTerm: (command) => command.name() === "schema" ? "schema" : `${command.name()} FILE`,
      optionTerm: (option) => option.flags.replace(/[<>]/g, ""),
      visibleArguments: () => [],
    })
    .helpOption("-h, --help", "print this")
    .helpCommand(false)
    .addHelpText("after", `\nExit code: ${CODES}`);
}

/** Commander repeats what was typed. */
function explain({ code, message }: CommanderError): string {
  switch (code) {
    case "commander.missingArgument":
      return "The name of a file is missing: k8svent config check FILE.";
    case "commander.excessArguments":
      return /argument.* 'config'/.test(message)
        ? OTHER
        : "Here is one argument too many: one file is looked at.";
    case "commander.missingMandatoryOptionValue":
      return "k8svent config try needs a pod: --pod FILE, with what kubectl get pod NAME -o json prints.";
    case "commander.unknownOption":
      return 'There is no such flag here. "k8svent config --help" shows what there is.';
    case "commander.optionMissingArgument":
      return "The last flag needs a value.";
    default:
      return OTHER;
  }
}

const OTHER = 'k8svent config has the commands check, try and schema. "k8svent config --help" shows them.';

/** What a file comes to by itself, whatever flags and variables there are. @throws {UsageError} */
async function readAlone(
  file: string,
  context: CommandContext,
): Promise<{ options: Options; slips: readonly string[] }> {
  const nowhere = (): undefined => undefined;
  // Without endpoints it can be right, too.
  const argv = ["--config", file, "--once"];
  const given = readArguments(argv, nowhere) as Map<FlagName, Given>;
  const config = await configOf(given, context);
  return { options: parseOptions(argv, nowhere, config) as Options, slips: config?.warnings ?? [] };
}

async function check(file: string, context: CommandContext): Promise<Answer> {
  try {
    const { options, slips } = await readAlone(file, context);
    const data = `${file}: ${counted(options.endpoints.length, "endpoint")}, and nothing is wrong.\n`;
    return { ...say(data), remarks: slips.map((slip) => `${slip}\n`).join("") };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { command: "answer", code: 2, data: "", remarks: `${error.messages.join("\n")}\n` };
  }
}

interface TryGiven {
  pod: string;
  reasons: string;
}

/** @throws {UsageError} */
async function tryPod(file: string, given: TryGiven, context: CommandContext): Promise<Answer> {
  const { options } = await readAlone(file, context);
  const { endpoints, cluster, environment, namespaces, excludeNamespaces, selector, fieldSelector } = options;
  const { tryFile } = await import("./try_file.ts");
  const lines = await tryFile(endpoints, {
    pod: readPod(given.pod, context),
    reasons: given.reasons.split(",").map((text) => reason(text.trim(), "--reasons")),
    ...cluster !== undefined && { cluster },
    ...environment !== undefined && { environment },
    followed: { namespaces, excludeNamespaces, ...selector !== undefined && { selector } },
  });
  const remarks = fieldSelector === undefined
    ? ""
    : "fieldSelector is not tried: only the API server can tell what it matches.\n";
  return { ...say(lines.map((line) => `${line}\n`).join("")), remarks };
}

function readPod(file: string, { files }: CommandContext): string {
  try {
    return files.readText(file);
  } catch (cause) {
    throw new UsageError(`Cannot read the pod ${file}: ${fileFault(cause, file)}.`, { cause });
  }
}

function say(data: string): Answer {
  return { command: "answer", code: 0, data, remarks: "" };
}
