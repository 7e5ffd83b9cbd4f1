import type { Given } from "./given.ts";
import type { FlagName } from "./flags.ts";

/*
 * Sentences of the program name a setting by its flag. Whoever gave it by a variable, or in the configuration file, would look
 * for a flag in vain: it is named by what they gave.
 */

/** What settings were given by, where that is not their flag. */
export type GivenNames = ReadonlyMap<string, string>;

/** The names of settings, for `inGivenNames`. */
export function givenNames(given: ReadonlyMap<FlagName, Given>): GivenNames {
  return new Map(
    [...given].filter(([, { from }]) => !from.startsWith("--")).map(([flag, { from }]) => {
      const [, place, key] = /^(.*:\d+:\d+): (\w+)$/.exec(from) ?? [];
      return [flag, place === undefined ? from : `${key} (${place})`];
    }),
  );
}

/** A sentence that names flags, with the names that were given; a command of kubectl behind it stays what it is. */
export function inGivenNames(sentence: string, names: GivenNames): string {
  const [own = "", ...commands] = sentence.split(/(?=\bkubectl )/);
  return own.replace(FLAG, (written, flag) => names.get(flag) ?? written) + commands.join("");
}

/** A flag, and what stands for its value: `--state`, `--kubeconfig FILE`. */
const FLAG = /(?<![\w-])--([a-z][a-z-]*)(?: [A-Z][A-Z:]+\b)?/g;
