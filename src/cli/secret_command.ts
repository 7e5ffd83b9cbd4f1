import { Buffer } from "node:buffer";
import { choice, count } from "../config/value.ts";
import { UsageError } from "../config/usage_error.ts";
import { ENCODED } from "../runtime/secret.ts";
import { type Answer, type CommandContext, say } from "./context.ts";
import { needed, type Tool, tool, type ToolPage, type Typed } from "./tool.ts";

/*
 * `k8svent secret generate`: a secret that every receiver can check by, without another program.
 */

const FORMATS = ["whsec", "hex"] as const;

const PAGE: ToolPage = {
  name: "k8svent secret generate",
  usage: "[--bytes N] [--format whsec|hex]",
  about: "Print a new signing secret, for --secret-file here and for the receiver.",
  flags: {
    bytes: { value: "N", help: "random bytes in it, 24 to 64", fallback: "32" },
    format: {
      value: "FORMAT",
      words: FORMATS,
      help: "whsec, as Standard Webhooks writes it, or hex, a plain text for receivers that know no whsec_",
      fallback: "whsec",
    },
  },
  examples: [
    "k8svent secret generate > secret",
    "kubectl create secret generic k8svent -n k8svent --from-file=secret=./secret",
  ],
  codes: "0 done, 2 something is wrong in the command line.",
};

/** `k8svent secret generate`. */
export const SECRET: Tool = {
  pages: [PAGE],
  carryOut: ([word = "--help", ...argv], context) => {
    if (word === "--help" || word === "-h") return GENERATE.carryOut(["--help"], context);
    if (word === "generate") return GENERATE.carryOut(argv, context);
    throw new UsageError('k8svent secret has one command: "k8svent secret generate".');
  },
};

const GENERATE = tool(PAGE, generate);

/** @throws {UsageError} */
function generate(typed: Typed, { random }: CommandContext): Answer {
  // Standard Webhooks 1.0 asks for 24 to 64 bytes, and libraries refuse other keys.
  const bytes = count(24, 64)(needed(typed, "bytes"), "--bytes");
  const format = choice(...FORMATS)(needed(typed, "format"), "--format");
  const key = Buffer.from(random(bytes));
  return say(format === "hex" ? `${key.toString("hex")}\n` : `${ENCODED}${key.toString("base64")}\n`);
}
