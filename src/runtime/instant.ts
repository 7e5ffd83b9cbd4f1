const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i;

/**
 * An instant as people write one, by RFC 3339; seconds may be left out. Undefined: it is none. What else `Date.parse` takes
 * depends on the program's time zone, and it makes 3 March of 31 February.
 *
 * @returns milliseconds since the Unix epoch
 */
export function parseInstant(text: string): number | undefined {
  const [, year, month, day] = INSTANT.exec(text) ?? [];
  const at = Date.parse(text);
  if (day === undefined || Number.isNaN(at)) return undefined;
  const isInMonth =
    new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  return isInMonth ? at : undefined;
}
