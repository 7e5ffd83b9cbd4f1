import { quote, UsageError } from "./usage_error.ts";

const MILLISECONDS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** The order is fixed and each unit stands at most once, so that no text has two readings. */
const DURATION = /^(?=\d)(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** A timer of the runtime holds 31 bits: a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Milliseconds of `2m`, `15s`, `1h30m`, `500ms` or `0`.
 *
 * @param from the flag or variable that the text came from, for the error
 * @throws {UsageError} for any other text, and above 596 hours.
 */
export function parseDuration(text: string, from: string): number {
  const [matched, hours, minutes, seconds, milliseconds] = DURATION.exec(text) ?? [];
  if (matched === undefined && text !== "0") {
    throw new UsageError(
      `${from} must be a duration such as 15s, 2m or 1h30m (units: h, m, s, ms), not ${quote(text)}.${
        hint(text)
      }`,
    );
  }
  const parts = { h: hours, m: minutes, s: seconds, ms: milliseconds };
  let total = 0;
  for (const [unit, count] of Object.entries(parts)) total += Number(count ?? 0) * (MILLISECONDS[unit] ?? 0);
  if (total > LONGEST) throw new UsageError(`${from} can be at most 596h, not ${quote(text)}.`);
  return total;
}

/** For what people write elsewhere: Go's fractions, words for the units, days. */
function hint(text: string): string {
  if (/^\d{1,9}$/.test(text)) return ` It has no unit: ${text}s are seconds, ${text}m minutes.`;
  if (/^\d*[.,]\d+\s*[a-z]+$/i.test(text)) return " Numbers are whole ones: 90m, or 1h30m.";
  const [, number = "", word = ""] = /^(\d{1,6})\s*([a-z]+)$/i.exec(text) ?? [];
  if (/^d(ays?)?$/i.test(word)) return ` Did you mean ${24 * Number(number)}h?`;
  const unit = UNIT_WORDS.find(([pattern]) => pattern.test(word))?.[1];
  return unit === undefined ? "" : ` Did you mean ${number}${unit}?`;
}

const UNIT_WORDS: [RegExp, string][] = [
  [/^(h|hrs?|hours?)$/i, "h"],
  [/^(m|mins?|minutes?)$/i, "m"],
  [/^(s|secs?|seconds?)$/i, "s"],
  [/^(ms|msecs?|millis|milliseconds?)$/i, "ms"],
];
