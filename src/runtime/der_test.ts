import assert from "node:assert/strict";
import { contentOf, isOneElement } from "./der.ts";

/** By what they are: the bytes, where their content begins, whether they are one element and no more. */
const BYTES: Record<string, [bytes: number[], content: number, isOne: boolean]> = {
  "an element without content": [[0x30, 0], 2, true],
  "a short element": [[0x30, 2, 1, 2], 2, true],
  "a short element and a byte": [[0x30, 2, 1, 2, 3], 2, false],
  "a short element without its last byte": [[0x30, 2, 1], 2, false],
  "one with a length of two bytes": [[0x30, 0x81, 2, 1, 2], 3, true],
  "one of 256 bytes": [[0x30, 0x82, 1, 0, ...Array<number>(256).fill(7)], 4, true],
  "one of 256 bytes and a byte": [[0x30, 0x82, 1, 0, ...Array<number>(257).fill(7)], 4, false],
  "nothing": [[], 2, false],
  "a type alone": [[0x30], 2, false],
};

for (const [what, [bytes, content, isOne]] of Object.entries(BYTES)) {
  Deno.test(`DER: ${what} is ${isOne ? "" : "not "}one element`, () => {
    const der = Uint8Array.from(bytes);
    assert.deepEqual([contentOf(der, 0), isOneElement(der)], [content, isOne]);
  });
}
