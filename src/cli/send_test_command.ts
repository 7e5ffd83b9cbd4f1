import { parseTimeout } from "../config/duration.ts";
import { SCHEMES } from "../delivery/sign.ts";
import type { CommandContext } from "./context.ts";
import type { SendTestOptions } from "./job.ts";
import { signatureKind } from "./signature_kind.ts";
import { OUTPUT, outputOf } from "./output.ts";
import { needed, secretsOf, type Tool, tool, type ToolPage, type Typed, webhookOf } from "./tool.ts";

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
export const SEND_TEST: Tool = tool(PAGE, parseSendTest);

/** @throws {UsageError} */
function parseSendTest(typed: Typed, context: CommandContext): SendTestOptions {
  const url = webhookOf(typed);
  const timeout = parseTimeout(needed(typed, "timeout"), "--timeout");
  const signatures = typed.values.get("signatures")?.map((kind) => signatureKind(kind, "--signatures"));
  return {
    command: "send-test",
    url,
    secrets: secretsOf(typed, context)?.secrets ?? [],
    signatures: [...new Set(signatures ?? SCHEMES)],
    timeout,
    output: outputOf(typed),
  };
}
