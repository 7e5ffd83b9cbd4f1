import type { ASTNode } from "@marcbachmann/cel-js";

/** One part of an expression, as the library parses it. */
export type Node = ASTNode;

/** A macro that evaluates its other arguments once for each item of its receiver: `list.exists(item, …)`. */
export interface Comprehension {
  range: Node;
  /** What an item is called in the bodies. */
  item: string;
  bodies: readonly Node[];
}

const COMPREHENSIONS = ["all", "exists", "exists_one", "filter", "map"];

/** The node as a comprehension; undefined where it is something else. */
export function comprehensionIn(node: Node): Comprehension | undefined {
  if (node.op !== "rcall") return undefined;
  const [name, range, [item, ...bodies]] = node.args;
  if (!COMPREHENSIONS.includes(name) || item?.op !== "id") return undefined;
  return { range, item: item.args, bodies };
}

/** What the node is made of, from left to right; without the name that a comprehension gives its items. */
export function childrenOf(node: Node): readonly Node[] {
  const comprehension = comprehensionIn(node);
  if (comprehension !== undefined) return [comprehension.range, ...comprehension.bodies];
  switch (node.op) {
    case "value":
    case "id":
      return [];
    case ".":
    case ".?":
      return [node.args[0]];
    case "call":
      return node.args[1];
    case "rcall":
      return [node.args[1], ...node.args[2]];
    case "map":
      return node.args.flat();
    case "!_":
    case "-_":
      return [node.args];
    default:
      return node.args;
  }
}

/** The node and all below it. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesOf(child);
}
