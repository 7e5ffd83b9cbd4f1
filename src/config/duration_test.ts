import assert from "node:assert/strict";
import fc from "fast-check";
import { parseDuration } from "./duration.ts";
import { UsageError } from "./usage_error.ts";

Deno.test("a duration is the sum of its units", () => {
  const cases: [string, number][] = [
    ["0", 0],
    ["0s", 0],
    ["500ms", 500],
    ["15s", 15_000],
    ["2m", 120_000],
    ["1h30m", 5_400_000],
    ["1h1m1s1ms", 3_661_001],
    ["1m500ms", 60_500],
  ];
  for (const [text, milliseconds] of cases) {
    assert.equal(parseDuration(text, "--interval"), milliseconds, text);
  }
});

Deno.test("a duration without a unit, with a sign, a fraction or units out of order is refused", () => {
  for (const text of ["", "5", "-5s", "1.5h", "30m1h", "1m1m", "2 m", "1d", "m", "5S", " 5s"]) {
    assert.throws(
      () => parseDuration(text, "K8SVENT_INTERVAL"),
      (error) =>
        error instanceof UsageError && error.message.startsWith("K8SVENT_INTERVAL must be a duration"),
      text,
    );
  }
});

/** What people write elsewhere, and what the error says of it. */
const ELSEWHERE: [text: string, hint: string][] = [
  ["PT2M", "That is ISO 8601: write 2m."],
  ["PT1H30M", "That is ISO 8601: write 1h30m."],
  ["pt90s", "That is ISO 8601: write 90s."],
  ["P1D", "That is ISO 8601: write 24h."],
  ["P1DT2H", "That is ISO 8601: write 26h."],
  ["P1W", "That is ISO 8601: write 168h."],
  ["PT0.5S", "That is ISO 8601: write 500ms."],
  ["PT0,25S", "That is ISO 8601: write 250ms."],
  ["PT1.5S", "That is ISO 8601: write 1s500ms."],
  ["PT0S", "That is ISO 8601: write 0."],
  ["P1Y", ""],
  ["P1M", ""],
  ["P", ""],
  ["PT", ""],
  ["00:02:00", "Did you mean 2m?"],
  ["01:30:05", "Did you mean 1h30m5s?"],
  ["2:00", ""],
  ["1d12h", "Did you mean 36h?"],
  ["1d5m", "Did you mean 24h5m?"],
  ["1h 30m", "Did you mean 1h30m?"],
  [" 5s", "Did you mean 5s?"],
  ["2min", "Did you mean 2m?"],
  ["1d", "Did you mean 24h?"],
  ["1.5h", "Numbers are whole ones: 90m, or 1h30m."],
  ["5", "It has no unit: 5s are seconds, 5m minutes."],
  ["60000", "It has no unit: 60000s are seconds, 60000ms milliseconds."],
  ["3600000", "It has no unit: 3600000ms are milliseconds."],
  ["24d", "Did you mean 576h?"],
  ["25d", "It can be at most 596h."],
  ["25d1h", "It can be at most 596h."],
  ["P4W", "It can be at most 596h."],
  ["999:00:00", "It can be at most 596h."],
  ["597 h", "It can be at most 596h."],
  ["597hours", "It can be at most 596h."],
  ["-5s", ""],
  ["soon", ""],
];

for (const [text, hint] of ELSEWHERE) {
  Deno.test(`the duration "${text}" is refused${hint === "" ? "" : ` with: ${hint}`}`, () => {
    assert.throws(() => parseDuration(text, "--interval"), (error) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.message.replace(/^.* not "[^"]*"\. ?/, ""), hint);
      const [, meant] = /(?:write|mean) ([\da-z]+)[.?]$/.exec(hint) ?? [];
      if (meant !== undefined) parseDuration(meant, "--interval");
      return true;
    });
  });
}

Deno.test("a duration that a timer cannot hold is refused", () => {
  assert.equal(parseDuration("596h", "--interval"), 596 * 3_600_000);
  assert.throws(() => parseDuration("597h", "--interval"), /--interval can be at most 596h/);
});

Deno.test("every whole number of minutes and seconds is understood", () => {
  fc.assert(fc.property(fc.nat(9_999), fc.nat(59), (minutes, seconds) => {
    assert.equal(parseDuration(`${minutes}m${seconds}s`, "--interval"), (minutes * 60 + seconds) * 1000);
  }));
});
