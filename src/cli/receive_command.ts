import { parseDuration } from "../config/duration.ts";
import { UsageError } from "../config/usage_error.ts";
import { choice, count, text as anyText } from "../config/value.ts";
import type { CommandContext } from "./context.ts";
import type { ReceiveOptions } from "./job.ts";
import { needed, secretsOf, type Tool, tool, type ToolPage, type Typed } from "./tool.ts";

/*
 * `k8svent receive`: what it is to do. `src/app/receive.ts` does it.
 */

const OUTPUTS = ["line", "json"] as const;

const PAGE: ToolPage = {
  name: "k8svent receive",
  usage: "[flags]",
  about: "Receive deliveries on this machine, verify them, and print a line for each.",
  flags: {
    port: { value: "PORT", help: "where to listen", fallback: "8081" },
    host: { value: "HOST", help: "at which address of this machine", fallback: "127.0.0.1" },
    "secret-file": {
      value: "FILE",
      help: "verify with the secrets in this file; what fails is answered 401",
    },
    output: {
      short: "o",
      value: "FORMAT",
      words: OUTPUTS,
      help: "line, or json: the whole delivery, an object a line",
      fallback: "line",
    },
    answer: {
      value: "STATUS",
      help: "answer with this status; hangup closes without an answer",
      fallback: "200",
    },
    delay: { value: "DURATION", help: "wait before the answer", fallback: "0" },
    "retry-after": { value: "DURATION", help: "let the answer ask to wait" },
    every: { value: "N", help: "do these three for each Nth delivery alone", fallback: "1" },
    "exec-timeout": { value: "DURATION", help: "kill the command of --exec after this", fallback: "30s" },
    exec: {
      value: "CMD ARG...",
      takesRest: true,
      help:
        "for each verified delivery run this command, without a shell: the body is its standard input, a header " +
        "such as webhook-id the variable K8SVENT_HEADER_WEBHOOK_ID. One runs at a time. If it fails, the answer is 500. " +
        "Takes the rest of the line",
    },
  },
  examples: [
    "k8svent receive --secret-file ./secret",
    "k8svent receive --answer 503 --every 3 --retry-after 5s",
    "k8svent receive --secret-file ./secret --exec jq .pod.metadata.name",
  ],
  codes: "0 ended by a signal, 1 it cannot listen or print, 2 wrong usage.",
};

/** `k8svent receive`. */
export const RECEIVE: Tool = tool(PAGE, parseReceive);

/** @throws {UsageError} */
function parseReceive(typed: Typed, context: CommandContext): ReceiveOptions {
  const { values } = typed;
  const text = (name: string): string => needed(typed, name);
  const secrets = secretsOf(typed, context)?.secrets ?? [];
  const exec = values.get("exec");
  if (exec !== undefined && secrets.length === 0) {
    throw new UsageError(
      "--exec runs a command for verified deliveries alone: name the secret with --secret-file.",
    );
  }
  const retryAfter = values.get("retry-after")?.at(-1);
  return {
    command: "receive",
    host: anyText(text("host"), "--host").replace(/^\[(.*)\]$/, "$1"),
    port: count(0, 65_535)(text("port"), "--port"),
    secrets,
    output: choice(...OUTPUTS)(text("output"), "--output"),
    answer: {
      status: statusOf(text("answer")),
      delay: parseDuration(text("delay"), "--delay"),
      ...retryAfter !== undefined && { retryAfter: parseDuration(retryAfter, "--retry-after") },
      every: count(1, 999_999)(text("every"), "--every"),
    },
    ...exec !== undefined && {
      exec: { argv: exec, timeout: parseDuration(text("exec-timeout"), "--exec-timeout") },
    },
  };
}

function statusOf(text: string): number | "hang up" {
  if (text === "hangup") return "hang up";
  if (/^[2-5]\d\d$/.test(text)) return Number(text);
  throw new UsageError("--answer must be a status from 200 to 599, or hangup.");
}
