import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRetryAfter } from "./retry_after.ts";

const HOUR = 3_600_000;
const NOW = Date.parse("1994-11-06T08:49:00Z");

Deno.test("seconds become milliseconds, an hour at most", () => {
  assert.equal(parseRetryAfter("0", NOW), 0);
  assert.equal(parseRetryAfter("3", NOW), 3_000);
  assert.equal(parseRetryAfter(" 120 ", NOW), 120_000);
  assert.equal(parseRetryAfter("3601", NOW), HOUR);
  assert.equal(parseRetryAfter("9".repeat(400), NOW), HOUR);
});

Deno.test("each of the three forms of an HTTP date is the time until then", () => {
  assert.equal(parseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", NOW), 37_000);
  assert.equal(parseRetryAfter("Sunday, 06-Nov-94 08:49:37 GMT", NOW), 37_000);
  assert.equal(parseRetryAfter("Sun Nov  6 08:49:37 1994", NOW), 37_000);
  assert.equal(parseRetryAfter("Wed Nov 16 08:49:37 1994", NOW), HOUR);
});

Deno.test("a date that has passed means at once, one far ahead an hour", () => {
  assert.equal(parseRetryAfter("Sun, 06 Nov 1994 08:48:59 GMT", NOW), 0);
  assert.equal(parseRetryAfter("Mon, 06 Nov 2000 08:49:37 GMT", NOW), HOUR);
});

Deno.test("a leap second is a time, as the grammar has it", () => {
  assert.equal(parseRetryAfter("Sun, 06 Nov 1994 08:49:60 GMT", NOW), 60_000);
});

Deno.test("a year of two digits is at most fifty years ahead", () => {
  const late = Date.parse("2099-12-31T23:59:50Z");
  assert.equal(parseRetryAfter("Friday, 01-Jan-00 00:00:00 GMT", late), 10_000);
  assert.equal(parseRetryAfter("Thursday, 31-Dec-99 23:59:55 GMT", late), 5_000);
  assert.equal(parseRetryAfter("Friday, 31-Dec-99 23:59:55 GMT", Date.parse("2026-01-01T00:00:00Z")), 0);
});

Deno.test("what is neither seconds nor an HTTP date says nothing", () => {
  const strings = [
    "",
    "soon",
    "-1",
    "+1",
    "1.5",
    "0x10",
    "1e3",
    "1 second",
    "1994",
    "1994-11-06T08:49:37Z",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 CET",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 31 Feb 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nvm 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:00 GMT",
  ];
  // The first would be a whole number in any case.
  for (const text of strings) {
    const expected = text === "1994" ? 1_994_000 : undefined;
    assert.equal(parseRetryAfter(text, NOW), expected, text);
  }
  assert.equal(parseRetryAfter(null, NOW), undefined);
});

Deno.test("of several, the longest of those that can be read is waited for", () => {
  assert.equal(parseRetryAfter("3, 5", NOW), 5_000);
  assert.equal(parseRetryAfter("5,3", NOW), 5_000);
  assert.equal(parseRetryAfter("5, 5", NOW), 5_000);
  assert.equal(parseRetryAfter("soon, 5", NOW), 5_000);
  assert.equal(parseRetryAfter(", 5,", NOW), 5_000);
  assert.equal(parseRetryAfter("3, Sun, 06 Nov 1994 08:49:37 GMT", NOW), 37_000);
  assert.equal(parseRetryAfter("Sunday, 06-Nov-94 08:49:37 GMT, 3", NOW), 37_000);
  assert.equal(parseRetryAfter("Sun Nov  6 08:49:37 1994, Sun, 06 Nov 1994 08:49:40 GMT", NOW), 40_000);
  assert.equal(parseRetryAfter("soon, later", NOW), undefined);
});

Deno.test("a long list takes no time", () => {
  const began = performance.now();
  parseRetryAfter(`${"sun".repeat(20_000)},${" ".repeat(60_000)}`, NOW);
  parseRetryAfter("1,".repeat(100_000), NOW);
  assert.ok(performance.now() - began < 1_000);
});

Deno.test("a date in each form is read back to the second", () => {
  const now = Date.parse("2026-06-01T00:00:00Z");
  const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3600 }), fc.integer({ min: 0, max: 20_000 }), (ahead, day) => {
      const from = now + day * 86_400_000 - ahead * 500;
      const date = new Date(Math.floor(from / 1000) * 1000 + ahead * 1000);
      const fix = date.toUTCString();
      const [, dd, mmm, yyyy = "", time] = fix.split(/,? /);
      const rfc850 = `${days[date.getUTCDay()]}, ${dd}-${mmm}-${yyyy.slice(2)} ${time} GMT`;
      const asctime = `${fix.slice(0, 3)} ${mmm} ${String(date.getUTCDate()).padStart(2)} ${time} ${yyyy}`;
      for (const text of [fix, rfc850, asctime]) {
        assert.equal(parseRetryAfter(text, from), date.getTime() - from, text);
      }
    }),
  );
});

Deno.test("whatever stands there, the wait is none or between nothing and an hour", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.date().map(String), fc.nat().map(String)), (text) => {
    const wait = parseRetryAfter(text, NOW);
    assert.ok(wait === undefined || (wait >= 0 && wait <= HOUR));
  }));
});
