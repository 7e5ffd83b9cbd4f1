import { UsageError } from "../config/usage_error.ts";
import { type CommandContext, configOf } from "./context.ts";
import type { ExplainOptions } from "./job.ts";
import { reachOf } from "./operate_command.ts";
import { REACH } from "./operate_pages.ts";
import { optionsOf } from "./options.ts";
import { otherRunFlags, runFlags, runFlagsGiven } from "./run_flags.ts";
import { type Tool, tool, type ToolFlag, type ToolPage, type Typed } from "./tool.ts";

/*
 * `k8svent explain pod`: which pod, and by which flags it is judged where no program can be asked. `src/app/explain.ts` does it.
 */

const SHOWN: Record<string, ToolFlag> = {
  ...REACH,
  ...runFlags("config", "url", "pod-webhooks", "namespace", "selector", "reasons", "kubeconfig", "context"),
};

/** The whole command line of the run may follow. */
const PAGE: ToolPage = {
  name: "k8svent explain",
  usage: "pod NS/NAME [flags]",
  about:
    "Say whether a pod would be sent, where, and by which rule; what is pending, and what was sent. Where no " +
    "program answers, it is judged by the flags of the run that are given here, and read from the cluster.",
  operands: ["[pod]", "[NS/NAME]"],
  flags: { ...SHOWN, ...otherRunFlags(SHOWN) },
  examples: [
    "k8svent explain pod shop/web-0",
    "k8svent explain pod/web-0 -n shop",
    "k8svent explain pod shop/web-0 --config k8svent.yaml",
  ],
  codes: "0 it is explained, 1 it cannot be, 2 wrong usage.",
};

/** `k8svent explain`. */
export const EXPLAIN: Tool = tool(PAGE, parseExplain);

/** @throws {UsageError} */
async function parseExplain(typed: Typed, context: CommandContext): Promise<ExplainOptions> {
  const given = runFlagsGiven(typed, context.env);
  return {
    command: "explain",
    ...podOf(typed.operands, typed.values.get("namespace") ?? []),
    ...reachOf(typed, context),
    options: optionsOf(given, context.env, await configOf(given, context)),
  };
}

/**
 * `pod shop/web-0`, or `shop/web-0` alone; as with kubectl, `pod/web-0` and `pod web-0` with `-n shop`.
 *
 * @param namespaces those of `--namespace`
 * @throws {UsageError}
 */
function podOf(
  operands: readonly string[],
  namespaces: readonly string[],
): { namespace: string; name: string } {
  const words = operands.flatMap((operand) => operand.split("/"));
  const isKind = /^(pods?|po)$/.test(words[0] ?? "");
  const named = isKind ? words.slice(1) : words;
  const [namespace = "", name = "", ...rest] = named.length === 1 && namespaces.length === 1
    ? [...namespaces, ...named]
    : named;
  const isWhole = NAMESPACE.test(namespace) && NAME.test(name) && rest.length === 0;
  if (isWhole && (isKind || operands.length === 1)) return { namespace, name };
  throw new UsageError("Which pod? Name it with its namespace: k8svent explain pod NS/NAME.");
}

/** A DNS label (RFC 1123). Both become part of a request's path. */
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Of a pod: a DNS subdomain. */
const NAME = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;
