import { median, nameSize, type Results, round } from "./results.ts";
import { findTarget, printTarget, printVerdict, TARGETS } from "./targets.ts";

/** Whose figures the README shows beside those of the program that the others are compared with. */
const SHOWN = "compiled";

/**
 * A table for the README: of each figure and size the medians of the compiled program and of the Go program, and
 * their ratio.
 */
export function printMarkdown({ sizes, baseline = "" }: Results): string {
  const figures = [...new Set(sizes.flatMap(({ figures }) => Object.keys(figures)))];
  const rows = figures.map((figure) => [
    figure,
    ...sizes.map(({ figures }) => printCell(figures[figure]?.[SHOWN], figures[figure]?.[baseline])),
  ]);
  return printRows([["", ...sizes.map(nameSize)], ...rows]);
}

function printCell(ours: number[] = [], theirs: number[] = []): string {
  if (ours.length + theirs.length === 0) return "";
  const show = (values: number[]): string => values.length === 0 ? "–" : round(median(values));
  const ratio = median(ours) / median(theirs);
  const known = Number.isFinite(ratio) && ratio > 0;
  return `${show(ours)} / ${show(theirs)}${known ? ` = ${round(ratio)}` : ""}`;
}

/** A table of what was aimed at, what was found, and by how much it was missed. */
export function printTargets(results: Results): string {
  const rows = TARGETS.map((target) => {
    const found = findTarget(target, results, SHOWN);
    const [what, bound] = printTarget(target);
    return [what, bound, found === undefined ? "–" : round(found), printVerdict(target, found)];
  });
  return printRows([["", "at most", "found", ""], ...rows]);
}

function printRows([head = [], ...rows]: string[][]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

// Both tables of the last run, for the README, once more.
if (import.meta.main) {
  const results: Results = JSON.parse(await Deno.readTextFile(new URL("results.json", import.meta.url)));
  Deno.stdout.writeSync(
    new TextEncoder().encode(`${printMarkdown(results)}\n\n${printTargets(results)}\n`),
  );
}
