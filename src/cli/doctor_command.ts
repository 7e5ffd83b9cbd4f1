import type { Config } from "../config/config.ts";
import { UsageError } from "../config/usage_error.ts";
import { checkFiles, type CommandContext, configOf } from "./context.ts";
import type { FlagName } from "./flags.ts";
import { type Given, last } from "./given.ts";
import type { DoctorOptions } from "./job.ts";
import { optionsOf } from "./options.ts";
import { otherRunFlags, runFlags, runFlagsGiven } from "./run_flags.ts";
import { OUTPUT, outputOf } from "./output.ts";
import { type Tool, tool, type ToolFlag, type ToolPage, type Typed } from "./tool.ts";

/*
 * `k8svent doctor`: what it is to examine. `src/app/doctor.ts` does it. It takes the command line of the run, whole: what is
 * examined is a run with these flags.
 */

const SHOWN: Readonly<Record<string, ToolFlag>> = {
  "no-send": { help: "send nothing to the webhooks" },
  output: OUTPUT,
  ...runFlags("config", "url", "secret-file", "namespace", "selector", "kubeconfig", "context", "state"),
};

const PAGE: ToolPage = {
  name: "k8svent doctor",
  usage: "[flags]",
  about: "Find out why k8svent does not work. Takes all flags of the run; changes nothing.",
  flags: { ...SHOWN, ...otherRunFlags(SHOWN) },
  examples: [
    "k8svent doctor --url https://hooks.example.com/pods --secret-file ./secret",
    "k8svent doctor --config k8svent.yaml --no-send",
    "kubectl exec -n k8svent deployment/k8svent -- k8svent doctor",
  ],
  codes: "0 all is well, warnings or not, 1 something is not, 2 wrong usage.",
};

/** `k8svent doctor`. */
export const DOCTOR: Tool = tool(PAGE, parseDoctor);

/** Flags that speak of endpoints which a wrong file would have named. */
const OF_ENDPOINTS: FlagName[] = ["config", "notices", "heartbeat"];

/** @throws {UsageError} */
async function parseDoctor(typed: Typed, context: CommandContext): Promise<DoctorOptions> {
  const given = runFlagsGiven(typed, context.env);
  const named = given.get("config");
  const { config, faults } = await readConfig(given, context);
  if (faults.length > 0) { for (const name of OF_ENDPOINTS) given.delete(name); }
  const options = optionsOf(given, context.env, config);
  checkFiles(options, given, context);
  return {
    command: "doctor",
    options,
    ...named !== undefined && { config: { file: last(named), faults } },
    sends: !typed.values.has("no-send"),
    output: outputOf(typed),
  };
}

/** The configuration file, or what is wrong with it: that is a finding, and the rest is examined all the same. */
async function readConfig(
  given: Map<FlagName, Given>,
  context: CommandContext,
): Promise<{ config: Config | undefined; faults: readonly string[] }> {
  try {
    return { config: await configOf(given, context), faults: [] };
  } catch (error) {
    if (error instanceof UsageError) return { config: undefined, faults: error.messages };
    throw error;
  }
}
