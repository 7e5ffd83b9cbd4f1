import { Command, CommanderError } from "commander";
import schema from "../../docs/config.schema.json" with { type: "json" };
import { UsageError } from "../config/usage_error.ts";
import { counted } from "../runtime/wording.ts";
import { type Given, readArguments } from "./arguments.ts";
import { type Answer, type CommandContext, configOf } from "./context.ts";
import type { FlagName } from "./flags.ts";
import { parseOptions } from "./options.ts";

/*
 * `k8svent config`: what there is to ask about a configuration file, without a cluster and without a webhook.
 */

const COLUMNS = 80;

/** Carries out `k8svent config …`. @throws {UsageError} */
export async function answerConfig(argv: string[], context: CommandContext): Promise<Answer> {
  let printed = "";
  let answer: Answer | undefined;
  const program = buildCommand((text) => printed += text);
  program.command("check <file>")
    .description("say what is wrong in a file, each fault with its line and column")
    .action(async (file: string) => void (answer = await check(file, context)));
  program.command("schema")
    .description("print the JSON Schema of the file, for editors")
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
  return new Command("k8svent config")
    .description("Ask about a configuration file, the one of --config. No cluster is needed.")
    .usage("check FILE | schema")
    .exitOverride()
    .configureOutput({
      writeOut: write,
      writeErr: () => {},
      getOutHelpWidth: () => COLUMNS,
      getOutHasColors: () => false,
    })
    .configureHelp({
      subcommandTerm: (command) => command.name() + (command.name() === "check" ? " FILE" : ""),
    })
    .helpCommand(false)
    .addHelpText("after", "\nExit code of check: 0 all is well, 2 something is wrong.");
}

/** Commander repeats what was typed. */
function explain({ code }: CommanderError): string {
  switch (code) {
    case "commander.missingArgument":
      return "k8svent config check needs the name of a file.";
    case "commander.excessArguments":
      return "This is one argument too many: k8svent config check FILE, or k8svent config schema.";
    default:
      return 'k8svent config has the commands check and schema. "k8svent config --help" shows them.';
  }
}

/** What is wrong with a file by itself, whatever flags and variables there are. */
async function check(file: string, context: CommandContext): Promise<Answer> {
  try {
    const argv = ["--config", file, "--once"];
    const given = readArguments(argv, () => undefined) as Map<FlagName, Given>;
    const config = await configOf(given, context);
    parseOptions(argv, () => undefined, config);
    const { endpoints = [], warnings = [] } = config ?? {};
    const data = `${file}: ${counted(endpoints.length, "endpoint")}, and nothing is wrong.\n`;
    return { ...say(data), remarks: warnings.map((warning) => `${warning}\n`).join("") };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { command: "answer", code: 2, data: "", remarks: `${error.messages.join("\n")}\n` };
  }
}

function say(data: string): Answer {
  return { command: "answer", code: 0, data, remarks: "" };
}
