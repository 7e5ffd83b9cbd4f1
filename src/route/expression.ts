/**
 * Expressions of the endpoint file's `filter`: CEL, with `optional` types, over
 *
 *     pod          the v1.Pod of the message, unredacted
 *     reasons      why it is sent: ["restarted", "waiting"]
 *     event        "pod.changed" or "pod.deleted"
 *     previous     the summary of the version before (`change/summary.ts`); null where there was none
 *     workload     "Deployment/web"; "" where it is not known. `cluster` and `environment` likewise
 *
 * An expression is read once (compileExpression) and evaluated for each message. Where it differs from CEL elsewhere:
 *
 * - The numbers of a pod are doubles, as JSON's are. Operators that mix them with integers (`restartCount + 1`) are
 *   added here, and give doubles.
 * - `matches` is RE2, as CEL has it, and not the library's RegExp, which can take for ever (`expression_pattern.ts`).
 * - It costs no more than `expression_cost.ts` allows.
 *
 * No message of an error shows what is in a pod: they quote the expression, and name types.
 *
 * This module loads its libraries, some 14 MB of memory: import it lazily (`await import`), where there is an expression.
 */
import { Environment } from "@marcbachmann/cel-js";
import type { Reason } from "../change/reasons.ts";
import type { Summary } from "../change/summary.ts";
import type { Pod } from "../pod/pod.ts";
import {
  checkNesting,
  CostError,
  countSteps,
  MOST_NODES,
  nestingOf,
  Steps,
  tooDeep,
} from "./expression_cost.ts";
import { misspellings } from "./expression_fields.ts";
import { Patterns } from "./expression_pattern.ts";
import { readable } from "./expression_pod.ts";
import { type Node, nodesOf } from "./expression_tree.ts";

/** What an expression is evaluated over. */
export interface ExpressionInput {
  pod: Pod;
  reasons: readonly Reason[];
  event: "pod.changed" | "pod.deleted";
  previous: Summary | null;
  cluster: string;
  environment: string;
  workload: string;
}

/** An expression that was read. */
export interface Expression {
  /** Sentences about what looks like a slip: fields that no pod has, values that a field never has. */
  readonly warnings: readonly string[];
  /** Depends on nothing but what is given, and never throws. */
  evaluate(given: ExpressionInput): Evaluation;
}

/** Whether a message is wanted, or why that cannot be said: a clause without any value of the pod. */
export type Evaluation = { kind: "value"; value: boolean } | { kind: "error"; why: string };

/** What is wrong with an expression, and where: offsets in its text. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  readonly start: number;
  readonly end: number;

  constructor(message: string, { start, end }: { start: number; end: number }) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

/**
 * Reads an expression.
 *
 * @throws {ExpressionError} if it is not CEL, knows other variables or functions than there are, is certainly no bool,
 * has a pattern that is not RE2's or a time that is none, or is too large
 */
export function compileExpression(text: string): Expression {
  const own = { patterns: new Patterns(), steps: new Steps() };
  const program = parse(text);
  const tree = program.ast;
  refuseWhatIsTooMuch(tree);
  compilePatterns(tree, own.patterns);
  checkTypes(program);
  checkTimes(tree);
  countSteps(tree, own.steps);
  const nesting = nestingOf(tree);
  return {
    warnings: misspellings(tree),
    evaluate: (given) => {
      try {
        running = own;
        own.steps.begin();
        checkNesting(given.pod, nesting);
        const value: unknown = program({ ...given, pod: readable(given.pod) });
        if (typeof value === "boolean") return value ? YES : NO;
        return { kind: "error", why: "its result is neither true nor false" };
      } catch (error) {
        return { kind: "error", why: evaluationFault(error, text) };
      }
    },
  };
}

const YES: Evaluation = { kind: "value", value: true };
const NO: Evaluation = { kind: "value", value: false };

type Program = ReturnType<Environment["parse"]>;

/** The function that takes the place of `matches`: a name that nobody can write. */
const MATCHES = "matches by RE2";

const ENVIRONMENT = new Environment({
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: MOST_NODES },
})
  .registerVariable("pod", "map<string, dyn>")
  .registerVariable("reasons", "list<string>")
  .registerVariable("event", "string")
  .registerVariable("previous", "dyn")
  .registerVariable("cluster", "string")
  .registerVariable("environment", "string")
  .registerVariable("workload", "string");

