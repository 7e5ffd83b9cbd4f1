/** Counts how many values were at most as large as each of some bounds, as a histogram of Prometheus has it. */
export class Histogram {
  /** In rising order; what is above the last one is counted, too. */
  readonly bounds: readonly number[];
  /** Of each bound, the values above the one before it and not above it; at the end those above all. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    let index = 0;
    while (index < this.bounds.length && value > (this.bounds[index] ?? 0)) index++;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += value;
  }
}
