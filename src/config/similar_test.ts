import assert from "node:assert/strict";
import { similar } from "./similar.ts";

const WORDS = ["url", "secret", "secret-file", "namespace", "interval", "log-level", "warn"];

for (
  const [typed, near] of [
    ["secrt", "secret"],
    ["secrte", "secret"],
    ["SECRET_FILE", "secret-file"],
    ["namespaces", "namespace"],
    ["inetrval", "interval"],
    ["loglevel", "log-level"],
    ["ulr", "url"],
    ["uri", "url"],
    ["name", "namespace"],
    ["secret-file-name", "secret-file"],
    ["sec", undefined],
    ["na", undefined],
    ["warning", "warn"],
    ["u", undefined],
    ["context", undefined],
    ["", undefined],
  ] as const
) {
  Deno.test(`near to "${typed}" is ${near ?? "nothing"}`, () => assert.equal(similar(typed, WORDS), near));
}
