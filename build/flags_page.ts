import { fileURLToPath } from "node:url";
import { type Flag, GROUPS } from "../src/cli/flags.ts";
import { say } from "./command.ts";
import { code, printTable } from "./table.ts";

/*
 * The tables of docs/flags.md, made from the flags themselves (`deno task docs:flags`). What stands around them is
 * written by hand, so only what is between the two marks is replaced. tests/docs/flags_test.ts fails while the page
 * is not what the source says.
 */

/** The page that is written. */
export const PAGE: URL = new URL("../docs/flags.md", import.meta.url);

const BETWEEN = /(?<=<!-- flags: [^>]*-->\n)[\s\S]*(?=<!-- \/flags -->)/;

/**
 * The page with the tables of today's flags, formatted as `deno fmt` does.
 *
 * @throws {Error} where the page has lost its marks.
 */
export function withFlags(page: string): string {
  if (!BETWEEN.test(page)) {
    throw new Error("docs/flags.md has no marks for the flags: take the file from git.");
  }
  return page.replace(BETWEEN, () => `\n${printGroups()}\n`);
}

function printGroups(): string {
  return Object.entries(GROUPS).map(([heading, flags]) => {
    const rows = Object.entries<Flag>(flags).map(([name, flag]) => rowOf(name, flag));
    return `## ${heading}\n\n${printTable([["flag", "variable", "default", "meaning"], ...rows])}`;
  }).join("\n");
}

function rowOf(name: string, { short, value, list, variables, fallback, help }: Flag): string[] {
  const flag = `${short === undefined ? "" : `-${short}, `}--${name}${
    value === undefined ? "" : ` ${value}`
  }`;
  return [
    code(flag) + (list === true ? " (repeatable)" : ""),
    variables.map(code).join(", else "),
    fallback === undefined ? "" : code(fallback),
    help.replaceAll("|", "\\|"),
  ];
}

if (import.meta.main) {
  await Deno.writeTextFile(PAGE, withFlags(await Deno.readTextFile(PAGE)));
  say(`Wrote ${fileURLToPath(PAGE)}.`);
}
