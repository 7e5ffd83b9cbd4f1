/**
 * What a few rounds say of a bound. A round's ratio is that of two programs that ran one after the other, so what else
 * the machine did mostly cancels out; what is left is noise with a long tail, of which only the order of the rounds
 * says something that can be relied on. If the true median were at the bound, each round would be above it as often
 * as below: five rounds above it happen once in 32 runs, eight or nine of nine once in 51.
 */
export type Verdict =
  /** The median is. */
  | "within"
  /** The median is above it, but so few rounds are that it may be noise. */
  | "unclear"
  /** So many rounds are above it that it is no noise, or something was not measured. */
  | "beyond";

/** How often chance alone may say that a figure is beyond a bound at which it is. */
const CHANCE = 0.05;

/** @param rounds the figure of each round */
export function judge(bound: number, rounds: number[]): Verdict {
  // What is no positive number was not measured: a program that ended, or delivered nothing.
  if (rounds.length === 0 || !rounds.every((figure) => figure > 0)) return "beyond";
  const below = rounds.filter((figure) => figure <= bound).length;
  if (chanceOf(below, rounds.length) <= CHANCE) return "beyond";
  return below * 2 < rounds.length ? "unclear" : "within";
}

/** How likely it is that a fair coin falls on one side at most so often. */
function chanceOf(most: number, throws: number): number {
  let [ways, sum] = [1, 0];
  for (let count = 0; count <= most; count++) {
    sum += ways;
    ways = ways * (throws - count) / (count + 1);
  }
  return sum / 2 ** throws;
}
