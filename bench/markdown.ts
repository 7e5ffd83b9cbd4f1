import { printMachine } from "./machine.ts";
import { median, nameSize, type Results, round } from "./results.ts";
import { findTarget, printTarget, printVerdict, TARGETS } from "./targets.ts";

/** What `--listen` and `--admin-listen` could cost. */
const PORT_FIGURES = [
  "CPU of the first sync, s",
  "CPU a change at 100/s, ms",
  "CPU a change at 400/s, ms",
  "change to receipt at 100/s, p99, ms",
  "memory at its peak, MB",
  "CPU at rest, s an hour",
];

/**
 * The table of docs/benchmark.md: of each figure and size the medians of the program and of the Go program with their
 * ratio, and what became of the figure's targets. What open ports cost stands in the last rows, if the run has looked.
 */
export function printMarkdown(results: Results): string {
  const { sizes, shown, baseline = "" } = results;
  const figures = [...new Set(sizes.flatMap(({ figures }) => Object.keys(figures)))];
  const rows = figures.map((figure) => [
    figure,
    ...sizes.map(({ figures }) => printCell(figures[figure]?.[shown], figures[figure]?.[baseline])),
    printTargets(figure, results),
  ]);
  return printRows([["", ...sizes.map(nameSize), "target"], ...rows, ...portRows(results)]);
}

function printCell(ours: number[] = [], theirs: number[] = []): string {
  if (ours.length + theirs.length === 0) return "";
  const show = (values: number[]): string => values.length === 0 ? "–" : round(median(values));
  const ratio = median(ours) / median(theirs);
  const known = Number.isFinite(ratio) && ratio > 0;
  return `${show(ours)} / ${show(theirs)}${known ? ` = ${round(ratio)}` : ""}`;
}

/** What was aimed at, and by how much it was missed: `ratio at most 1.1, missed by 9%`. Empty where there is no target. */
function printTargets(figure: string, results: Results): string {
  const targets = TARGETS.filter((target) => target.figure === figure);
  const isOfOneSize = targets.every(({ pods }) => pods === targets[0]?.pods);
  return targets.map((target) => {
    const size = isOfOneSize ? "" : `${target.pods.toLocaleString("en")} pods: `;
    return `${size}${printTarget(target)}, ${printVerdict(target, findTarget(target, results))}`;
  }).join("; ");
}

/** What open ports cost: the same figures with and without them. */
function portRows({ sizes, shown }: Results): string[][] {
  const open = `${shown}, with ports`;
  return PORT_FIGURES.filter((figure) => sizes.some(({ figures }) => figures[figure]?.[open] !== undefined))
    .map((figure) => [
      `open ports: ${figure}`,
      ...sizes.map(({ figures }) => printCell(figures[figure]?.[open], figures[figure]?.[shown])),
      "",
    ]);
}

/** With columns as wide as the formatter makes them. */
function printRows([head = [], ...rows]: string[][]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? "").length))
  );
  const lines = [head, widths.map((width) => "-".repeat(width)), ...rows];
  return lines.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`)
    .join("\n");
}

const BEGIN = "<!-- Made by bench/markdown.ts from bench/results.json: begin -->";
const END = "<!-- end -->";

/** The page with the machine and the table of a run in place of those that it has. */
export function putFigures(page: string, results: Results): string {
  const [before, rest] = cutAt(page, BEGIN);
  const [, after] = cutAt(rest, END);
  const machine = `${printMachine(results.machine)}; ${results.day}.`;
  return [`${before}${BEGIN}`, machine, printMarkdown(results), `${END}${after}`].join("\n\n");
}

/** Figures that the README shows, with the words that it has for them. */
const SHORT: Record<string, string> = {
  "CPU of the first sync, s": "CPU time of the first sync, s",
  "first sync, s": "first sync, s",
  "CPU a change at 100/s, ms": "CPU time per change at 100 changes/s, ms",
  "change to receipt at 100/s, p99, ms": "change to receipt at 100 changes/s, p99, ms",
  "memory at its peak, MB": "peak memory, MB",
  "start to first delivery, ms": "start to first delivery, ms",
};

/** A page with a short table in place of the one that it has: of the figures that people ask for first, 10,000 pods. */
export function putShort(page: string, { sizes, shown, baseline = "" }: Results): string {
  const [before, rest] = cutAt(page, BEGIN);
  const [, after] = cutAt(rest, END);
  const size = sizes.find(({ pods, padding = 0 }) => pods === 10_000 && padding === 0);
  const rows = Object.entries(SHORT).flatMap(([figure, words]) => {
    const found = size?.figures[figure];
    const ours = found?.[shown];
    const theirs = found?.[baseline];
    if (ours === undefined || theirs === undefined) return [];
    return [[words, round(median(ours)), round(median(theirs)), round(median(ours) / median(theirs))]];
  });
  const table = printRows([["10,000 pods", "k8svent", "Go program", "ratio"], ...rows]);
  return [`${before}${BEGIN}`, table, `${END}${after}`].join("\n\n");
}

function cutAt(text: string, mark: string): [before: string, after: string] {
  const [before = "", after, ...more] = text.split(mark);
  if (after === undefined || more.length > 0) throw new TypeError(`The page has not one line "${mark}"`);
  return [before, after];
}

// Puts the last run into the pages once more.
if (import.meta.main) {
  const results: Results = JSON.parse(await Deno.readTextFile(new URL("results.json", import.meta.url)));
  for (const [path, put] of [["../docs/benchmark.md", putFigures], ["../README.md", putShort]] as const) {
    const page = new URL(path, import.meta.url);
    await Deno.writeTextFile(page, put(await Deno.readTextFile(page), results));
  }
}
