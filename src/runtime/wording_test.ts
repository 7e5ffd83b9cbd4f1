import assert from "node:assert/strict";
import { ago, counted, duration, enumerated, namespaces, size } from "./wording.ts";

Deno.test("a number stands before its noun as a person says it", () => {
  const said = [0, 1, 2, 1_000].map((number) => counted(number, "message"));
  assert.deepEqual(said, ["no messages", "1 message", "2 messages", "1000 messages"]);
  assert.equal(counted(2, "delivery", "deliveries"), "2 deliveries");
});

Deno.test("a list of words ends with and", () => {
  assert.deepEqual([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(enumerated), [
    "",
    "a",
    "a and b",
    "a, b and c",
  ]);
});

Deno.test("namespaces agree with how many there are", () => {
  assert.deepEqual([[], ["a"], ["team-a", "shop"]].map(namespaces), [
    "all namespaces",
    "namespace a",
    "namespaces team-a and shop",
  ]);
});

Deno.test("a duration is in the unit that says most", () => {
  const cases: [number, string][] = [
    [0, "0 ms"],
    [42, "42 ms"],
    [300, "0.3 s"],
    [1_000, "1 s"],
    [9_940, "9.9 s"],
    [9_960, "10 s"],
    [90_000, "90 s"],
    [119_000, "119 s"],
    [120_000, "2 min"],
    [900_000, "15 min"],
    [7_199_000, "119 min"],
    [7_200_000, "2 h"],
    [47 * 3_600_000, "47 h"],
    [72 * 3_600_000, "3 d"],
  ];
  assert.deepEqual(cases.map(([milliseconds]) => duration(milliseconds)), cases.map(([, text]) => text));
});

Deno.test("a size is in the largest unit that it fills", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [1_023, "1023 B"],
    [1_024, "1 KiB"],
    [4_300, "4.2 KiB"],
    [65_536, "64 KiB"],
    [64 * 2 ** 20, "64 MiB"],
    [1.25 * 2 ** 30, "1.3 GiB"],
  ];
  assert.deepEqual(cases.map(([bytes]) => size(bytes)), cases.map(([, text]) => text));
});

Deno.test("an instant is as long ago as a duration; one of another machine's future is now", () => {
  const now = Date.parse("2026-11-27T12:00:00Z");
  assert.equal(ago("2026-11-27T11:58:30Z", now), "90 s ago");
  assert.equal(ago("2026-11-27T12:00:05Z", now), "just now");
});
