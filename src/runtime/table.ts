import { stripVTControlCharacters } from "node:util";
import { wrapped } from "./wrapped.ts";

/** Columns of a terminal that nobody has widened. */
export const COLUMNS = 80;

/** How wide a text is that may have colours in it. */
function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

/**
 * Lines of columns, each as wide as its widest cell, two spaces apart. The last cell of a row is as wide as it is. Cells of
 * `right` columns stand at the right.
 */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => {
      widths[at] = Math.max(widths[at] ?? 0, widthOf(cell));
    });
  }
  return rows.map((row) =>
    row.map((cell, at) => {
      const space = " ".repeat((widths[at] ?? 0) - widthOf(cell));
      return right.includes(at) ? space + cell : cell + space;
    }).join("  ").trimEnd()
  );
}

/** A text behind its heading, in lines as wide as a terminal, each as far in as the text begins. Without an end of line. */
export function hanging(heading: string, text: string): string {
  const margin = widthOf(heading);
  return heading + wrapped(text, COLUMNS - margin).join(`\n${" ".repeat(margin)}`);
}
