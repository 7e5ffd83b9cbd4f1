import { type FlagName, FLAGS } from "./flags.ts";
import { UsageError } from "../config/usage_error.ts";
import { partsOf } from "../config/value.ts";

/** What a person gave for one flag, still as text, and where: `--url` or `K8SVENT_WEBHOOKS`. */
export interface Given {
  values: string[];
  from: string;
}

/** Takes the text of one value and the flag or variable that it came from, for the error. */
export type Parse<T> = (text: string, from: string) => T;

/** Where a flag that takes one value is given twice, the last one counts, as everywhere. */
export function last(given: Given): string {
  return given.values.at(-1) ?? "";
}

/** What a person gave a flag by, for an error: the flag itself, its variable, or a key of the configuration file. */
export function fromOf(given: Map<FlagName, Given>, name: FlagName): string {
  return given.get(name)?.from ?? `--${name}`;
}

/** What a flag was given, if it was. */
export function optional<T>(given: Map<FlagName, Given>, name: FlagName, parse: Parse<T>): T | undefined {
  const found = given.get(name);
  return found && parse(last(found), found.from);
}

/** What a flag was given, else its fallback. */
export function required<T>(given: Map<FlagName, Given>, name: FlagName, parse: Parse<T>): T {
  const found = given.get(name) ?? { values: [FLAGS.get(name)?.fallback ?? ""], from: `--${name}` };
  return parse(last(found), found.from);
}

/** All that a flag was given, without repetition. */
export function list<T>(given: Map<FlagName, Given>, name: FlagName, parse: Parse<T>): T[] {
  const found = given.get(name);
  return [...new Set(found?.values.map((value) => entry(value, found.from, parse)))];
}

/** One entry. A flag takes one at a time, though its variable takes a list: who gives a list to it learns so. */
function entry<T>(value: string, from: string, parse: Parse<T>): T {
  try {
    return parse(value, from);
  } catch (error) {
    if (!(error instanceof UsageError) || /repeat the flag/.test(error.message)) throw error;
    const isEntry = (part: string): boolean => {
      try {
        return parse(part, from) !== undefined;
      } catch {
        return false;
      }
    };
    throw new UsageError(error.message + oneByOne(value, from, isEntry), { cause: error });
  }
}

/** A sentence for a list that was given to a flag at once, with a space before it; empty where it was none. */
export function oneByOne(value: string, from: string, isEntry: (part: string) => boolean): string {
  const parts = partsOf(value);
  if (parts.length < 2 || !from.startsWith("--")) return "";
  // Whatever is no entry is not shown again: it may be anything.
  const shown = parts.filter(isEntry).slice(0, 3).map((part) => `${from} ${part}`);
  return ` The flag takes one at a time; repeat it${shown.length < 2 ? "." : `: ${shown.join(" ")}`}`;
}

/** `exactOptionalPropertyTypes`: an absent option is an absent property. */
export function defined<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };
}
