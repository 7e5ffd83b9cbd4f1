import assert from "node:assert/strict";
import { signatureKind } from "./signature_kind.ts";
import { UsageError } from "../config/usage_error.ts";
import { list } from "./given.ts";

const MUST = (shown: string): string =>
  `--signatures must be standard, github or atomist, not ${JSON.stringify(shown)}.`;

function parse(value: string, from = "--signatures"): unknown {
  return list(new Map([["signatures", { values: [value], from }]]), "signatures", signatureKind);
}

/** What people write, and how the sentence goes on that names the valid ones. */
const OTHERS: [value: string, hint: string][] = [
  ["a,b", " The flag takes one at a time; repeat it."],
  ["standard,github", " The flag takes one at a time; repeat it: --signatures standard --signatures github"],
  ["standard github", " The flag takes one at a time; repeat it: --signatures standard --signatures github"],
  [
    "standrd,gihub",
    " Did you mean standard and github? The flag takes one at a time; repeat it.",
  ],
  ["standard,x", " The flag takes one at a time; repeat it."],
  ["githb", " Did you mean github?"],
  ["Standard", " Did you mean standard?"],
  ["sha1", " Did you mean atomist?"],
  ["sha256", " Did you mean github?"],
  ["x-hub-signature-256", " Did you mean github?"],
  ["x-atomist-signature", " Did you mean atomist?"],
  ["webhook-signature", " Did you mean standard?"],
  ["svix", " Did you mean standard?"],
  ["none", " To send unsigned, give no secret."],
  ["all", " Leave it out for all of them."],
  ["ed25519", ""],
];

for (const [value, hint] of OTHERS) {
  Deno.test(`--signatures ${value} is refused with the valid ones${hint === "" ? "" : `, and:${hint}`}`, () => {
    assert.throws(() => parse(value), (error) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.message, MUST(value) + hint);
      return true;
    });
  });
}

Deno.test("the variable takes a list, so no error says to repeat it", () => {
  assert.throws(() => parse("a;b", "K8SVENT_SIGNATURES"), (error) => {
    assert.doesNotMatch((error as Error).message, /one at a time/);
    return true;
  });
});
