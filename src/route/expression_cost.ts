/**
 * What an evaluation may cost. The operator writes the expression, but whoever may create pods decides how long its
 * lists and strings are, and an evaluation stops everything else. So three bounds hold:
 *
 *     when it is read      at most MOST_NODES nodes, and comprehensions nested at most DEEPEST deep
 *     before it is run     (the longest list of the pod) ^ nesting ≤ MOST_STEPS
 *     while it runs        MOST_STEPS steps within comprehensions: a step for each item, and as many as what a function
 *                          or an operator looks at is long. `[text].map(x, x + x).map(x, x + x)…` doubles the text at
 *                          each turn, and `text.split("")` is longer than any list that the pod has. What `matches` looks
 *                          at counts everywhere, and the more the larger the pattern is (`expression_pattern.ts`)
 *
 * Outside of comprehensions each node is evaluated once, and no text can grow beyond MOST_NODES times the pod.
 */
import { childrenOf, comprehensionIn, type Node } from "./expression_tree.ts";

/** Nodes of one expression: `pod.metadata.name == "x"` has five. */
export const MOST_NODES = 500;

/** How deep comprehensions may be nested. */
export const DEEPEST = 2;

/** Of one evaluation: a tenth of a second, a quarter at the most. */
const MOST_STEPS = 1_000_000;

/** How deep comprehensions are nested: 0 without any. */
export function nestingOf(node: Node): number {
  const comprehension = comprehensionIn(node);
  if (comprehension === undefined) return Math.max(0, ...childrenOf(node).map(nestingOf));
  return Math.max(nestingOf(comprehension.range), 1 + Math.max(0, ...comprehension.bodies.map(nestingOf)));
}

/** The first comprehension that stands deeper than DEEPEST; undefined: none does. */
export function tooDeep(node: Node, depth = 0): Node | undefined {
  const comprehension = comprehensionIn(node);
  if (comprehension === undefined) return firstOf(childrenOf(node), (child) => tooDeep(child, depth));
  if (depth === DEEPEST) return node;
  return tooDeep(comprehension.range, depth) ??
    firstOf(comprehension.bodies, (body) => tooDeep(body, depth + 1));
}

function firstOf(nodes: readonly Node[], find: (node: Node) => Node | undefined): Node | undefined {
  for (const node of nodes) {
    const found = find(node);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Thrown where an evaluation costs too much. */
export class CostError extends Error {
  override readonly name = "CostError";
}

const TOO_MANY_STEPS = new CostError(`it takes more than ${MOST_STEPS} steps with this pod`);

/** The steps of one expression's evaluations, one after the other. */
export class Steps {
  #left = MOST_STEPS;

  /** An evaluation begins. */
  begin(): void {
    this.#left = MOST_STEPS;
  }

  /** @throws {CostError} the same one each time: an expression that swallows it goes on to the next one */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw TOO_MANY_STEPS;
  }
}

/** @throws {CostError} if the nested comprehensions could take too long with this pod. */
export function checkNesting(pod: object, nesting: number): void {
  if (nesting < 2) return;
  const longest = longestIn(pod);
  if (longest ** nesting <= MOST_STEPS) return;
  throw new CostError(
    `the pod has a list of ${longest} items, too many for comprehensions in comprehensions`,
  );
}

const LONGEST = new WeakMap<object, number>();

/** Items of the longest list or object anywhere in it. Many expressions ask about one pod. */
function longestIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const known = LONGEST.get(value);
  if (known !== undefined) return known;
  const items: unknown[] = Array.isArray(value) ? value : Object.values(value);
  const longest = items.reduce((most: number, item) => Math.max(most, longestIn(item)), items.length);
  LONGEST.set(value, longest);
  return longest;
}

/**
 * Makes an expression that is parsed and checked count its steps within comprehensions.
 *
 * @param isRepeated whether the node is evaluated once for each item of something
 */
export function countSteps(node: Node, steps: Steps, isRepeated = false): void {
  const comprehension = comprehensionIn(node);
  const measure = isRepeated ? measureOf(node) : undefined;
  for (const operand of comprehension === undefined ? childrenOf(node) : [comprehension.range]) {
    countSteps(operand, steps, isRepeated);
    if (measure !== undefined) instrument(operand, NOTHING, (value) => steps.spend(measure(value)));
  }
  for (const body of comprehension?.bodies ?? []) {
    countSteps(body, steps, true);
    instrument(body, () => steps.spend(1), NOTHING);
  }
}

const NOTHING = (): void => {};

/**
 * Lets a node tell that it is evaluated. The library looks a node's `evaluate` up at each evaluation, where the first
 * one leaves a shorter way to what is in `meta`. It offers no other way to stop an evaluation.
 */
function instrument(node: Node, before: () => void, after: (value: unknown) => void): void {
  const evaluable = node as unknown as Evaluable;
  const { alternate, macro } = evaluable.meta;
  const target = alternate ?? macro;
  const evaluate = target === undefined ? evaluable.meta.evaluate : undefined;
  evaluable.evaluate = (evaluator, self, context) => {
    before();
    const value = evaluate === undefined
      ? target?.evaluate(evaluator, target, context)
      : evaluate(evaluator, self, context);
    after(value);
    return value;
  };
}

type Evaluate = (evaluator: unknown, self: unknown, context: unknown) => unknown;

/** What the library keeps in a node and does not declare. */
interface Evaluable {
  evaluate: Evaluate;
  /** At most one of the two is there: what the node stands for, where it is a macro or a constant. */
  meta: { evaluate: Evaluate; alternate?: { evaluate: Evaluate }; macro?: { evaluate: Evaluate } };
}

function measureOf({ op }: Node): ((value: unknown) => number) | undefined {
  if (COMPARES_DEEPLY.includes(op)) return sizeOf;
  return READS_LENGTH.includes(op) ? lengthOf : undefined;
}

const COMPARES_DEEPLY: readonly string[] = ["==", "!=", "in"];
const READS_LENGTH: readonly string[] = ["+", "call", "rcall"];

/** A processor handles some 16 characters of a text in the time of a step. */
function lengthOf(value: unknown): number {
  if (typeof value === "string") return value.length >> 4;
  return Array.isArray(value) ? value.length : 0;
}

const SIZES = new WeakMap<object, number>();

/** The same with all that is inside. */
function sizeOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return lengthOf(value);
  const known = SIZES.get(value);
  if (known !== undefined) return known;
  const items: unknown[] = Array.isArray(value) ? value : Object.values(value);
  const size = items.reduce((sum: number, item) => sum + 1 + sizeOf(item), 0);
  SIZES.set(value, size);
  return size;
}
