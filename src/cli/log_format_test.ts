import assert from "node:assert/strict";
import { chosenLogFormat } from "./log_format.ts";

const CASES: [argv: string[], variable: string | undefined, format: "json" | "text" | undefined][] = [
  [[], undefined, undefined],
  [["--log-format", "json"], undefined, "json"],
  [["--secrt", "x", "--log-format=text"], undefined, "text"],
  [["--log-format", "json", "--log-format", "text"], undefined, "text"],
  [["--log-format"], undefined, undefined],
  [["--log-format", "xml"], "json", undefined],
  [["--log-level", "json"], undefined, undefined],
  [[], "json", "json"],
  [[], "  ", undefined],
  [["--log-format=json"], "text", "json"],
];

for (const [argv, variable, format] of CASES) {
  Deno.test(`${JSON.stringify(argv)} with K8SVENT_LOG_FORMAT=${variable} asks for ${format}`, () => {
    const env = (name: string): string | undefined => name === "K8SVENT_LOG_FORMAT" ? variable : undefined;
    assert.equal(chosenLogFormat(argv, env), format);
  });
}
