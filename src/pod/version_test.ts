import assert from "node:assert/strict";
import fc from "fast-check";
import { compareVersions, laterVersion } from "./version.ts";

/** Up to 128 bits (KEP-5504), with neighbours and different lengths close together. */
const VERSION = fc.oneof(fc.bigInt(0n, 2n ** 128n), fc.bigInt(0n, 1100n));

Deno.test("decimal versions are ordered as the integers that they are", () => {
  fc.assert(fc.property(VERSION, VERSION, (a, b) => {
    const order = a === b ? 0 : a < b ? -1 : 1;
    assert.equal(Math.sign(compareVersions(String(a), String(b))), order);
  }));
});

Deno.test("sorting by version gives one order, whatever the order was before", () => {
  fc.assert(fc.property(fc.array(VERSION, { maxLength: 30 }), (versions) => {
    const strings = versions.map(String);
    const sorted = [...strings].sort(compareVersions);
    assert.deepEqual([...strings].reverse().sort(compareVersions), sorted);
    assert.deepEqual(sorted, [...versions].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).map(String));
  }));
});

Deno.test("a version that is no decimal integer counts as newer than any other, and the same as itself", () => {
  for (const odd of ["", "0x10", "007", "1.5", "-3", "abc", "12\n"]) {
    assert.ok(compareVersions(odd, "99999") > 0, `${JSON.stringify(odd)} after 99999`);
    assert.ok(compareVersions("1", odd) > 0, `1 after ${JSON.stringify(odd)}`);
    assert.equal(compareVersions(odd, odd), 0);
  }
});

Deno.test("the later of two versions is the greater one, or the only one", () => {
  assert.equal(laterVersion("9", "10"), "10");
  assert.equal(laterVersion("10", "9"), "10");
  assert.equal(laterVersion(undefined, "9"), "9");
  assert.equal(laterVersion("9", undefined), "9");
  assert.equal(laterVersion(undefined, undefined), undefined);
});
