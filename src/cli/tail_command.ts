import type { Config } from "../config/config.ts";
import { UsageError } from "../config/usage_error.ts";
import { choice, reason } from "../config/value.ts";
import { type CommandContext, configOf } from "./context.ts";
import type { FlagName } from "./flags.ts";
import { type Given, list } from "./given.ts";
import type { TailOptions } from "./job.ts";
import { optionsOf } from "./options.ts";
import { runFlags, runFlagsGiven } from "./run_flags.ts";
import { needed, type Tool, tool, type ToolFlag, type ToolPage, type Typed } from "./tool.ts";

/*
 * `k8svent tail`: what it is to follow. `src/app/tail.ts` does it.
 */

const OUTPUTS = ["text", "wide", "json", "json-wide"] as const;

const PAGE: ToolPage = {
  name: "k8svent tail",
  usage: "[flags]",
  about: "Print the changes of pods as they come, without a webhook.",
  flags: {
    ...runFlags("namespace"),
    "all-namespaces": {
      short: "A",
      help: "all namespaces, whatever a variable or the file of --config names",
    },
    ...changed(runFlags("selector"), { short: "l" }),
    ...runFlags("field-selector", "exclude-namespace"),
    ...changed(runFlags("reasons"), {
      help: "only changes with this reason (terminated, ready, ...) [K8SVENT_REASONS, a list]",
    }),
    current: { help: "print each pod as it is first" },
    output: {
      short: "o",
      value: "FORMAT",
      words: OUTPUTS,
      help: "text, wide (with node and address), json (an object a line) or json-wide (with the pod)",
      fallback: "text",
    },
    ...runFlags("kubeconfig", "context"),
    ...changed(runFlags("config"), {
      help: "namespaces, selectors and cluster as in this file [K8SVENT_CONFIG]",
    }),
    ...runFlags("log-level"),
    ...changed(runFlags("log-format"), {
      help: "how it says on stderr what becomes of the cluster; text by default [K8SVENT_LOG_FORMAT]",
    }),
  },
  examples: [
    "k8svent tail",
    "k8svent tail -n shop -l app=web --reasons terminated --reasons waiting",
    "k8svent tail -A -o json | jq -r .name",
  ],
  codes: "130 ended by Ctrl-C, 0 by a pipe that is closed, 1 it cannot follow,\n2 wrong usage.",
};

/** `k8svent tail`. */
export const TAIL: Tool = tool(PAGE, parseTail);

function changed(flags: ToolPage["flags"], what: Partial<ToolFlag>): ToolPage["flags"] {
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, ...what }]));
}

/** What the configuration file says in the place of these flags: as nothing is sent, the rest has no effect. */
async function selectionIn(
  given: Map<FlagName, Given>,
  context: CommandContext,
): Promise<Config | undefined> {
  const config = await configOf(given, context);
  if (config === undefined) return undefined;
  const flags = new Map([...config.flags].filter(([name]) => PAGE.flags[name] !== undefined));
  return { ...config, flags, endpoints: [], defaults: {} };
}

/** @throws {UsageError} */
async function parseTail(typed: Typed, context: CommandContext): Promise<TailOptions> {
  const { values } = typed;
  const given = runFlagsGiven(typed, context.env);
  const config = await selectionIn(given, context);
  const isAll = values.has("all-namespaces");
  if (isAll && values.has("namespace")) {
    throw new UsageError("--all-namespaces and --namespace exclude each other: keep one of them.");
  }
  const options = optionsOf(given, context.env, config);
  return {
    command: "tail",
    options: isAll ? { ...options, namespaces: [] } : options,
    reasons: list(given, "reasons", reason),
    current: values.has("current"),
    output: choice(...OUTPUTS)(needed(typed, "output"), "--output"),
  };
}
