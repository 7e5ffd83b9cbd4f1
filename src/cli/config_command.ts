import schema from "../../docs/config.schema.json" with { type: "json" };
import { REASONS } from "../change/reasons.ts";
import { similar } from "../config/similar.ts";
import { reason } from "../config/value.ts";
import { UsageError } from "../config/usage_error.ts";
import { fileFault } from "../runtime/file_fault.ts";
import { counted } from "../runtime/wording.ts";
import { readArguments } from "./arguments.ts";
import { type Answer, type CommandContext, configOf, say } from "./context.ts";
import type { FlagName } from "./flags.ts";
import type { Given } from "./given.ts";
import { type Options, optionsOf } from "./options.ts";
import { needed, type Tool, tool, type ToolPage, type Typed } from "./tool.ts";

/*
 * `k8svent config`: what there is to ask about a configuration file, without a cluster and without a webhook.
 */

const CODES = "0 done, 2 something is wrong.";

const CHECK: ToolPage = {
  name: "k8svent config check",
  usage: "FILE",
  about: "Say what is wrong in a file, each fault with its line and column.",
  flags: {},
  operands: ["FILE"],
  examples: ["k8svent config check k8svent.yaml"],
  codes: CODES,
  takesFile: true,
};

const TRY: ToolPage = {
  name: "k8svent config try",
  usage: "FILE --pod POD [--reasons LIST]",
  about: "Say for each endpoint whether a pod would be sent to it, and by which rule.",
  flags: {
    pod: { value: "POD", help: "a file with what kubectl get pod NAME -o json prints", takesFile: true },
    reasons: {
      value: "LIST",
      help: "why it would be sent, with commas between: ready,restarted",
      fallback: "sync",
      words: REASONS,
    },
  },
  operands: ["FILE"],
  examples: [
    "kubectl get pod -n shop web-0 -o json > pod.json",
    "k8svent config try k8svent.yaml --pod pod.json --reasons ready",
  ],
  codes: CODES,
  takesFile: true,
};

const SCHEMA: ToolPage = {
  name: "k8svent config schema",
  usage: "> FILE",
  about: "Print the JSON Schema of the file, for editors.",
  flags: {},
  examples: ["k8svent config schema > k8svent.schema.json"],
  codes: CODES,
};

const PAGE: ToolPage = {
  name: "k8svent config",
  usage: "check FILE | try FILE --pod POD | schema",
  about: "Ask about a configuration file, the one of --config. No cluster is needed.",
  flags: {},
  commands: [CHECK, TRY, SCHEMA],
  examples: ["k8svent config check k8svent.yaml"],
  codes: CODES,
};

/** `k8svent config` and its commands. */
export const CONFIG: Tool = {
  pages: [PAGE, CHECK, TRY, SCHEMA],
  carryOut: ([word = "--help", ...argv], context) => {
    if (word === "--help" || word === "-h") return tool(PAGE, () => say("")).carryOut(["--help"], context);
    const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
    if (command === undefined) throw new UsageError(otherThan(word));
    return command.carryOut(argv, context);
  },
};

const COMMANDS: Readonly<Record<string, Tool>> = {
  check: tool(CHECK, ({ operands: [file = ""] }, context) => check(file, context)),
  try: tool(TRY, tryPod),
  schema: tool(SCHEMA, () => say(`${JSON.stringify(schema, undefined, 2)}\n`)),
};

/** The word is not shown: it may be a secret. */
function otherThan(word: string): string {
  const near = similar(word, Object.keys(COMMANDS));
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  return `k8svent config has the commands check, try and schema.${hint} "k8svent config --help" shows them.`;
}

/** What a file comes to by itself, whatever flags and variables there are. @throws {UsageError} */
async function readAlone(
  file: string,
  context: CommandContext,
): Promise<{ options: Options; slips: readonly string[] }> {
  const nowhere = (): undefined => undefined;
  // Without endpoints it can be right, too.
  const given = readArguments(["--config", file, "--once"], nowhere) as Map<FlagName, Given>;
  const config = await configOf(given, context);
  return { options: optionsOf(given, nowhere, config), slips: config?.warnings ?? [] };
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

/** @throws {UsageError} */
async function tryPod(typed: Typed, context: CommandContext): Promise<Answer> {
  const [file = ""] = typed.operands;
  const [pod, reasons] = [needed(typed, "pod"), needed(typed, "reasons")];
  const { options } = await readAlone(file, context);
  const { endpoints, cluster, environment, namespaces, excludeNamespaces, selector, fieldSelector } = options;
  const { tryFile } = await import("./try_file.ts");
  const lines = await tryFile(endpoints, {
    pod: readPod(pod, context),
    reasons: reasons.split(",").map((text) => reason(text.trim(), "--reasons")),
    cluster,
    environment,
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
