import type { Expression } from "../route/expression.ts";
import { parseLabelSelector } from "../route/label_selector.ts";
import { UsageError } from "./usage_error.ts";

/*
 * The rules of an endpoint: a text, read to be sure that it can be. What reads expressions and patterns takes some memory,
 * so it is loaded when there is one.
 */

/** Takes a text and its place, for the error. Returns the text. */
export type ReadRule = (text: string, from: string) => string;

/** What reads the rules of a file. */
export interface Rules {
  /** CEL. */
  filter: ReadRule;
  /** RE2. */
  pattern: ReadRule;
  /** What looks like a slip in an expression that can be read, a sentence each. */
  warnings: (expression: string) => readonly string[];
}

/** For a file that has neither; and where only the shape of the file matters. */
export const NO_RULES: Rules = { filter: (text) => text, pattern: (text) => text, warnings: () => [] };

/** Loads what a file needs, by the keys that it has anywhere. */
export async function loadRules(has: (key: string) => boolean): Promise<Rules> {
  return {
    ...NO_RULES,
    ...has("filter") && await loadFilter(),
    ...has("patterns") && await loadPattern(),
  };
}

async function loadFilter(): Promise<Pick<Rules, "filter" | "warnings">> {
  const { compileExpression, ExpressionError } = await import("../route/expression.ts");
  const compile = (text: string, from: string): Expression => {
    try {
      return compileExpression(text);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      throw new UsageError(`${from}, ${placeIn(text, error.start)}: ${error.message}.`, { cause: error });
    }
  };
  /** What was read for its errors is asked for its warnings afterwards. */
  const read = new Map<string, Expression>();
  return {
    filter(text, from): string {
      read.set(text, compile(text, from));
      return text;
    },
    warnings: (text) => (read.get(text) ?? compileExpression(text)).warnings,
  };
}

async function loadPattern(): Promise<Pick<Rules, "pattern">> {
  const { compilePattern } = await import("../pod/pattern.ts");
  return {
    pattern(text, from): string {
      if (/^\n|\n$/.test(text)) {
        throw new UsageError(
          `${from} has a line break around it, which would have to be in what it matches: write it on one line ` +
            "(in YAML without | and >).",
        );
      }
      try {
        compilePattern(text);
        return text;
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        throw new UsageError(`${from}: ${error.message}`, { cause: error });
      }
    },
  };
}

/** Where it is in the text of an expression, which YAML may have taken from several lines. */
function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  const character = `character ${(before.at(-1)?.length ?? 0) + 1}`;
  return text.trimEnd().includes("\n") ? `line ${before.length}, ${character}` : character;
}

/** Of labels, as kubectl's. */
export function selector(text: string, from: string): string {
  try {
    parseLabelSelector(text);
    return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`${from}: ${error.message}`, { cause: error });
  }
}
