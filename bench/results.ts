import type { Machine } from "./machine.ts";
import { ORDINARY } from "./manifest.ts";

/** By figure and contender, a number for each round. */
export type Figures = Record<string, Record<string, number[]>>;

/** What one run of the benchmark found; `bench/results.json` is one. */
export interface Results {
  /** The day, as in `2026-01-01`. */
  day: string;
  machine: Machine;
  /** Requests a second that the receiver takes; see `ceiling.ts`. */
  ceiling: number;
  /** The contenders' names. */
  contenders: string[];
  /** Which of them is the program as it is released, by its runtime; the pages show its figures. */
  shown: string;
  /** Which of them the others are compared with; none where there is no Go. */
  baseline?: string;
  sizes: Size[];
}

/** What was found with so many pods. */
export interface Size {
  pods: number;
  /** Bytes that each of them has besides what an ordinary pod has; none by default. */
  padding?: number;
  figures: Figures;
}

/** The heading of its column. */
export function nameSize({ pods, padding = 0 }: Size): string {
  const count = `${pods.toLocaleString("en")} pods`;
  return padding === 0 ? count : `${count} of ${Math.round((ORDINARY + padding) / 1_000)} KB`;
}

/** Adds what one round of one contender found. */
export function addRound(figures: Figures, contender: string, found: Record<string, number>): void {
  for (const [what, value] of Object.entries(found)) {
    ((figures[what] ??= {})[contender] ??= []).push(value);
  }
}

/** The middle one; of an even number the mean of the two in the middle. */
export function median(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2;
}

/** A figure for people: three digits, more before the point; from a thousand on in groups (`17,723`). */
export function round(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}
