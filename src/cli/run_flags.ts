import type { Env } from "../runtime/environment.ts";
import { givenOf } from "./arguments.ts";
import { type Flag, type FlagName, FLAGS, helpOf } from "./flags.ts";
import type { Given } from "./given.ts";
import type { ToolFlag, Typed } from "./tool.ts";

/*
 * Flags of the run in a command that does a part of its work: spelled, described and checked as there, with the same
 * variables.
 */

/** These flags of the run, for the page of a command, in this order. */
export function runFlags(...names: FlagName[]): Record<string, ToolFlag> {
  return Object.fromEntries(names.map((name) => [name, toolFlag(FLAGS.get(name))]));
}

/** All others, which a command takes so that the command line of the run can be given to it, and does not show. */
export function otherRunFlags(shown: Readonly<Record<string, ToolFlag>>): Record<string, ToolFlag> {
  const names = [...FLAGS.keys()].filter((name) => shown[name] === undefined);
  return Object.fromEntries(
    Object.entries(runFlags(...names)).map(([name, flag]) => [name, { ...flag, isHidden: true }]),
  );
}

/** What the flags of the run were given that are among those of a command. @throws {UsageError} */
export function runFlagsGiven(
  { page: { flags }, values }: Typed,
  env: Env,
): Map<FlagName, Given> {
  return givenOf((name) => values.get(name), [...FLAGS].filter(([name]) => flags[name] !== undefined), env);
}

/** Its fallback is part of what the help says alone: a flag that is not given must not win over its variable. */
function toolFlag(
  flag: Flag = { variables: [], help: "" },
): ToolFlag {
  const { short, value, words } = flag;
  return {
    ...short !== undefined && { short },
    ...value !== undefined && { value },
    ...words !== undefined && { words },
    help: helpOf(flag),
  };
}
