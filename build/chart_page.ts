import { fileURLToPath } from "node:url";
import { isMap, type Node, parseDocument, type YAMLMap } from "yaml";
import { say } from "./command.ts";
import { jsonSchema } from "./config_page.ts";
import { code, printTable } from "./table.ts";

/*
 * What the Helm chart has from elsewhere (`deno task docs:chart`): the table of its README, from the comments in
 * values.yaml; in values.schema.json what `config` takes, from the source; and copies of what kube/monitoring has, since a
 * chart can read no file outside its folder. tests/chart_test.ts fails while they are not up to date.
 */

const CHART = new URL("../charts/k8svent/", import.meta.url);

/** The values and what is said of each. */
export const VALUES: URL = new URL("values.yaml", CHART);

/** The page whose table is written. */
export const PAGE: URL = new URL("README.md", CHART);

/** The schema of the values, which is written by hand but for `config`. */
export const SCHEMA: URL = new URL("values.schema.json", CHART);

/** Files of kube/monitoring, and where the chart has them. */
export const COPIES: [from: URL, to: URL][] = ["rules.yaml", "dashboard.json"].map((name) => [
  new URL(`../kube/monitoring/${name}`, import.meta.url),
  new URL(`files/${name}`, CHART),
]);

const BETWEEN = /(?<=<!-- values: [^>]*-->\n)[\s\S]*(?=<!-- \/values -->)/;

/** A value that a person sets: one without parts that are described by themselves. */
export interface Value {
  /** As for `--set`: `image.tag`. */
  path: string;
  fallback: unknown;
  /** Undefined where nothing is said. */
  meaning: string | undefined;
}

/** All of a values.yaml, in its order. */
export function readValues(text: string): Value[] {
  return valuesIn(parseDocument(text).contents as YAMLMap, "");
}

function valuesIn(map: YAMLMap, prefix: string): Value[] {
  return map.items.flatMap(({ key, value }, place) => {
    const path = `${prefix}${key}`;
    if (isMap(value) && value.items.some((_, part) => commentOn(value, part) !== undefined)) {
      return valuesIn(value, `${path}.`);
    }
    return [{ path, fallback: (value as Node).toJSON(), meaning: commentOn(map, place) }];
  });
}

/** What is said above a key; the parser has it at the map where that is the first. */
function commentOn(map: YAMLMap, place: number): string | undefined {
  const key = map.items[place]?.key as Node;
  const comment = key.commentBefore ?? (place === 0 ? map.commentBefore : undefined);
  return comment?.replaceAll(/\s+/g, " ").trim();
}

/**
 * The page with the table of these values, formatted as `deno fmt` does.
 *
 * @throws {Error} where the page has lost its marks.
 */
export function withValues(page: string, values: Value[]): string {
  if (!BETWEEN.test(page)) {
    throw new Error("charts/k8svent/README.md has no marks for the values: take the file from git.");
  }
  const rows = values.map(({ path, fallback, meaning = "" }) => [code(path), printed(fallback), meaning]);
  return page.replace(BETWEEN, () => `\n${printTable([["value", "default", "meaning"], ...rows])}\n`);
}

function printed(fallback: unknown): string {
  return fallback === "" ? "" : code(JSON.stringify(fallback));
}

/** The schema of the values, whose `config` is what the source takes. Empty, it is no file. */
export function withConfig(schema: string): string {
  const { properties, ...rest } = JSON.parse(schema);
  const { title: _, ...then } = JSON.parse(jsonSchema());
  const config = { type: "object", if: { minProperties: 1 }, then };
  return `${JSON.stringify({ ...rest, properties: { ...properties, config } }, undefined, 2)}\n`;
}

if (import.meta.main) {
  const values = readValues(await Deno.readTextFile(VALUES));
  await Deno.writeTextFile(PAGE, withValues(await Deno.readTextFile(PAGE), values));
  await Deno.writeTextFile(SCHEMA, withConfig(await Deno.readTextFile(SCHEMA)));
  for (const [from, to] of COPIES) await Deno.copyFile(from, to);
  say(`Wrote ${fileURLToPath(CHART)}.`);
}
