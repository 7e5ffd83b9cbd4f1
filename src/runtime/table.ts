import { padded, widthOf } from "./width.ts";
import { wrapped } from "./wrapped.ts";

/** Columns of a terminal that nobody has widened. */
export const COLUMNS = 80;

/** How columns stand. */
export interface ColumnsOptions {
  /** Of which the cells stand at the right. */
  right?: readonly number[];
  /** What is longer than that makes no column wider. */
  longest?: number;
}

/** Lines of columns, each as wide as its widest cell, two spaces apart. The last cell of a row is as wide as it is. */
export function columns(
  rows: readonly (readonly string[])[],
  { right = [], longest = Infinity }: ColumnsOptions = {},
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => {
      const width = widthOf(cell);
      if (width <= longest) widths[at] = Math.max(widths[at] ?? 0, width);
    });
  }
  return rows.map((row) =>
    row.map((cell, at) => {
      const width = widths[at] ?? 0;
      return right.includes(at) ? " ".repeat(Math.max(0, width - widthOf(cell))) + cell : padded(cell, width);
    }).join("  ").trimEnd()
  );
}

/** A text behind its heading, in lines as wide as a terminal, each as far in as the text begins. Without an end of line. */
export function hanging(heading: string, text: string): string {
  const margin = widthOf(heading);
  return heading + wrapped(text, COLUMNS - margin).join(`\n${" ".repeat(margin)}`);
}
