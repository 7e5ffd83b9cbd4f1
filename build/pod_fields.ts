import { fileURLToPath } from "node:url";
import { say } from "./command.ts";

/*
 * src/route/pod_fields.ts, made from an API server's OpenAPI:
 *
 *     kubectl get --raw /openapi/v3/api/v1 | deno run -P=build build/pod_fields.ts
 *
 * tests/cluster/pod_fields_test.ts fails while the file is not what the API server of the tests serves.
 */

/** The file that is written. */
export const FILE: URL = new URL("../src/route/pod_fields.ts", import.meta.url);

interface Schema {
  properties?: Record<string, Schema>;
  allOf?: Schema[];
  items?: Schema;
  additionalProperties?: Schema;
  $ref?: string;
  enum?: string[];
}

/** What has more values than this is left open: nobody is helped by all signals. */
const MOST_VALUES = 20;

/** The file's text. @param openapi `/openapi/v3/api/v1`, parsed */
export function printPodFields(openapi: { components: { schemas: Record<string, Schema> } }): string {
  const { schemas } = openapi.components;
  const types = new Map<string, string>();
  const visit = (path: string): void => {
    const { properties } = schemas[path] ?? {};
    if (properties === undefined || types.has(nameOf(path))) return;
    types.set(nameOf(path), "");
    const fields = Object.entries(properties)
      // It is cut out of every pod.
      .filter(([name]) => name !== "managedFields")
      .map(([name, schema]) => {
        const { path, kind } = typeOf(schema);
        const { enum: values = [] } = schema;
        if (values.length > 0 && values.length <= MOST_VALUES) return `${name}:=${values.join("|")}`;
        if (path === undefined || schemas[path]?.properties === undefined) return name;
        visit(path);
        return `${name}:${nameOf(path)}${kind}`;
      });
    types.set(nameOf(path), fields.join(" "));
  };
  visit("io.k8s.api.core.v1.Pod");
  const lines = [...types].map(([name, fields]) => `${name} ${fields}`);
  return `${HEAD}export const POD_FIELDS = \`\n${lines.join("\n")}\n\`;\n`;
}

const HEAD = `/**
 * The types that v1.Pod is made of, one a line: \`TYPE FIELD FIELD:TYPE FIELD:TYPE[] FIELD:=VALUE|VALUE …\`; of fields that are
 * strings, numbers or maps the type is left out, but where few strings are possible. Made by build/pod_fields.ts.
 */
`;

function typeOf(schema: Schema): { path: string | undefined; kind: "" | "[]" } {
  if (schema.items !== undefined) return { path: typeOf(schema.items).path, kind: "[]" };
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
  return { path: ref?.replace("#/components/schemas/", ""), kind: "" };
}

/** `PodSpec` of `io.k8s.api.core.v1.PodSpec`. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

if (import.meta.main) {
  const openapi = await new Response(Deno.stdin.readable).json();
  await Deno.writeTextFile(FILE, printPodFields(openapi));
  say(`${fileURLToPath(FILE)} is written.`);
}
