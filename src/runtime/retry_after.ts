/** Milliseconds. A server that asks for more is asked again after an hour: it may have meant something else. */
const LONGEST = 3_600_000;

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** The three forms of RFC 9110 §5.6.7, in its order: IMF-fixdate, RFC 850, asctime. */
const DATES = [
  /^[a-z]{3}, (?<day>\d\d) (?<month>[a-z]{3}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) gmt$/,
  /^[a-z]{6,9}, (?<day>\d\d)-(?<month>[a-z]{3})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) gmt$/,
  /^[a-z]{3} (?<month>[a-z]{3}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
];

/** A value of a list, with the comma that stands within two of the forms. */
const VALUE = /(?:\s*(?:sun|mon|tue|wed|thu|fri|sat)[a-z]*,)?[^,]+/g;

/**
 * How long `Retry-After` asks to wait (RFC 9110 §10.2.3: whole seconds, or a date), in milliseconds: 0 for a
 * date that has passed, an hour at most. Undefined for no header and for one that is neither.
 *
 * It stands once in an answer; where a receiver and a proxy before it have both set it, it comes as a list, and who waits for
 * the longest has done what either asked.
 *
 * @param now milliseconds since the epoch
 */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  const waits = (value?.toLowerCase().match(VALUE) ?? []).map((one) => parseOne(one.trim(), now))
    .filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : Math.max(...waits);
}

function parseOne(text: string, now: number): number | undefined {
  if (/^\d+$/.test(text)) return Math.min(LONGEST, Number(text) * 1000);
  const date = parseDate(text, now);
  return date === undefined ? undefined : Math.min(LONGEST, Math.max(0, date - now));
}

/**
 * A date of HTTP, in lower case, in milliseconds since the epoch; undefined: it is none. `Date.parse` takes the three forms
 * too, but also `2026`, `1` and much else that nobody meant as a date.
 *
 * @param now milliseconds since the epoch
 */
export function parseDate(text: string, now: number): number | undefined {
  const parts = DATES.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (parts === undefined) return undefined;
  const { day = "", month = "", year = "", time = "" } = parts;
  const [hours = 0, minutes = 0, seconds = 0] = time.split(":").map(Number);
  const monthIndex = MONTHS.indexOf(month);
  // A second of 60 is a leap second, which the grammar allows; JavaScript's calendar makes it the next minute.
  if (monthIndex < 0 || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const fullYear = year.length === 2 ? century(Number(year), now) : Number(year);
  const midnight = new Date(0).setUTCFullYear(fullYear, monthIndex, Number(day));
  if (new Date(midnight).getUTCDate() !== Number(day)) return undefined;
  return midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** RFC 9110 §5.6.7: two digits that would lie more than 50 years ahead mean the century before. */
function century(year: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const same = thisYear - (thisYear % 100) + year;
  if (same > thisYear + 50) return same - 100;
  return same < thisYear - 49 ? same + 100 : same;
}
