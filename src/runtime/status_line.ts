import { fitting } from "./width.ts";

/**
 * The last line of a terminal, which says how far a thing is and is written anew; what else is written goes above it.
 * The escape is ECMA-48's "erase in line", which every terminal knows that Deno runs on.
 */
const ERASE = "\r\x1b[K";

/** The width where a terminal does not say how wide it is (0), as some that programs make do not. */
const USUAL_COLUMNS = 80;

/** One for each terminal. */
export class StatusLine {
  readonly #write: (text: string) => void;
  readonly #columns: () => number;
  #shown: string | undefined;

  /** @param columns how wide the terminal is now: a line that wraps could not be taken away again */
  constructor(write: (text: string) => void, columns: () => number) {
    this.#write = write;
    this.#columns = columns;
  }

  /** Shows a line in place of the one before it; undefined: takes it away. */
  show(line: string | undefined): void {
    if (line === undefined && this.#shown === undefined) return;
    this.#shown = line && fitting(line, (this.#columns() || USUAL_COLUMNS) - 1);
    this.#write(`${ERASE}${this.#shown ?? ""}`);
  }

  /** Writes whole lines above it. */
  write(lines: string): void {
    this.#write(this.#shown === undefined ? lines : `${ERASE}${lines}${this.#shown}`);
  }
}
