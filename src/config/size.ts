import { quote, UsageError } from "./usage_error.ts";

const BYTES: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** Below this nothing useful can be kept, and above that no disk is. */
const SMALLEST = 2 ** 20;
const LARGEST = 2 ** 50;

/**
 * Bytes of `64Mi`, `1Gi` or `1048576`, the units of Kubernetes' quantities.
 *
 * @param from the flag or variable that the text came from, for the error
 * @throws {UsageError} for any other text, below 1Mi, and above a million Gi.
 */
export function parseSize(text: string, from: string): number {
  const [, number, unit] = /^(\d{1,12})(Ki|Mi|Gi)?$/.exec(text) ?? [];
  const bytes = number === undefined ? NaN : Number(number) * (unit === undefined ? 1 : BYTES[unit] ?? NaN);
  if (bytes >= SMALLEST && bytes <= LARGEST) return bytes;
  if (bytes > LARGEST) throw new UsageError(`${from} can be at most 1048576Gi, not ${quote(text)}.`);
  throw new UsageError(
    `${from} must be a size of at least 1Mi, such as 64Mi or 1Gi, not ${quote(text)}.${hint(text)}`,
  );
}

/** For the other spellings of the units. */
function hint(text: string): string {
  const [, number, letter = ""] = /^(\d{1,12})\s*([kmg])i?b?$/i.exec(text) ?? [];
  const unit = `${letter.toUpperCase()}i`;
  if (number === undefined || text === `${number}${unit}`) return "";
  return ` Did you mean ${number}${unit}?`;
}
