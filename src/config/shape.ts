// deno-lint-ignore-file explicit-function-return-type -- the type of a schema is the schema once more
import * as v from "valibot";
import { kindOf, PLACE } from "./sentence.ts";
import { UsageError } from "./usage_error.ts";
import { choice } from "./value.ts";

/*
 * The pieces that the schema is made of: what each takes, how the JSON Schema describes it, and what is said of anything
 * else. The words of a fault are always ours, since valibot's show the value.
 */

/** Takes a text and the place that it came from, for the error. */
type Parse<T> = (text: string, from: string) => T;

type Issue = v.BaseIssue<unknown>;

function wanted(what: string): (issue: Issue) => string {
  return ({ input }) => {
    if (input === null) return `${PLACE} has no value: give it ${what}, or leave it out.`;
    const isDressed = typeof input === "string" && /^\d+$/.test(input) && /number/.test(what);
    const hint = isDressed
      ? ": leave out the quotes"
      : isBare(input) && what === "text"
      ? ": put it in quotes"
      : "";
    return `${PLACE} must be ${what}, not ${kindOf(input)}${hint}.`;
  };
}

/** What YAML takes for something else than text only because it has no quotes. */
function isBare(input: unknown): boolean {
  return typeof input === "number" || typeof input === "boolean";
}

/** What a text or a number means; a `UsageError` is its fault. */
function meaning<I extends string | number, T>(parse: Parse<T>) {
  return v.rawTransform<I, T>(({ dataset: { value }, addIssue, NEVER }) => {
    try {
      return parse(String(value), PLACE);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      addIssue({ message: error.message });
      return NEVER;
    }
  });
}

/** A text. @param what it is, for who gives something else */
export function text<T>(description: string, parse: Parse<T>, what = "text") {
  return v.pipe(v.string(wanted(what)), v.description(description), meaning<string, T>(parse));
}

/** What is measured: a number alone will do for nothing, and for bytes. */
const MEASURES = {
  duration: "a duration such as 15s, 2m or 1h30m",
  size: "a size such as 64Mi or 1Gi",
};

/** A duration or a size. */
export function measure<T>(description: string, parse: Parse<T>, what: keyof typeof MEASURES) {
  return v.pipe(
    v.union([v.string(), v.number()], wanted(MEASURES[what])),
    v.title(what),
    v.description(description),
    meaning<string | number, T>(parse),
  );
}

/** One of a few words. */
export function word<const W extends string>(description: string, ...words: W[]) {
  return v.pipe(v.picklist(words, oneOf(words)), v.description(description));
}

function oneOf<const W extends string>(words: W[]): (issue: Issue) => string {
  const parse = choice(...words);
  return (issue) => {
    if (typeof issue.input !== "string") {
      return wanted(`${words.join(", ").replace(/, ([^,]*)$/, " or $1")}`)(issue);
    }
    try {
      return parse(issue.input, PLACE);
    } catch (error) {
      return (error as Error).message;
    }
  };
}

/** `true` or `false`. */
export function flag(description: string) {
  return v.pipe(v.boolean(wantedFlag), v.description(description));
}

/** YAML 1.1 and Helm have other words for them, and templates put them in quotes. */
function wantedFlag(issue: Issue): string {
  const { input } = issue;
  const [, on, off] =
    /^(?:(true|y|yes|on)|(false|n|no|off))$/i.exec(typeof input === "string" ? input : "") ?? [];
  if (on === undefined && off === undefined) return wanted("true or false")(issue);
  return `${PLACE} must be true or false, not text: write ${
    on === undefined ? "false" : "true"
  }, without quotes.`;
}

/** A number between two. */
export function number(description: string, least: number, most: number, isWhole: boolean) {
  const what = `${isWhole ? "a whole number" : "a number"} from ${least} to ${most}`;
  const bad = `${PLACE} must be ${what}.`;
  const pipe = v.pipe(
    v.number(wanted(what)),
    v.description(description),
    v.minValue(least, bad),
    v.maxValue(most, bad),
  );
  return isWhole ? v.pipe(pipe, v.integer(bad)) : pipe;
}

/** A list. @param least how many it must have */
export function list<const S extends v.GenericSchema>(description: string, item: S, least = 0, why = "") {
  const array = v.pipe(v.array(item, wanted("a list, even of one")), v.description(description));
  return least === 0 ? array : v.pipe(array, v.minLength(least, `${PLACE} is an empty list${why}.`));
}

/** A map of keys that all are known; the others are reported by `readConfig`, all of them and with what was meant. */
export function map<const E extends v.ObjectEntries>(description: string, entries: E) {
  return v.pipe(
    v.strictObject(entries, (issue) => {
      if (issue.expected === "never") return UNKNOWN;
      if (issue.received === "undefined") return `${PLACE} is missing.`;
      return wanted("a map")(issue);
    }),
    v.description(description),
  );
}

/** The message of the issue that stands for unknown keys. */
export const UNKNOWN = "unknown";
