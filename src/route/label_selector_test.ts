import assert from "node:assert/strict";
import fc from "fast-check";
import { LABELLED, PIECES, SELECTORS } from "../../tests/kit/label_selectors.ts";
import { matchesLabels, parseLabelSelector } from "./label_selector.ts";

// tests/cluster/label_selector_test.ts asks kubectl about the same table.

function selected(selector: string): string[] {
  const parsed = parseLabelSelector(selector);
  return Object.keys(LABELLED).filter((name) => matchesLabels(parsed, LABELLED[name] ?? {}));
}

Deno.test("a selector selects the pods that kubectl's does", () => {
  for (const [selector, names] of SELECTORS) {
    if (names !== "refused") assert.deepEqual(selected(selector), names, JSON.stringify(selector));
  }
});

Deno.test("what kubectl refuses is refused, with a sentence that shows the selector", () => {
  for (const [selector, names] of SELECTORS) {
    if (names !== "refused") continue;
    assert.throws(() => parseLabelSelector(selector), (error) => {
      assert(error instanceof TypeError);
      assert(
        error.message.startsWith(`${JSON.stringify(selector)} is not a label selector: `),
        error.message,
      );
      assert(error.message.endsWith("."));
      return true;
    }, JSON.stringify(selector));
  }
});

const SENTENCES: [selector: string, why: RegExp][] = [
  ["app=web||app=db", /"web\|\|app" is no label value: at most 63 of the characters/],
  ["app==web==db", /"==" stands where a comma or the end belongs/],
  ["app web", /"web" follows app, where =, ==, !=, in, notin, < or > may stand/],
  ["app,", /the end stands where a label's key belongs/],
  ["app in web", /"web" stands where \( belongs/],
  ["app in (web", /the end stands where a comma or \) belongs/],
  ["app=(web)", /"\(" stands where a value belongs/],
  ["generation>seven", /> compares integers of 64 bits, and "seven" is none/],
  ["a/b/c", /"a\/b\/c" is no label key: one \/ may stand in it/],
  ["Example.com/app", /before the \/ stands a domain in lower case/],
  ["-app", /"-app" is no label key: a name is 1 to 63/],
];

Deno.test("an error says what stands where, and what may", () => {
  for (const [selector, why] of SENTENCES) assert.throws(() => parseLabelSelector(selector), why);
});

Deno.test("a NUL is refused: Kubernetes would stop reading there, and select everything", () => {
  assert.throws(() => parseLabelSelector("\0app=web"), TypeError);
});

Deno.test("a label that is no text counts as absent, as does what every object has", () => {
  const labels = { app: null, tier: 7 };
  assert.equal(matchesLabels(parseLabelSelector("app"), labels), false);
  assert.equal(matchesLabels(parseLabelSelector("!tier"), labels), true);
  assert.equal(matchesLabels(parseLabelSelector("constructor"), labels), false);
});

Deno.test("whatever the selector, it is read or refused by a sentence", () => {
  const selector = fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join(""));
  fc.assert(fc.property(fc.oneof(selector, fc.string()), (text) => {
    try {
      parseLabelSelector(text);
    } catch (error) {
      assert(error instanceof TypeError);
    }
  }));
});
