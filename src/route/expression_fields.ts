import type { Summary } from "../change/summary.ts";
import { childrenOf, comprehensionIn, type Node } from "./expression_tree.ts";
import { POD_FIELDS } from "./pod_fields.ts";

/**
 * Fields that an expression names and no pod has: CEL finds nothing wrong with `pod.spec.container`, which is an error
 * with each pod, or with `has(pod.spec.nodename)`, which is false with each. A newer Kubernetes may have more fields
 * than the list, so these are warnings.
 *
 * @returns a sentence for each
 */
export function misspeltFields(tree: Node): string[] {
  const found = new Set<string>();
  typeOf(tree, new Map([["pod", { name: "Pod", isList: false }], ["previous", PREVIOUS]]), found);
  return [...found];
}

/** What is known of a value: it is one of these objects, or a list of them. */
interface Type {
  name: string;
  isList: boolean;
}

type Scope = ReadonlyMap<string, Type | undefined>;

const PREVIOUS: Type = { name: "previous", isList: false };

/** A record, so that the compiler finds one that is missing. */
const SUMMARY: Record<keyof Summary, ""> = {
  phase: "",
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

/** By the name of a type its fields, each with its type as it is written in the list; "" is any. */
const TYPES: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [PREVIOUS.name, new Map(Object.entries(SUMMARY))],
  ...POD_FIELDS.trim().split("\n").map((line): [string, Map<string, string>] => {
    const [name = "", ...fields] = line.split(" ");
    return [name, new Map(fields.map((field) => [field.split(":")[0] ?? "", field.split(":")[1] ?? ""]))];
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
  if (node.op === "rcall") return KEEPS_TYPE.includes(node.args[0]) ? first ?? others[0] : undefined;
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

/** Upper or lower case, one or many: what people get wrong most. */
function isNear(known: string, field: string): boolean {
  return known.startsWith(field) || field.startsWith(known);
}
