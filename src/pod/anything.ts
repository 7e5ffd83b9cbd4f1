/**
 * Reading what may be anything. Of a pod that the API server sent only four fields are sure (`PodObject`): other
 * servers put `null`, a number or a text where `v1.Pod` has an object or a list. What is not what it should be is
 * read as if it were not there, so that one odd object stops nothing.
 */

/** The fields of an object; none where it is something else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? value as Record<string, unknown> : NONE;
}

const NONE: Readonly<Record<string, unknown>> = {};

/** The fields of each object in a list. */
export function objectsIn(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(fieldsOf).filter((fields) => fields !== NONE) : [];
}

/** A text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
