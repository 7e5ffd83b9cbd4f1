import { RE2JS, RE2JSException } from "re2js";
import type { Span } from "./located.ts";

/**
 * Patterns of RE2, whose time grows with the text alone: whoever may create a pod chooses the text. It loads the
 * library (0.3 MB), so import it late.
 *
 * One look for a match takes at most a step for each character and each instruction of the pattern (a repetition counts
 * as often as it may repeat: `[0-9a-f]{32,64}\\b` has 99), and to find all of them can take as many looks as the text has
 * characters: `a(.*b)?` in a long row of `a`. So a search has a budget of steps, some 0.1 µs each at the worst. What it
 * is too small for is taken as a whole, be it a text that is too long for the pattern, or one that matches so often: more
 * is masked than was asked for, never less.
 */

/** A pattern, compiled. */
export interface Pattern {
  /** The parts of a text that match; empty matches count for nothing. */
  find(text: string, budget: Budget): Span[];
}

/** Steps that may still be taken; what is taken is subtracted. At the worst: mostly far fewer are taken. */
export interface Budget {
  /** To see whether a text matches at all. */
  looks: number;
  /** To find the places, in a text that does. */
  finds: number;
}

const LONGEST = 1_000;

/** @throws {TypeError} where it is no pattern, with a sentence that begins with it. */
export function compilePattern(source: string): Pattern {
  if (source.length > LONGEST) {
    throw new TypeError(`The pattern has ${source.length} characters, and may have ${LONGEST}.`);
  }
  const compiled = compile(source);
  if (compiled.testExact("")) {
    throw new TypeError(
      `The pattern ${JSON.stringify(source)} matches an empty text, so it would match everywhere: ` +
        "write + for *, or what must be there.",
    );
  }
  const size = compiled.programSize();
  return { find: (text, budget) => find(compiled, size * text.length, text, budget) };
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const why = error.message.replace(/^error parsing regexp: /, "");
    const hint = /\(\?<?[=!]/.test(source) ? " Nor does RE2 look ahead or behind." : "";
    throw new TypeError(`The pattern ${JSON.stringify(source)} is none of RE2: ${why}.${hint}`);
  }
}

/** @param look steps of one look at the whole text */
function find(pattern: RE2JS, look: number, text: string, budget: Budget): Span[] {
  // It is not charged, so that the others have their turn.
  if (look > budget.looks) return [{ from: 0, to: text.length }];
  budget.looks -= look;
  // Much quicker than to look for the place, and mostly false.
  if (!pattern.test(text)) return [];
  const spans: Span[] = [];
  const matcher = pattern.matcher(text);
  for (;;) {
    budget.finds -= look;
    if (budget.finds < 0) return [{ from: 0, to: text.length }];
    if (!matcher.find()) return spans;
    const span = { from: matcher.start(), to: matcher.end() };
    if (span.to > span.from) spans.push(span);
  }
}
