import { parseTimeout } from "../config/duration.ts";
import { SCHEMES } from "../delivery/sign.ts";
import { type Answer, type CommandContext, say } from "./context.ts";
import type { SendTestOptions } from "./job.ts";
import { signatureKind } from "./signature_kind.ts";
import { OUTPUT, outputOf } from "./output.ts";
import { needed, readTool, secretsOf, type Tool, type ToolPage, webhookOf } from "./tool.ts";

/*
 * `k8svent send-test`: what it is to do. `src/app/trial.ts` does it.
 */

const PAGE: ToolPage = {
  name: "k8svent send-test",
  usage: "--url URL [flags]",
  about: "Send a test message to a webhook, once, and say what happened on the way.",
  flags: {
    url: { short: "u", value: "URL", help: "the webhook" },
    "secret-file": { value: "FILE", help: "sign with the secrets in this file, one per line" },
    signatures: {
      value: "KIND",
      words: SCHEMES,
      help: "sign with this kind alone: standard, github or atomist; repeatable",
    },
    timeout: { value: "DURATION", help: "how long the attempt may take", fallback: "15s" },
    output: OUTPUT,
  },
  examples: ["k8svent send-test --url https://hooks.example.com/pods --secret-file ./secret"],
  codes: "0 it was accepted, 1 it was not, 2 wrong usage.",
};

/** `k8svent send-test`. */
export const SEND_TEST: Tool = { pages: [PAGE], carryOut: parseSendTest };

/** @throws {UsageError} */
function parseSendTest(argv: string[], context: CommandContext): SendTestOptions | Answer {
  const typed = readTool(PAGE, argv);
  if (typed.kind === "help") return say(typed.text);
  const { values } = typed;
  const text = (name: string): string => needed(PAGE, values, name);
  const url = webhookOf(PAGE, values);
  const timeout = parseTimeout(text("timeout"), "--timeout");
  const signatures = values.get("signatures")?.map((kind) => signatureKind(kind, "--signatures"));
  return {
    command: "send-test",
    url,
    secrets: secretsOf(values, context)?.secrets ?? [],
    signatures: [...new Set(signatures ?? SCHEMES)],
    timeout,
    output: outputOf(PAGE, values),
  };
}
