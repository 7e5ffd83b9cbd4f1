import { type Figures, median, round } from "./results.ts";

/**
 * A table for people: of each figure the median and the spread, and its ratio to the baseline's, where there is one.
 *
 * @param names of the contenders, in the order of the columns
 */
export function printTable(title: string, figures: Figures, names: string[], baseline?: string): string {
  const isAlone = (name: string): boolean => baseline === undefined || name === baseline;
  const head = ["", ...names.flatMap((name) => isAlone(name) ? [name] : [name, "ratio"])];
  const rows = Object.entries(figures).map(([what, byName]) => [
    what,
    ...names.flatMap((name) => {
      const cell = show(byName[name] ?? []);
      if (isAlone(name)) return [cell];
      const ratio = median(byName[name] ?? []) / median(byName[baseline ?? ""] ?? []);
      return [cell, Number.isFinite(ratio) ? ratio.toFixed(2) : "-"];
    }),
  ]);
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length))
  );
  const line = (row: string[]): string =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))
      .join("  ");
  return [`\n${title}`, line(head), ...rows.map(line)].join("\n");
}

function show(values: number[]): string {
  if (values.length === 0) return "-";
  return `${round(median(values))} (${round(Math.min(...values))}–${round(Math.max(...values))})`;
}
