/** By figure, the ratio to the Go program in each round: below 1 is less than it needs. */
export type Ratios = Record<string, number[]>;

/** A figure that fell behind. */
export interface Behind {
  figure: string;
  /** The highest ratio on record. */
  before: number;
  /** The lowest of this run. */
  now: number;
}

/**
 * Which figures fell behind the record by more than the noise. The noise is what was measured: a figure is behind
 * when every round of this run is worse than every round on record. Of three rounds and twelve on record, chance
 * alone does that once in 455 runs; with each further round it becomes rarer.
 */
export function judge(record: Ratios, now: Ratios): Behind[] {
  return Object.entries(record).flatMap(([figure, ratios]) => {
    const found = now[figure] ?? [];
    const [before, best] = [Math.max(...ratios), Math.min(...found)];
    // What is no positive number was not measured: a program that ended, or delivered nothing.
    return best > before || !found.every((ratio) => ratio > 0) ? [{ figure, before, now: best }] : [];
  });
}
