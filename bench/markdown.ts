import { median, type Results, round } from "./results.ts";

/** Whose figures the README shows beside those of the program that the others are compared with. */
const SHOWN = "compiled";

/** A table for the README: of each figure and size the medians of the compiled program and of the Go program. */
export function printMarkdown({ sizes, baseline = "" }: Results): string {
  const figures = [...new Set(sizes.flatMap(({ figures }) => Object.keys(figures)))];
  const rows = figures.map((figure) => [
    figure,
    ...sizes.map(({ figures }) => {
      const of = (name: string): string => {
        const values = figures[figure]?.[name] ?? [];
        return values.length === 0 ? "–" : round(median(values));
      };
      return `${of(SHOWN)} / ${of(baseline)}`;
    }),
  ]);
  const head = ["", ...sizes.map(({ pods }) => `${pods.toLocaleString("en")} pods`)];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