const VARIABLES = "pod, reasons, event, previous, cluster, environment and workload";

for (const [left, right] of [["double", "int"], ["int", "double"]]) {
  ENVIRONMENT.registerOperator(
    `${left} + ${right}: double`,
    (a: Numeric, b: Numeric) => Number(a) + Number(b),
  );
  ENVIRONMENT.registerOperator(
    `${left} - ${right}: double`,
    (a: Numeric, b: Numeric) => Number(a) - Number(b),
  );
  ENVIRONMENT.registerOperator(
    `${left} * ${right}: double`,
    (a: Numeric, b: Numeric) => Number(a) * Number(b),
  );
  ENVIRONMENT.registerOperator(
    `${left} / ${right}: double`,
    (a: Numeric, b: Numeric) => Number(a) / Number(b),
  );
  ENVIRONMENT.registerOperator(`${left} % ${right}: double`, remainder);
}
ENVIRONMENT.registerOperator("double % double: double", remainder);
ENVIRONMENT.registerOperator("double == int: bool", (a: number, b: bigint) => a === Number(b));

type Numeric = number | bigint;

/** Of numbers that are integers in Kubernetes, so without one it is an error, as it is of integers. */
function remainder(a: Numeric, b: Numeric): number {
  if (Number(b) === 0) throw new OwnFault("a remainder of a division by zero");
  return Number(a) % Number(b);
}

/**
 * What belongs to the expression that is evaluated just now. An evaluation is synchronous and begins no other; an
 * environment of its own for each expression would take 27 KB.
 */
let running: { patterns: Patterns; steps: Steps } = { patterns: new Patterns(), steps: new Steps() };

ENVIRONMENT.registerFunction({
  name: MATCHES,
  receiverType: "string",
  params: [{ name: "pattern", type: "string" }],
  returnType: "bool",
  async: false,
  handler: (text: string, pattern: string): boolean => {
    const { patterns, steps } = running;
    const isFound = patterns.isFound(pattern, text, (count) => steps.spend(count));
    if (isFound === undefined) throw new OwnFault("a pattern that it computes is not one of RE2");
    return isFound;
  },
});

/** What a function of this module refuses; the message shows no value. */
class OwnFault extends Error {}

function parse(text: string): Program {
  try {
    return ENVIRONMENT.parse(text);
  } catch (error) {
    throw compilationFault(error, text);
  }
}

function refuseWhatIsTooMuch(tree: Node): void {
  const deep = tooDeep(tree);
  if (deep !== undefined) {
    throw new ExpressionError("comprehensions (exists, all, map, …) are nested more than twice", deep);
  }
  for (const node of nodesOf(tree)) {
    // It is no part of CEL's standard, and a value that is named can be doubled again and again.
    if (node.op === "rcall" && node.args[1].op === "id" && node.args[1].args === "cel") {
      throw new ExpressionError("there is no cel.bind here: write its value where it is used", node);
    }
  }
}

function compilePatterns(tree: Node, patterns: Patterns): void {
  for (const node of nodesOf(tree)) {
    if (node.op !== "rcall" || node.args[0] !== "matches") continue;
    node.args[0] = MATCHES;
    const [pattern] = node.args[2];
    if (pattern?.op !== "value" || typeof pattern.args !== "string") continue;
    const fault = patterns.add(pattern.args);
    if (fault !== undefined) throw new ExpressionError(`the pattern is not one of RE2: ${fault}`, pattern);
  }
}

function checkTypes(program: Program): void {
  const { valid, type, error } = program.check();
  if (!valid) throw compilationFault(error, program.ast.input);
  if (type !== "bool" && type !== "dyn") {
    throw new ExpressionError(`its result is ${type}, and not true or false`, program.ast);
  }
}

/** The functions that read a time, and what they take. */
const TIMES: ReadonlyMap<string, string> = new Map([
  ["duration", 'a duration of CEL, such as "90s", "10m" or "24h" (there are no days)'],
  ["timestamp", 'a timestamp such as "2026-01-31T12:00:00Z"'],
]);

