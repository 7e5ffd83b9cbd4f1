import { choice } from "../config/value.ts";
import { printableJson } from "../runtime/printable.ts";
import type { Output } from "./job.ts";
import { needed, type ToolFlag, type Typed } from "./tool.ts";

/*
 * `--output`, of every command that a script may read: one flag, read and carried out alike.
 */

const OUTPUTS = ["table", "json", "yaml"] as const satisfies Output[];

/** The flag, for the page of a command. */
export const OUTPUT: ToolFlag = {
  short: "o",
  value: "FORMAT",
  words: OUTPUTS,
  help: "table, json or yaml",
  fallback: "table",
};

/** What a command was given for it. @throws {UsageError} */
export function outputOf(typed: Typed): Output {
  return choice(...OUTPUTS)(needed(typed, "output"), "--output");
}

/** What is printed of a value: as data, or for a person. With an end of line. */
export async function shownAs(output: Output, value: unknown, text: () => string): Promise<string> {
  switch (output) {
    case "table":
      return text();
    case "json":
      return `${printableJson(JSON.stringify(value))}\n`;
    case "yaml":
      return (await import("./yaml_text.ts")).yamlText(value);
  }
}
