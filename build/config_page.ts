import { fileURLToPath } from "node:url";
import { toJsonSchema } from "@valibot/to-json-schema";
import { NO_RULES } from "../src/config/rules.ts";
import { configSchema } from "../src/config/schema.ts";
import { say } from "./command.ts";

/** The JSON Schema that is written. */
export const SCHEMA: URL = new URL("../docs/config.schema.json", import.meta.url);

/** The schema of the configuration file for editors, made from the one of the source. */
export function jsonSchema(): string {
  const schema = toJsonSchema(configSchema({ ...NO_RULES, file: (path) => path }), {
    errorMode: "ignore",
    typeMode: "input",
  });
  return `${JSON.stringify({ title: "k8svent.yaml", ...schema }, undefined, 2)}\n`;
}

if (import.meta.main) {
  await Deno.writeTextFile(SCHEMA, jsonSchema());
  say(`Wrote ${fileURLToPath(SCHEMA)}.`);
}
