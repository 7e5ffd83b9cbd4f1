import { similar } from "../config/similar.ts";
import { UsageError } from "../config/usage_error.ts";
import { readArguments } from "./arguments.ts";
import { type Answer, checkFiles, type CommandContext, configOf } from "./context.ts";
import { type FlagName, FLAGS } from "./flags.ts";
import type { Job } from "./job.ts";
import { type HelpRequested, type Options, parseOptions, type VersionRequested } from "./options.ts";
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
  explain: async () => {
    const { EXPLAIN_PAGE, parseExplain } = await import("./explain_command.ts");
    return { pages: [EXPLAIN_PAGE], carryOut: parseExplain };
  },
  completion: async () => {
    const { answerCompletion, COMPLETION_PAGES } = await import("./completion_command.ts");
    return { pages: COMPLETION_PAGES, carryOut: (argv) => answerCompletion(argv, COMMANDS) };
  },
  config: async () => {
    const { answerConfig, CONFIG_PAGES } = await import("./config_command.ts");
    return { pages: CONFIG_PAGES, carryOut: answerConfig };
  },
  doctor: async () => {
    const { DOCTOR_PAGE, parseDoctor } = await import("./doctor_command.ts");
    return { pages: [DOCTOR_PAGE], carryOut: parseDoctor };
  },
  "link-image": async () => {
    const { LINK_IMAGE_PAGE, parseLinkImage } = await import("./link_image_command.ts");
    return { pages: [LINK_IMAGE_PAGE], carryOut: parseLinkImage };
  },
  receive: async () => {
    const { parseReceive, RECEIVE_PAGE } = await import("./receive_command.ts");
    return { pages: [RECEIVE_PAGE], carryOut: parseReceive };
  },
  secret: async () => {
    const { answerSecret, SECRET_PAGE } = await import("./secret_command.ts");
    return { pages: [SECRET_PAGE], carryOut: answerSecret };
  },
  "send-test": async () => {
    const { parseSendTest, SEND_TEST_PAGE } = await import("./send_test_command.ts");
    return { pages: [SEND_TEST_PAGE], carryOut: parseSendTest };
  },
  tail: async () => {
    const { parseTail, TAIL_PAGE } = await import("./tail_command.ts");
    return { pages: [TAIL_PAGE], carryOut: parseTail };
  },
  verify: async () => {
    const { answerVerify, VERIFY_PAGE } = await import("./verify_command.ts");
    return { pages: [VERIFY_PAGE], carryOut: answerVerify };
  },
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
): Promise<Options | HelpRequested | VersionRequested | Answer | Job> {
  const argv = asFlag(typed);
  const [word = "", ...rest] = argv;
  const load = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  if (load !== undefined) return await (await load()).carryOut(rest, context);
  checkWord(word);
  const given = readArguments(argv, context.env);
  const config = "kind" in given ? undefined : await configOf(given, context);
  const options = parseOptions(argv, context.env, config);
  if (options.command === "run") checkFiles(options, context);
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
  const near = similar(word, [...Object.keys(COMMANDS), "help", "version"]);
  if (near === undefined || near === word) return;
  throw new UsageError(
    `There is no such command. Did you mean k8svent ${near}? "k8svent --help" lists them all.`,
  );
}
