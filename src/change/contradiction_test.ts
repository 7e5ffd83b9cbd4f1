import assert from "node:assert/strict";
import fc from "fast-check";
import { type Past, suspectList, suspectPod, type Suspicion } from "./contradiction.ts";

for (
  const [what, version, reached, suspicion] of [
    ["goes on", "101", "100", undefined],
    ["is as old as what was seen", "100", "100", undefined],
    ["is older than what was seen", "99", "100", "list-behind"],
    ["is older by its length", "99", "1000", "list-behind"],
    ["is the first", "99", undefined, undefined],
    ["has a version that is no integer", "x9", "100", undefined],
  ] satisfies [string, string, string | undefined, Suspicion | undefined][]
) {
  Deno.test(`a list that ${what} is ${suspicion ?? "no"} suspicion`, () => {
    assert.equal(suspectList({ epoch: 1, version, reached }), suspicion);
  });
}

const known = (resourceVersion: string, epoch = 1): Past => ({ known: { resourceVersion, epoch } });
const gone = (version: string): Past => ({ tombstone: { version, left: false } });
const left = (version: string): Past => ({ tombstone: { version, left: true } });

/** In a list of version 100. */
for (
  const [what, resourceVersion, past, suspicion] of [
    ["nobody knows", "3", {}, undefined],
    ["is newer than what is known", "60", known("50"), undefined],
    ["is what is known", "50", known("50"), undefined],
    ["is older than what is known", "40", known("50"), "pod-behind"],
    ["is older than what is known of just that version", "40", known("100"), "pod-behind"],
    ["is older than a read that is newer than the list", "40", known("101"), undefined],
    ["is older than what is known of another epoch", "40", known("50", 0), undefined],
    ["has a version that is no integer", "x", known("50"), undefined],
    ["is known by a version that is no integer", "40", known("x"), undefined],
    ["ended before", "40", gone("50"), "lives-again"],
    ["ended before, and has a newer version than its end", "60", gone("50"), "lives-again"],
    ["ended at the list's version", "40", gone("100"), "lives-again"],
    ["ended after the list", "40", gone("101"), undefined],
    ["left the selection and came back", "60", left("50"), undefined],
    ["left the selection and came back as it was then", "50", left("50"), undefined],
    ["left the selection and is as it was before", "40", left("50"), "left-behind"],
    ["left the selection after the list", "40", left("101"), undefined],
  ] satisfies [string, string, Past, Suspicion | undefined][]
) {
  Deno.test(`a listed pod that ${what} is ${suspicion ?? "no"} suspicion`, () => {
    assert.equal(suspectPod({ epoch: 1, version: "100", reached: "90" }, resourceVersion, past), suspicion);
  });
}

Deno.test("in a history that only goes on there is no suspicion, whenever a list was asked for", () => {
  const version = fc.bigInt(1n, 2n ** 70n);
  // A pod's versions and its end in their order; the list shows the last one that is not newer than itself.
  fc.assert(
    fc.property(
      fc.uniqueArray(version, { minLength: 2, maxLength: 6 }),
      version,
      fc.nat(),
      (all, list, seen) => {
        const versions = all.sort((a, b) => a < b ? -1 : 1);
        const end = versions.pop() ?? 0n;
        const shown = versions.filter((one) => one <= list).at(-1);
        if (shown === undefined || end <= list) {
          return;
        }
        const running = { epoch: 1, version: String(list), reached: undefined };
        const before = known(String(versions[seen % versions.length]));
        assert.equal(suspectPod(running, String(shown), before), undefined);
        assert.equal(suspectPod(running, String(shown), gone(String(end))), undefined);
        assert.equal(suspectPod(running, String(shown), left(String(end))), undefined);
      },
    ),
  );
});
