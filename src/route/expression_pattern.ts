import { RE2JS } from "re2js";

/** How many patterns that are not in the expression itself are kept compiled. */
const KEPT = 64;

/** Instructions of a pattern for which a character is one step; `.{100}` has a hundred, and a text of `a` needs them all. */
const AT_ONCE = 16;

/** Characters of such a pattern: a pod's author may have written it. */
const LONGEST = 1000;

/**
 * The patterns of one expression, in RE2's syntax: whatever the text, a match takes time in proportion to its length.
 * Those that stand in the expression are compiled when it is read; those that it computes, when they are met.
 */
export class Patterns {
  readonly #own = new Map<string, RE2JS>();
  /** undefined: it is no pattern. */
  readonly #met = new Map<string, RE2JS | undefined>();

  /** How many are kept compiled. */
  get size(): number {
    return this.#own.size + this.#met.size;
  }

  /** Compiles a pattern of the expression. What is wrong with it is returned, undefined where nothing is. */
  add(pattern: string): string | undefined {
    try {
      this.#own.set(pattern, RE2JS.compile(pattern));
      return undefined;
    } catch (error) {
      return String(error instanceof Error ? error.message : error).replace("error parsing regexp: ", "");
    }
  }

  /**
   * Whether the pattern is found in the text; undefined where it is no pattern.
   *
   * @param spend is called with the steps that it may take, and throws where those are too many
   */
  isFound(pattern: string, text: string, spend: (steps: number) => void): boolean | undefined {
    const compiled = this.#own.get(pattern) ?? this.#meet(pattern);
    if (compiled === undefined) return undefined;
    spend(text.length * Math.ceil(compiled.programSize() / AT_ONCE));
    return compiled.test(text);
  }

  #meet(pattern: string): RE2JS | undefined {
    if (this.#met.has(pattern)) return this.#met.get(pattern);
    const [oldest] = this.#met.keys();
    if (this.#met.size >= KEPT && oldest !== undefined) this.#met.delete(oldest);
    const compiled = compiledOrNot(pattern);
    this.#met.set(pattern, compiled);
    return compiled;
  }
}

function compiledOrNot(pattern: string): RE2JS | undefined {
  if (pattern.length > LONGEST) return undefined;
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}
