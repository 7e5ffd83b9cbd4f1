import { type Reason, REASONS } from "../change/reasons.ts";
import { parseHostPattern } from "../route/host_pattern.ts";
import { hostFault } from "../runtime/host_name.ts";
import { alternatives, enumerated } from "../runtime/wording.ts";
import { similar } from "./similar.ts";
import { quote, UsageError } from "./usage_error.ts";

/** Each takes the text of one value and the flag or variable that it came from, for the error. */

/** @throws {UsageError} for blank text. */
export function text(value: string, from: string): string {
  if (value.trim() === "") {
    throw new UsageError(`${from} is set but empty: give it a value, or leave it out.`);
  }
  return value;
}

/** What names a thing: a file, a context, a client. What stands around it would be a part of it. @throws {UsageError} */
export function name(value: string, from: string): string {
  if (!/^\s|\s$|\p{Cc}/u.test(text(value, from))) return value;
  throw new UsageError(
    `${from} has white space around it or a line break in it, which would be part of it: write it on one line ` +
      "(in YAML without | and >).",
  );
}

/** A name of a file, as it stands in one: no shell has seen it. @throws {UsageError} */
export function path(value: string, from: string): string {
  if (!/^~\w*\//.test(name(value, from))) return value;
  throw new UsageError(`${from} begins with ~, which only a shell fills in: write the path out.`);
}

/** One of a few words. */
export function choice<T extends string>(...words: T[]): (value: string, from: string) => T {
  return (value, from) => {
    const word = words.find((word) => word === value);
    if (word !== undefined) return word;
    throw new UsageError(
      `${from} must be ${alternatives(words)}, not ${quote(value)}.${hintAt(value, words)}`,
    );
  };
}

/** The near match; of a list, that of each word which is none of them. */
export function hintAt(value: string, words: readonly string[]): string {
  const wrong = partsOf(value).filter((part) => !words.includes(part));
  const near = [...new Set(wrong.flatMap((part) => similar(part, words) ?? []))];
  return near.length === 0 ? "" : ` Did you mean ${enumerated(near)}?`;
}

/** The entries of a text that is written as a list. */
export function partsOf(value: string): string[] {
  return value.split(/[\s,;|+]+/).filter(Boolean);
}

/** A whole number between two, both included. */
export function count(least: number, most: number): (value: string, from: string) => number {
  return (value, from) => {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
    if (number >= least && number <= most) return number;
    throw new UsageError(`${from} must be a whole number from ${least} to ${most}, not ${quote(value)}.`);
  };
}

/** A namespace is a DNS label (RFC 1123), and it becomes part of a request's path. */
export function namespace(value: string, from: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)) return value;
  throw new UsageError(
    `${from} must be the name of one namespace, not ${
      quote(value)
    }; give another one by itself, or leave it out ` +
      "for all.",
  );
}

/** Printable ASCII that neither begins nor ends with a space: what a header can carry unchanged (RFC 9110). */
export function headerText(value: string, from: string): string {
  if (/^[!-~]([ -~]{0,254}[!-~])?$/.test(value)) return value;
  throw new UsageError(
    `${from} must be 1 to 256 printable ASCII characters, because it is sent as a header.`,
  );
}

/** What `route/host_pattern.ts` can read. */
export function hostPattern(value: string, from: string): string {
  if (/[/?@,;]/.test(value)) {
    throw new UsageError(
      `${from} must be one host such as hooks.example.com, without scheme, user and path; give another one by itself.`,
    );
  }
  let host: string;
  try {
    host = parseHostPattern(value).host;
  } catch (cause) {
    throw new UsageError(`${from}: ${(cause as Error).message}`, { cause });
  }
  const fault = hostFault(host);
  if (fault !== undefined) throw new UsageError(`${from} ${fault}.`);
  return value;
}

/** An endpoint's name stands in logs, metrics and the store, so it is a plain word. */
export function isEndpointName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text);
}

/** Why a message is sent. */
export const reason: (value: string, from: string) => Reason = choice(...REASONS);

/** The name of an environment variable. */
export function environmentName(value: string, from: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) return value;
  throw new UsageError(`${from} must be the name of an environment variable, not ${quote(value)}.`);
}
