import assert from "node:assert/strict";
import { readYaml } from "./yaml.ts";

/** Integers as a kubeconfig writes them, with what kubectl makes of each (seen in what it tells a plugin). */
const INTEGERS: [string, number | bigint][] = [
  ["7", 7],
  ["-7", -7],
  ["9007199254740991", 9007199254740991],
  ["9007199254740992", 9007199254740992n],
  ["9007199254740993", 9007199254740993n],
  ["-9007199254740993", -9007199254740993n],
  ["9223372036854775807", 9223372036854775807n],
  ["-9223372036854775808", -9223372036854775808n],
  ["18446744073709551615", 18446744073709551615n],
  ["18446744073709551616", 18446744073709552000],
  ["-9223372036854775809", -9223372036854776000],
  ["123456789012345678901234567890", 1.2345678901234568e29],
  ["0x20000000000001", 9007199254740993n],
  ["0o17", 15],
  ["1e3", 1000],
  ["1.0", 1],
];

for (const [text, value] of INTEGERS) {
  Deno.test(`the integer ${text} is read as Go reads it`, () => {
    const read = (yaml: string): unknown => readYaml(new TextEncoder().encode(yaml));
    assert.deepEqual(read(`a: ${text}`), { value: { a: value } });
    assert.deepEqual(read(`[&n ${text}, {x: *n}]`), { value: [value, { x: value }] });
    if (!text.startsWith("0")) assert.deepEqual(read(`{"a": [${text}]}`), { value: { a: [value] } });
  });
}
