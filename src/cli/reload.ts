import { UsageError } from "../config/usage_error.ts";
import type { Endpoint } from "../route/endpoint.ts";
import type { EndpointSettings } from "../route/endpoint_settings.ts";
import { readArguments } from "./arguments.ts";
import { type CommandContext, configOf } from "./context.ts";
import type { FlagName } from "./flags.ts";
import type { Given } from "./given.ts";
import { type Options, runOptionsOf } from "./options.ts";

/** What a changed configuration file leads to while the program runs. */
export type Reloaded =
  | {
    kind: "endpoints";
    /** With the settings that hold from now on. */
    endpoints: Endpoint[];
    ofAnnotations: EndpointSettings;
    /** Keys of the file that changed, too, and take effect at the next start. */
    later: string[];
    warnings: string[];
  }
  /** The file is wrong: what was read before stays. A sentence each, with its place. */
  | { kind: "faults"; faults: readonly string[] };

/** What stands in the options beside the endpoints, and follows from them or from the file's name. */
const NO_SETTINGS = ["command", "endpoints", "ofAnnotations", "config", "warnings"];

/**
 * Reads the configuration file anew, with the flags and variables of the start.
 *
 * @param argv of the start
 * @param text what the file holds now
 * @param before the options of the start, with the endpoints as they are now
 */
export async function reloadConfig(
  argv: string[],
  context: CommandContext,
  text: string,
  before: Options,
): Promise<Reloaded> {
  try {
    const given = readArguments(argv, context.env) as Map<FlagName, Given>;
    const config = await configOf(given, context, text);
    // Said here: that there is no webhook would be the advice for a start.
    if ((config?.endpoints ?? []).length === 0 && !given.has("url") && before.endpoints.length > 0) {
      const fault =
        `${before.config?.file} names no endpoints any more: those that there were stay. To stop, end k8svent.`;
      return { kind: "faults", faults: [fault] };
    }
    const after = runOptionsOf(given, context.env, config);
    const { endpoints, ofAnnotations, warnings } = after;
    return { kind: "endpoints", endpoints, ofAnnotations, later: changed(before, after), warnings };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { kind: "faults", faults: error.messages };
  }
}

function changed(before: Options, after: Options): string[] {
  const settings = (options: Options): [string, unknown][] => {
    const { update: { mode, interval, ...update }, ...rest } = options;
    return Object.entries({ ...rest, ...update, update: mode, updateInterval: interval });
  };
  const known = new Map(settings(before));
  const now = new Map(settings(after));
  const differs = (key: string): boolean => JSON.stringify(known.get(key)) !== JSON.stringify(now.get(key));
  const keys = [...new Set([...known.keys(), ...now.keys()])].filter((key) => !NO_SETTINGS.includes(key));
  // Of the webhooks of annotations, whose workers are not changed.
  const ofAnnotations = after.podWebhooks.length > 0 && differs("ofAnnotations") ? ["defaults"] : [];
  return [...keys.filter(differs), ...ofAnnotations];
}
