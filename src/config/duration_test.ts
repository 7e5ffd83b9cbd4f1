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

Deno.test("a duration that a timer cannot hold is refused", () => {
  assert.equal(parseDuration("596h", "--interval"), 596 * 3_600_000);
  assert.throws(() => parseDuration("597h", "--interval"), /--interval can be at most 596h/);
});

Deno.test("every whole number of minutes and seconds is understood", () => {
  fc.assert(fc.property(fc.nat(9_999), fc.nat(59), (minutes, seconds) => {
    assert.equal(parseDuration(`${minutes}m${seconds}s`, "--interval"), (minutes * 60 + seconds) * 1000);
  }));
});
