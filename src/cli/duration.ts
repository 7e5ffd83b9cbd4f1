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
    const unit = /^\d{1,9}$/.test(text) ? ` It has no unit: ${text}s are seconds, ${text}m minutes.` : "";
    throw new UsageError(
      `${from} must be a duration such as 15s, 2m or 1h30m (units: h, m, s, ms), not ${quote(text)}.${unit}`,
    );
  }
  const parts = { h: hours, m: minutes, s: seconds, ms: milliseconds };
  let total = 0;
  for (const [unit, count] of Object.entries(parts)) total += Number(count ?? 0) * (MILLISECONDS[unit] ?? 0);
  if (total > LONGEST) throw new UsageError(`${from} can be at most 596h, not ${quote(text)}.`);
  return total;
}
