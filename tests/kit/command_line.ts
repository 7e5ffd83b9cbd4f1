import assert from "node:assert/strict";
import { readArguments } from "../../src/cli/arguments.ts";
import { type Options, runOptionsOf } from "../../src/cli/options.ts";
import { UsageError } from "../../src/config/usage_error.ts";

/** Variables by name. */
type Env = Record<string, string>;

/** A webhook, so that a command line is whole. */
export const URL_FLAG = ["--url", "https://a.example/"];

/** A secret that is long enough. */
export const LONG = "0123456789abcdef";

/** What a command line of the run comes to. */
export function parse(argv: string[], env: Env = {}): Options {
  const given = readArguments(argv, (name) => env[name]);
  assert(given instanceof Map, argv.join(" "));
  return runOptionsOf(given, (name) => env[name]);
}

/** What is said of a command line that is wrong usage. */
export function complaint(argv: string[], env: Env = {}): string {
  try {
    parse(argv, env);
  } catch (error) {
    assert(error instanceof UsageError, String(error));
    assert.equal(error.exitCode, 2);
    return error.message;
  }
  assert.fail("the command line was accepted");
}