/** A time that is written out is read now: it would be an error with each pod. */
function checkTimes(tree: Node): void {
  for (const node of nodesOf(tree)) {
    if (node.op !== "call") continue;
    const [name, [text]] = node.args;
    const wanted = TIMES.get(name);
    if (wanted === undefined || text?.op !== "value" || typeof text.args !== "string") continue;
    try {
      ENVIRONMENT.evaluate(node.input.slice(node.start, node.end));
    } catch {
      throw new ExpressionError(`the text is not ${wanted}`, text);
    }
  }
}

/** The library's errors, whose classes it does not export. Their `message` shows the expression, `summary` does not. */
interface CelError {
  code: string;
  summary: string;
  node?: { start: number; end: number };
  range?: { start: number; end: number };
}

function celErrorIn(error: unknown): CelError | undefined {
  return error instanceof Error && "code" in error && "summary" in error
    ? error as unknown as CelError
    : undefined;
}

function compilationFault(error: unknown, text: string): ExpressionError {
  const fault = celErrorIn(error);
  if (fault === undefined) return new ExpressionError("it cannot be read", { start: 0, end: text.length });
  const { start, end } = fault.node ?? fault.range ?? { start: 0, end: text.length };
  return new ExpressionError(sentenceOf(fault), { start, end: Math.min(Math.max(end, start), text.length) });
}

function sentenceOf({ code, summary }: CelError): string {
  const [, name] = /: (\w+)$/.exec(summary) ?? [];
  switch (code) {
    case "unknown_variable":
      return `there is no variable ${name}, but ${VARIABLES}`;
    case "limit_exceeded":
      return summary.includes("maxAstNodes")
        ? `it has more than ${MOST_NODES} parts`
        : `it is nested or listed too far: ${plain(summary)}`;
    default:
      return plain(summary);
  }
}

/** In words: the library names its tokens, and types that it only guesses at. */
function plain(summary: string): string {
  return summary
    .replaceAll(MATCHES, "matches")
    .replaceAll(/dyn<(\w+)>/g, "$1")
    .replaceAll(/\b(EOF|[LR](?:PAREN|BRACKET|BRACE))\b/g, (token) => TOKENS[token] ?? token)
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

const TOKENS: Record<string, string> = {
  EOF: "the end",
  LPAREN: "(",
  RPAREN: ")",
  LBRACKET: "[",
  RBRACKET: "]",
  LBRACE: "{",
  RBRACE: "}",
};

/** Where the library's sentence names types, operators and functions, and never a value. */
const NAMES_TYPES = [
  "no_such_overload",
  "no_matching_overload",
  "invalid_logical_operand",
  "invalid_condition_type",
  "invalid_comprehension_range",
  "division_by_zero",
  "modulo_by_zero",
  "int_conversion_error",
  "invalid_timestamp",
  "optional_value_missing",
  "optional_expected",
];

function evaluationFault(error: unknown, text: string): string {
  if (error instanceof CostError || error instanceof OwnFault) return error.message;
  const fault = celErrorIn(error);
  if (fault === undefined) return "it cannot be evaluated with this pod";
  return `${placeIn(text, fault.node ?? fault.range)}${whatOf(fault)}`;
}

function whatOf({ code, summary }: CelError): string {
  switch (code) {
    case "no_such_key":
      return 'is not there (.?field and [?"key"] with .orValue(…) read what may be absent)';
    case "index_out_of_bounds":
      return "is not there: the list is shorter";
    default:
      return NAMES_TYPES.includes(code) ? plain(summary) : "has a value that does not fit";
  }
}

/** `pod.metadata.labels["x"] (1:1) `: the part of the expression, with line and column. */
function placeIn(text: string, part: { start: number; end: number } | undefined): string {
  if (part === undefined) return "";
  const before = text.slice(0, part.start).split("\n");
  const column = (before.at(-1) ?? "").length + 1;
  const source = text.slice(part.start, part.end).replaceAll(/\s+/g, " ");
  const shown = source.length > LONGEST_PART ? `${source.slice(0, LONGEST_PART)}…` : source;
  return `${shown} (${before.length}:${column}) `;
}

/** Characters of the expression that an error quotes. */
const LONGEST_PART = 60;
