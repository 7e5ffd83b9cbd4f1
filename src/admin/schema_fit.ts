import { type Schema, SCHEMAS } from "./openapi_schemas.ts";

/*
 * Whether an answer has the form that the API's schema describes: much else answers with JSON, and what is taken for a status
 * without being one would be a fault of the program that asks. Of a later version more properties and more words may come.
 */

/** The keywords that `openapi_schemas.ts` uses and that count here. */
interface Form {
  $ref?: string;
  type?: string;
  format?: string;
  items?: Schema;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: Schema | boolean;
}

/** Whether a value has the form of a schema, with all that is in it. */
export function fits(value: unknown, schema: Schema): boolean {
  const { $ref, type, format, items, ...form } = schema as Form;
  if ($ref !== undefined) return fits(value, SCHEMAS[$ref.slice($ref.lastIndexOf("/") + 1)] ?? {});
  switch (type) {
    case "array":
      return Array.isArray(value) && value.every((item) => fits(item, items ?? {}));
    case "object":
      return isMap(value) && hasForm(value, form);
    case "integer":
      return Number.isInteger(value);
    case "string":
      return typeof value === "string" && (format !== "date-time" || !Number.isNaN(Date.parse(value)));
    default:
      return type === undefined || typeof value === type;
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasForm(value: Record<string, unknown>, { properties = {}, required = [], ...form }: Form): boolean {
  const others = typeof form.additionalProperties === "object" ? form.additionalProperties : {};
  return required.every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, part]) =>
      fits(part, Object.hasOwn(properties, name) ? properties[name] ?? {} : others)
    );
}
