import { quote, UsageError } from "./usage_error.ts";

const BYTES: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

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
  const [, number, unit] = /^(\d{1,12})(Ki|Mi|Gi|Ti)?$/.exec(text) ?? [];
  const bytes = number === undefined ? NaN : Number(number) * (unit === undefined ? 1 : BYTES[unit] ?? NaN);
  if (bytes >= SMALLEST && bytes <= LARGEST) return bytes;
  if (bytes > LARGEST) throw new UsageError(`${from} can be at most 1048576Gi, not ${quote(text)}.`);
  throw new UsageError(
    `${from} must be a size of at least 1Mi, such as 64Mi or 1Gi, not ${quote(text)}.${hint(text)}`,
  );
}

const SMALLER: Record<string, string> = { M: "Ki", G: "Mi", T: "Gi" };

/** For the other spellings of the units, and for a fraction of one, as quantities have it. */
function hint(text: string): string {
  const [, number = "", letter = ""] = /^(\d{1,12}|\d{1,6}\.\d{1,3})\s*([kmgt])i?b?$/i.exec(text) ?? [];
  const unit = `${letter.toUpperCase()}i`;
  if (number === "" || text === `${number}${unit}` && !number.includes(".")) return "";
  const smaller = SMALLER[unit.charAt(0)];
  if (!number.includes(".")) return ` Did you mean ${number}${unit}?`;
  return smaller === undefined ? "" : ` Did you mean ${Math.round(Number(number) * 1024)}${smaller}?`;
}
