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
  const total = lengthOf(text);
  if (total === undefined) {
    throw new UsageError(
      `${from} must be a duration such as 15s, 2m or 1h30m (units: h, m, s, ms), not ${quote(text)}.${
        hint(text)
      }`,
    );
  }
  if (total > LONGEST) throw new UsageError(`${from} can be at most 596h, not ${quote(text)}.`);
  return total;
}

/** Its milliseconds; undefined where it is no duration. */
function lengthOf(text: string): number | undefined {
  if (text === "0") return 0;
  const [matched, hours, minutes, seconds, milliseconds] = DURATION.exec(text) ?? [];
  if (matched === undefined) return undefined;
  const parts = { h: hours, m: minutes, s: seconds, ms: milliseconds };
  let total = 0;
  for (const [unit, count] of Object.entries(parts)) total += Number(count ?? 0) * (MILLISECONDS[unit] ?? 0);
  return total;
}

/** For what people write elsewhere: Go's fractions, ISO 8601, clocks, words for the units, days. */
function hint(text: string): string {
  const [, weeks = "0", days = "0", isoHours, isoMinutes, isoSeconds] = ISO.exec(text) ?? [];
  if (/^P/i.test(text) && /\d/.test(text) && ISO.test(text)) {
    const meant = written(`${7 * Number(weeks) + Number(days)}`, isoHours, isoMinutes, isoSeconds);
    return offered(meant, " That is ISO 8601: write", ".");
  }
  const [, clockHours, clockMinutes, clockSeconds] = /^(\d{1,3}):(\d\d):(\d\d)$/.exec(text) ?? [];
  if (clockSeconds !== undefined) return offered(written("0", clockHours, clockMinutes, clockSeconds));
  const [, wholeDays, rest = ""] = /^(\d{1,3})d([\dhms]+)$/i.exec(text) ?? [];
  const [isRest, hours] = DURATION.exec(rest) ?? [];
  if (wholeDays !== undefined && isRest !== undefined) {
    return offered(`${24 * Number(wholeDays) + Number(hours ?? 0)}h${rest.replace(/^\d+h/, "")}`);
  }
  const joined = text.replaceAll(/\s/g, "");
  if (joined !== text && DURATION.test(joined)) return offered(joined);
  if (/^\d{1,9}$/.test(text)) return withoutUnit(text);
  if (/^\d*[.,]\d+\s*[a-z]+$/i.test(text)) return " Numbers are whole ones: 90m, or 1h30m.";
  const [, number = "", word = ""] = /^(\d{1,6})\s*([a-z]+)$/i.exec(text) ?? [];
  if (/^d(ays?)?$/i.test(word)) return offered(`${24 * Number(number)}h`);
  const unit = UNIT_WORDS.find(([pattern]) => pattern.test(word))?.[1];
  return unit === undefined ? "" : offered(`${number}${unit}`);
}

/** What was meant, unless that would be refused for its length. */
function offered(meant: string, before = " Did you mean", after = "?"): string {
  return isTaken(meant) ? `${before} ${meant}${after}` : " It can be at most 596h.";
}

function isTaken(text: string): boolean {
  return (lengthOf(text) ?? Infinity) <= LONGEST;
}

function withoutUnit(number: string): string {
  const [first, second] = [["s", "seconds"], ["m", "minutes"], ["ms", "milliseconds"]]
    .filter(([unit]) => isTaken(number + unit));
  if (first === undefined) return " It has no unit, and can be at most 596h.";
  const other = second === undefined ? "" : `, ${number}${second[0]} ${second[1]}`;
  return ` It has no unit: ${number}${first[0]} are ${first[1]}${other}.`;
}

/** ISO 8601 (`P1DT2H`), but for its years and months, which are of no certain length. */
const ISO =
  /^P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:[.,]\d{1,3})?)S)?)?$/i;

/** The same as this program takes it. */
function written(days = "0", hours = "0", minutes = "0", seconds = "0"): string {
  const milliseconds = Math.round(1000 * Number(seconds.replace(",", ".")));
  const parts = [
    [24 * Number(days) + Number(hours), "h"],
    [Number(minutes), "m"],
    [Math.floor(milliseconds / 1000), "s"],
    [milliseconds % 1000, "ms"],
  ] as const;
  return parts.map(([count, unit]) => count === 0 ? "" : `${count}${unit}`).join("") || "0";
}

const UNIT_WORDS: [RegExp, string][] = [
  [/^(h|hrs?|hours?)$/i, "h"],
  [/^(m|mins?|minutes?)$/i, "m"],
  [/^(s|secs?|seconds?)$/i, "s"],
  [/^(ms|msecs?|millis|milliseconds?)$/i, "ms"],
];

/** How long something may take, in milliseconds: a duration that is not 0. @throws {UsageError} */
export function parseTimeout(value: string, from: string): number {
  const milliseconds = parseDuration(value, from);
  if (milliseconds > 0) return milliseconds;
  throw new UsageError(`${from} must be above 0, for example 15s.`);
}
