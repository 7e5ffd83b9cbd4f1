/** After so many milliseconds it is said again: 5 min, 15 min, 1 h. Later, each 6 h. */
const DISTANCES = [300_000, 900_000, 3_600_000];
const LONGEST = 6 * 3_600_000;

/**
 * When something that lasts is said again: at growing distances, so that neither an outage of an hour floods a log nor
 * one of days goes quiet. Whoever owns it asks now and then, at the latest each minute.
 */
export class Repetition {
  readonly #since: number;
  #said = 0;

  /** @param since when it began and was said first; milliseconds, by the clock that `isDue` is asked with */
  constructor(since: number) {
    this.#since = since;
  }

  /** Whether it is to be said now. True once for each distance; those that passed unasked count as one. */
  isDue(now: number): boolean {
    const passed = now - this.#since;
    const times = DISTANCES.filter((distance) => passed >= distance).length + Math.floor(passed / LONGEST);
    if (times <= this.#said) return false;
    this.#said = times;
    return true;
  }
}
