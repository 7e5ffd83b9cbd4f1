import type { Given } from "./arguments.ts";
import { type FlagName, FLAGS } from "./flags.ts";
import { quote, UsageError } from "../config/usage_error.ts";

/** Takes the text of one value and the flag or variable that it came from, for the error. */
export type Parse<T> = (text: string, from: string) => T;

/** Where a flag that takes one value is given twice, the last one counts, as everywhere. */
export function last(given: Given): string {
  return given.values.at(-1) ?? "";
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
  return [...new Set(found?.values.map((value) => parse(value, found.from)))];
}

/** `exactOptionalPropertyTypes`: an absent option is an absent property. */
export function defined<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };
}

/** What a switch may be set to in the environment. */
export function parseSwitch(value: string, from: string): boolean {
  if (/^(true|1|yes|on)$/i.test(value)) return true;
  if (/^(false|0|no|off)$/i.test(value)) return false;
  throw new UsageError(`${from} must be true or false, not ${quote(value)}.`);
}
