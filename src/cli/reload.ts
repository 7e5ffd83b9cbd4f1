import { UsageError } from "../config/usage_error.ts";
import { readArguments } from "./arguments.ts";
import { type CommandContext, configOf } from "./context.ts";
import type { FlagName } from "./flags.ts";
import type { Given } from "./given.ts";
import { type Options, runOptionsOf } from "./options.ts";

/** What stands in the options beside the endpoints, and follows from them or from the file's name. */
const NO_SETTINGS = ["command", "endpoints", "ofAnnotations", "config", "warnings", "names"];

/**
 * Reads the configuration file anew, with the flags and variables of the start.
 *
 * @param argv of the start
 * @param text what the file holds now
 * @param before the options of the start, with the endpoints as they are now
 * @returns the endpoints as they are from now on, the keys of the file that changed, too, and take effect at the next start, and
 * sentences about what looks like a slip
 * @throws {UsageError} where the file is wrong: what was read before stays
 */
export async function reloadConfig(
  argv: string[],
  context: CommandContext,
  text: string,
  before: Options,
): Promise<Pick<Options, "endpoints" | "warnings"> & { later: string[] }> {
  const given = readArguments(argv, context.env) as Map<FlagName, Given>;
  const config = await configOf(given, context, text);
  // Said here: that there is no webhook would be the advice for a start.
  if ((config?.endpoints ?? []).length === 0 && !given.has("url") && before.endpoints.length > 0) {
    throw new UsageError(
      `${before.config?.file} names no endpoints any more: those that there were stay. To stop, end k8svent.`,
    );
  }
  const after = runOptionsOf(given, context.env, config);
  return { endpoints: after.endpoints, warnings: after.warnings, later: changed(before, after) };
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
