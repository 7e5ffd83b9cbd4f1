import { similar } from "../config/similar.ts";
import { UsageError } from "../config/usage_error.ts";
import { readArguments } from "./arguments.ts";
import { type Answer, checkFiles, type CommandContext, configOf } from "./context.ts";
import { type FlagName, FLAGS } from "./flags.ts";
import type { Job } from "./job.ts";
import { type Options, runOptionsOf } from "./options.ts";
import type { Operating } from "./operate_command.ts";
import type { Tool, Tools } from "./tool.ts";

/*
 * What the program is asked to do. The first word chooses a command; without one it runs, as the flags say. A command is
 * a module of its own that is loaded when it is asked for, as is what reads the configuration file: who needs neither
 * pays for neither.
 */

const operating = (name: Operating) => async (): Promise<Tool> =>
  (await import("./operate_command.ts")).OPERATE[name];

/** Every command, with the pages that help, completion and tests read. */
export const COMMANDS: Tools = {
  status: operating("status"),
  deliveries: operating("deliveries"),
  redeliver: operating("redeliver"),
  discard: operating("discard"),
  resync: operating("resync"),
  pause: operating("pause"),
  resume: operating("resume"),
  explain: async () => (await import("./explain_command.ts")).EXPLAIN,
  completion: async () => (await import("./completion_command.ts")).completionOf(COMMANDS),
  config: async () => (await import("./config_command.ts")).CONFIG,
  doctor: async () => (await import("./doctor_command.ts")).DOCTOR,
  "link-image": async () => (await import("./link_image_command.ts")).LINK_IMAGE,
  receive: async () => (await import("./receive_command.ts")).RECEIVE,
  secret: async () => (await import("./secret_command.ts")).SECRET,
  "send-test": async () => (await import("./send_test_command.ts")).SEND_TEST,
  tail: async () => (await import("./tail_command.ts")).TAIL,
  version: async () => (await import("./version_command.ts")).VERSION_TOOL,
  verify: async () => (await import("./verify_command.ts")).VERIFY,
};

/**
 * Turns the command line and the environment into what to do. The only file that it reads is the configuration.
 *
 * @param typed what follows the program's name
 * @throws {UsageError}
 */
export async function parseCommand(
  typed: string[],
  context: CommandContext,
): Promise<Options | Answer | Job> {
  const argv = asFlag(typed);
  const [word = "", ...rest] = argv;
  const load = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  if (load !== undefined) return await (await load()).carryOut(rest, context);
  checkWord(word);
  const given = readArguments(argv, context.env);
  if (!(given instanceof Map)) return given;
  const options = runOptionsOf(given, context.env, await configOf(given, context));
  checkFiles(options, given, context);
  return options;
}

/** `help status` and `status help` are `status --help`. @throws {UsageError} for what is no command */
function asFlag(typed: string[]): string[] {
  const [first = "", second = "", ...rest] = typed;
  if (first !== "help" || second === "" || second.startsWith("-")) {
    const isAsked = Object.hasOwn(COMMANDS, first) && second === "help" && rest.length === 0;
    return isAsked ? [first, "--help"] : typed;
  }
  if (Object.hasOwn(COMMANDS, second)) return [second, ...rest, "--help"];
  if (second === "help") return ["help"];
  checkWord(second);
  throw new UsageError('There is no such command. "k8svent --help" lists them all.');
}

/** A command that is misspelt. The word is not shown: it may be a webhook or a secret. */
function checkWord(word: string): void {
  if (word.startsWith("-") || word === "" || FLAGS.has(word as FlagName)) return;
  const near = similar(word, [...Object.keys(COMMANDS), "help"]);
  if (near === undefined || near === word) return;
  throw new UsageError(
    `There is no such command. Did you mean k8svent ${near}? "k8svent --help" lists them all.`,
  );
}
