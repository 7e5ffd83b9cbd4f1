import assert from "node:assert/strict";
import { tokenOf } from "./token.ts";

/** What a file holds, and why that is no token; undefined: it is one. */
const FILES: Record<string, [text: string, why: RegExp | undefined]> = {
  "16 characters": ["0123456789abcdef", undefined],
  "what openssl rand -hex 32 makes": ["4f".repeat(32), undefined],
  "every character that a header can carry": ["!#$%&'*+-.^_`|~/=:,;()<>@[]{}?\\\"aZ09", undefined],
  "15 characters": ["0123456789abcde", /fewer than 16 characters/],
  "nothing": ["", /fewer than 16 characters/],
  "two words": ["0123456789 abcdef", /several lines or words/],
  "two lines": ["0123456789abcdef\n0123456789abcdef", /several lines or words/],
  "what no header carries": ["0123456789abcdefé", /what no header can carry/],
  "1,024 characters": ["x".repeat(1_024), undefined],
  "another file": ["x".repeat(1_025), /more than 1024 characters/],
};

for (const [kind, [text, why]] of Object.entries(FILES)) {
  Deno.test(`a token's file with ${kind} ${why === undefined ? "holds one" : "is refused, and not shown"}`, () => {
    const found = tokenOf({ text }, "/secrets/token");
    if (why === undefined) return assert.deepEqual(found, { text });
    assert("problem" in found);
    assert.match(found.problem, why);
    assert.match(found.problem, /^the file \/secrets\/token \(--admin-token-file\) cannot be used: /);
    assert(!found.problem.includes("0123456789"));
  });
}
