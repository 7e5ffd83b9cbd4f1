// deno-lint-ignore-file explicit-function-return-type -- the type of a schema is the schema once more
import * as v from "valibot";
import { REASONS } from "../change/reasons.ts";
import { parseInstant } from "../runtime/instant.ts";
import { OUTCOMES } from "./page/conditions.ts";
import { ProblemError } from "./problem.ts";
import type { Call } from "./routes.ts";

/*
 * What may stand behind the `?` and in the body of a request of the API. Every fault is a sentence that names the parameter.
 */

/** Deliveries that a request may ask for. */
export const MOST_DELIVERIES = 1_000;

function word() {
  return v.pipe(v.string("must be text"), v.maxLength(253, "must have 253 characters at the most"));
}

function oneOf<const W extends readonly string[]>(words: W) {
  return v.picklist(words, `must be one of ${words.join(", ")}`);
}

const instant = v.pipe(
  v.string("must be an instant such as 2026-11-27T12:00:00Z"),
  v.check(
    (text) => parseInstant(text) !== undefined,
    "must be an instant such as 2026-11-27T12:00:00Z",
  ),
  v.transform((text) => new Date(text).toISOString()),
);

/** Of a list of deliveries. */
export const deliveryParameters = v.strictObject({
  state: v.exactOptional(oneOf(["delivered", "pending", "failed"])),
  namespace: v.exactOptional(word()),
  pod: v.exactOptional(word()),
  reason: v.exactOptional(oneOf(REASONS)),
  outcome: v.exactOptional(oneOf([...OUTCOMES.keys()])),
  limit: v.exactOptional(v.pipe(
    v.string(),
    v.regex(/^\d{1,9}$/, `must be a whole number from 1 to ${MOST_DELIVERIES}`),
    v.transform(Number),
    v.minValue(1, `must be a whole number from 1 to ${MOST_DELIVERIES}`),
    v.maxValue(MOST_DELIVERIES, `must be a whole number from 1 to ${MOST_DELIVERIES}`),
  )),
});

/** The body of a resync. */
export const resyncBody = v.strictObject({ since: v.exactOptional(instant) });

/** Nothing at all. */
export const nothing = v.strictObject({});

/** A schema of parameters. */
type Parameters = v.GenericSchema<Record<string, unknown>, Record<string, unknown>>;

/** What stands behind the `?`. @throws {ProblemError} */
export function readQuery<const S extends Parameters>({ query }: Call, schema: S): v.InferOutput<S> {
  const given: Record<string, string> = Object.create(null);
  for (const [name, value] of query) {
    if (name in given) throw new ProblemError(400, `The parameter ${shown(name)} is given twice.`);
    given[name] = value;
  }
  return read({ ...given }, schema, "parameter");
}

/** What stands in the body: JSON, or nothing. @throws {ProblemError} */
export function readBody<const S extends Parameters>({ body, fields }: Call, schema: S): v.InferOutput<S> {
  if (body.length === 0) return read({}, schema, "property");
  const type = fields.get("content-type") ?? "";
  if (fields.has("content-encoding")) {
    throw new ProblemError(415, "The body must be sent as it is, not compressed.");
  }
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new ProblemError(
      415,
      "The body must be JSON: say so with Content-Type: application/json, or leave it out.",
    );
  }
  return read(parse(body), schema, "property");
}

function parse(body: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // The parser's words quote the body.
  }
  throw new ProblemError(400, "The body must be one object of JSON, such as {}.");
}

function read<const S extends Parameters>(
  given: Record<string, unknown>,
  schema: S,
  kind: "parameter" | "property",
): v.InferOutput<S> {
  const { success, output, issues = [] } = v.safeParse(schema, given);
  if (success) return output;
  const sentences = issues.map(({ message, path, expected }) => {
    const name = shown(String(path?.at(-1)?.key ?? ""));
    if (expected !== "never") return `The ${kind} ${name} ${message}.`;
    const known = Object.keys((schema as unknown as { entries: object }).entries);
    const there = known.length === 1 ? "there is" : "there are";
    const rest = known.length === 0 ? "none is taken here" : `${there} ${known.join(", ")}`;
    return `There is no ${kind} ${name}: ${rest}.`;
  });
  throw new ProblemError(400, sentences.join(" "));
}

/** What somebody wrote, as far as it is a name. */
function shown(name: string): string {
  return /^[\w.-]{1,40}$/.test(name) ? name : "with that name";
}
