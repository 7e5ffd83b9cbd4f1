import type { Reach } from "../cli/job.ts";

/** What is printed of a value: as data, or for a person. With an end of line. */
export async function shownAs(
  output: Reach["output"],
  value: unknown,
  text: () => string,
): Promise<string> {
  switch (output) {
    case "table":
      return text();
    case "json":
      return `${JSON.stringify(value)}\n`;
    case "yaml":
      return (await import("yaml")).stringify(value);
  }
}
