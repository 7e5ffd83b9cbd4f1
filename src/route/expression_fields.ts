import type { Reason } from "../change/reasons.ts";
import type { Summary } from "../change/summary.ts";
import { childrenOf, comprehensionIn, type Node } from "./expression_tree.ts";
import { POD_FIELDS } from "./pod_fields.ts";

/**
 * Fields that an expression names and no pod has, and values that a field never has: CEL finds nothing wrong with
 * `pod.spec.container`, which is an error with each pod, or with `has(pod.spec.nodename)` and `pod.status.phase ==
 * "running"`, which are false with each. A newer Kubernetes may have more than the list, so these are warnings.
 *
 * @returns a sentence for each
 */
export function misspellings(tree: Node): string[] {
  const found = new Set<string>();
  typeOf(tree, VARIABLES, found);
  return [...found];
}

/** What is known of a value: it is one of these objects, or of the strings (`=VALUE|VALUE`), or a list of them. */
interface Type {
  name: string;
  isList: boolean;
}

type Scope = ReadonlyMap<string, Type | undefined>;

/** A record, so that the compiler finds one that is missing. */
const REASONS: Record<Reason, ""> = {
  sync: "",
  created: "",
  phase: "",
  ready: "",
  terminated: "",
  restarted: "",
  waiting: "",
  image: "",
  scheduled: "",
  terminating: "",
  metadata: "",
  spec: "",
  status: "",
  unhealthy: "",
  unselected: "",
  deleted: "",
};

const VARIABLES: Scope = new Map([
  ["pod", { name: "Pod", isList: false }],
  ["previous", { name: "previous", isList: false }],
  ["reasons", { name: `=${Object.keys(REASONS).join("|")}`, isList: true }],
  ["event", { name: "=pod.changed|pod.deleted", isList: false }],
]);

/** That of a deletion is this program's. */
const PHASES = "=Pending|Running|Succeeded|Failed|Unknown|Deleted";

/** A record for the same reason. */
const SUMMARY: Record<keyof Summary, string> = {
  phase: PHASES,
  ready: "",
  unhealthy: "",
  unhealthyFrom: "",
  scheduled: "",
  terminating: "",
  restarts: "",
  waiting: "",
  terminations: "",
  images: "",
  metadata: "",
  spec: "",
  status: "",
};

/** Strings that an API server does not list, or not as they are sent. */
const VALUES: Record<string, string> = {
  "PodStatus.phase": PHASES,
  "PodCondition.status": "=True|False|Unknown",
};

/** By the name of a type its fields, each with its type as it is written in the list; "" is any. */
const TYPES: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  ["previous", new Map(Object.entries(SUMMARY))],
  ...POD_FIELDS.trim().split("\n").map((line): [string, Map<string, string>] => {
    const [name = "", ...fields] = line.split(" ");
    const types = fields.map((field): [string, string] => {
      const [key = "", type = ""] = field.split(":");
      return [key, VALUES[`${name}.${key}`] ?? type];
    });
    return [name, new Map(types)];
  }),
]);

/** Methods whose result is what they are called on, less an `optional` around it or some items. */
const KEEPS_TYPE = ["orValue", "or", "value", "filter"];

/** The type of a node; on the way each misspelt field below it is noted. undefined: not known. */
function typeOf(node: Node, scope: Scope, found: Set<string>): Type | undefined {
  const comprehension = comprehensionIn(node);
  if (comprehension !== undefined) {
    const range = typeOf(comprehension.range, scope, found);
    const item = range?.isList ? { name: range.name, isList: false } : undefined;
    const inner = new Map([...scope, [comprehension.item, item] as const]);
    for (const body of comprehension.bodies) typeOf(body, inner, found);
    return node.op === "rcall" && KEEPS_TYPE.includes(node.args[0]) ? range : undefined;
  }
  if (node.op === "id") return scope.get(node.args);
  const [first, ...others] = childrenOf(node).map((child) => typeOf(child, scope, found));
  if (node.op === "==" || node.op === "!=" || node.op === "in") {
    const [left, right] = node.args;
    noteValues(node, first, literalsIn(right), found);
    noteValues(node, others[0], literalsIn(left), found);
    return undefined;
  }
  if (node.op === "rcall" && KEEPS_TYPE.includes(node.args[0])) {
    return withDefault(first ?? others[0], node.args[2].flatMap(literalsIn));
  }
  if (first === undefined) return undefined;
  switch (node.op) {
    case ".":
    case ".?":
      return fieldOf(first, node.args[1], node, found);
    case "[]":
    case "[?]":
      if (first.isList) return { ...first, isList: false };
      return fieldOf(first, node.args[1].op === "value" ? node.args[1].args : undefined, node, found);
    default:
      return undefined;
  }
}

function fieldOf({ name, isList }: Type, field: unknown, node: Node, found: Set<string>): Type | undefined {
  const fields = TYPES.get(name);
  if (fields === undefined || typeof field !== "string" || isList) return undefined;
  const type = fields.get(field);
  if (type === undefined) {
    const near = [...fields.keys()].find((known) => isNear(known.toLowerCase(), field.toLowerCase()));
    const source = node.input.slice(node.start, node.end);
    found.add(`${source}: ${name} has no field ${field}${near === undefined ? "" : `, but ${near}`}.`);
    return undefined;
  }
  return type === "" ? undefined : { name: type.replace("[]", ""), isList: type.endsWith("[]") };
}

/** What is compared with it that it never is. */
function noteValues(node: Node, type: Type | undefined, literals: unknown[], found: Set<string>): void {
  const values = valuesOf(type);
  if (values === undefined) return;
  for (const literal of literals.filter((literal) => !values.includes(String(literal)))) {
    const near = values.find((known) => isNear(known.toLowerCase(), String(literal).toLowerCase()));
    const source = node.input.slice(node.start, node.end);
    const shown = typeof literal === "string" ? `"${literal}"` : String(literal);
    const instead = near === undefined ? `one of ${values.join(", ")}` : `"${near}"`;
    found.add(`${source}: it is never ${shown}, but ${instead}.`);
  }
}

function valuesOf(type: Type | undefined): string[] | undefined {
  return type?.name.startsWith("=") ? type.name.slice(1).split("|") : undefined;
}

/** What a value is compared with, as far as it is written out. What is absent is often read as "". */
function literalsIn(node: Node): unknown[] {
  if (node.op === "list") return node.args.flatMap(literalsIn);
  return node.op === "value" && node.args !== "" && node.args !== null ? [node.args] : [];
}

/** `orValue("none")` adds a value to those of a field. */
function withDefault(type: Type | undefined, literals: unknown[]): Type | undefined {
  if (type === undefined || valuesOf(type) === undefined) return type;
  return { ...type, name: [type.name, ...literals].join("|") };
}

/** Upper or lower case, one or many: what people get wrong most. */
function isNear(known: string, field: string): boolean {
  return known.startsWith(field) || field.startsWith(known);
}
