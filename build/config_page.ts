import { fileURLToPath } from "node:url";
import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import { NO_RULES } from "../src/config/rules.ts";
import { configSchema, flagOf } from "../src/config/schema.ts";
import { say } from "./command.ts";
import { code, printTable } from "./table.ts";

/*
 * What docs/ says of the configuration file, made from its schema in the source (`deno task docs:config`): the JSON Schema
 * for editors, and the tables of docs/configuration.md. tests/docs/configuration_test.ts fails while they are not what the
 * source says.
 */

/** The JSON Schema that is written. */
export const SCHEMA: URL = new URL("../docs/config.schema.json", import.meta.url);

/** The page whose tables are written. */
export const PAGE: URL = new URL("../docs/configuration.md", import.meta.url);

const BETWEEN = /(?<=<!-- options: [^>]*-->\n)[\s\S]*(?=<!-- \/options -->)/;

/** The JSON Schema of today's source. */
export function jsonSchema(): string {
  return `${JSON.stringify({ title: "k8svent.yaml", ...schema() }, undefined, 2)}\n`;
}

/**
 * The page with the tables of today's options, formatted as `deno fmt` does.
 *
 * @throws {Error} where the page has lost its marks.
 */
export function withOptions(page: string): string {
  if (!BETWEEN.test(page)) {
    throw new Error("docs/configuration.md has no marks for the options: take the file from git.");
  }
  return page.replace(BETWEEN, () => `\n${printOptions()}\n`);
}

function schema(): JsonSchema {
  return toJsonSchema(configSchema({ ...NO_RULES, file: (path) => path }), {
    errorMode: "ignore",
    typeMode: "input",
  });
}

function printOptions(): string {
  const { defaults: _, endpoints, ...settings } = propertiesOf(schema());
  const program = Object.entries(settings).map(([key, option]) => {
    const flag = flagOf(key);
    return [code(key), flag === undefined ? "" : code(`--${flag}`), takes(option), option.description ?? ""];
  });
  const endpoint = rowsOf(propertiesOf(endpoints?.items as JsonSchema), "");
  return `## At the top of the file\n\n${
    printTable([["key", "flag", "takes", "meaning"], ...program])
  }\n## In an endpoint\n\nAll but ${["name", "url", "urlFile"].map(code).join(", ")} can stand under ${
    code("defaults")
  }, too.\n\n${printTable([["key", "takes", "meaning"], ...endpoint])}`;
}

function rowsOf(properties: Record<string, JsonSchema>, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([key, option]) => {
    const inner = option.additionalProperties;
    const parts = typeof inner === "object"
      ? rowsOf(propertiesOf(inner), `${prefix}${key}.NAME.`)
      : rowsOf(propertiesOf(option), `${prefix}${key}.`);
    return [[code(`${prefix}${key}`), takes(option), option.description ?? ""], ...parts];
  });
}

function propertiesOf({ properties = {} }: JsonSchema): Record<string, JsonSchema> {
  return properties as Record<string, JsonSchema>;
}

function takes({ title, type, const: only, enum: words, items }: JsonSchema): string {
  if (title !== undefined) return title;
  if (only !== undefined) return code(String(only));
  if (words !== undefined) return words.map((word) => code(String(word))).join(", ");
  if (type === "array") return `list of ${takes(items as JsonSchema)}`.replace(/ of text$/, "");
  return TYPES[String(type)] ?? "";
}

const TYPES: Record<string, string> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: `${code("true")}, ${code("false")}`,
  object: "map",
};

if (import.meta.main) {
  await Deno.writeTextFile(SCHEMA, jsonSchema());
  await Deno.writeTextFile(PAGE, withOptions(await Deno.readTextFile(PAGE)));
  say(`Wrote ${fileURLToPath(SCHEMA)} and ${fileURLToPath(PAGE)}.`);
}
