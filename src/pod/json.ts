import { fieldsOf } from "./anything.ts";
import { decode, encode } from "./json_bytes.ts";
import type { Pod, PodRef } from "./pod.ts";

/**
 * A number that `JSON.parse` may print otherwise: an integer of 16 digits or more (the shortest that a double may
 * not hold), `-0`, and any with a fraction or an exponent. It must follow `:`, `,` or `[` (or begin the text) and,
 * lest the tag of each image (`app:1.25`) match, end as a number does. Inside a string the same characters match
 * too, which costs time, never exactness.
 */
const INEXACT = /(?:^|[:,[])\s*-?(?:\d{16}|(?:\d+(?:\.\d|[eE][+-]?\d)|(?<=-)0)[\deE+-]*(?:[\s,\]}]|$))/;

/**
 * Parses JSON without changing a number: one that a double cannot repeat digit for digit (such as
 * `tolerationSeconds: 9223372036854775807`) becomes a `JSON.rawJSON` object, which `JSON.stringify` writes as
 * it was. The reviver doubles the cost of parsing, so it is used only where such a number can stand.
 *
 * Where the text is nested too deeply for a reviver, which goes through it by recursion, its numbers are as JavaScript
 * has them: no pod of Kubernetes is, and one odd object must not end the program.
 *
 * @throws {SyntaxError} if the text is not JSON; the message carries no part of the text.
 */
export function parseExact(text: string): unknown {
  try {
    return INEXACT.test(text) ? parseWithSource(text) : parse(text);
  } catch (cause) {
    // V8 quotes the text around the fault, which may be a pod's environment.
    throw new SyntaxError(`Cannot parse ${text.length} characters as JSON`, { cause: (cause as Error).name });
  }
}

function parseWithSource(text: string): unknown {
  try {
    return parse(text, keepSource);
  } catch (error) {
    if (error instanceof RangeError) return parse(text);
    throw error;
  }
}

function keepSource(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== "number" || context.source === undefined) return value;
  return String(value) === context.source ? value : rawJSON(context.source);
}

/** Both are in V8 (ECMA-262 proposal "JSON.parse source text access"), not yet in TypeScript's library. */
const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, reviver?: typeof keepSource): unknown;
  rawJSON(text: string): unknown;
};

/**
 * The pod as `kubectl get pod NAME -o json` shows it: `apiVersion` and `kind` first (the items of a list lack
 * them), no `metadata.managedFields`.
 */
export function printPod(pod: Pod): string {
  const { apiVersion: _a, kind: _k, metadata: { managedFields: _m, ...metadata }, ...rest } = pod;
  // By hand: of an object's names JavaScript puts those first that look like numbers.
  return `{"apiVersion":"v1","kind":"Pod",${JSON.stringify({ metadata, ...rest }).slice(1)}`;
}

/** The last known object of a pod that is gone: the same, but `status.phase` says so. */
export function printDeletedPod(pod: Pod): string {
  return printPod({ ...pod, status: { ...fieldsOf(pod.status), phase: "Deleted" } });
}

/** The same as the body of a message. */
export function deletedBody(pod: Pod): Uint8Array<ArrayBuffer> {
  return encode(`{"pod":${printDeletedPod(pod)}}`);
}

/** Of a pod whose body is not there, or cannot be sent as it is: which one it is, in which version, and whether it is gone. */
export function identityBody(
  { name, namespace, uid, resourceVersion }: PodRef & { resourceVersion: string },
  isDeleted: boolean,
): Uint8Array<ArrayBuffer> {
  const pod: Pod = { metadata: { name, namespace, uid, resourceVersion } };
  return isDeleted ? deletedBody(pod) : encode(`{"pod":${printPod(pod)}}`);
}

/** The pod in a body that the program made, its numbers as JavaScript has them: to be asked about, not to be printed. */
export function plainPodIn(body: Uint8Array): Pod {
  return (JSON.parse(decode(body)) as { pod: Pod }).pod;
}

/** The pod in a body that the program made, each number exact. */
export function podIn(body: Uint8Array): Pod {
  return (parseExact(decode(body)) as { pod: Pod }).pod;
}
