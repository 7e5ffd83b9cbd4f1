/**
 * The candidate that is nearest to a word as it was typed: by the edits (a character more, less, another one, two
 * swapped) that lead from one to the other, or where all would need more than a third of the word's length, the one that
 * it begins, or that it begins with; undefined where there is none. Upper and lower case, `-` and `_` are alike; of
 * candidates that are as near, the first counts.
 */
export function similar(word: string, candidates: Iterable<string>): string | undefined {
  const typed = plain(word);
  let best: string | undefined;
  let least = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = editsBetween(typed, plain(candidate));
    if (edits >= least) continue;
    least = edits;
    best = candidate;
  }
  return best ?? abbreviated(typed, [...candidates]);
}

/** Letters that two words must have in common at their beginning. */
const BEGINNING = 3;

/** The only candidate that the word begins, else the longest that it begins with. */
function abbreviated(typed: string, candidates: string[]): string | undefined {
  if (typed.length < BEGINNING) return undefined;
  const longer = candidates.filter((candidate) => plain(candidate).startsWith(typed));
  if (longer.length > 0) return longer.length === 1 ? longer[0] : undefined;
  return candidates
    .filter((candidate) => candidate.length > BEGINNING && typed.startsWith(plain(candidate)))
    .sort((a, b) => b.length - a.length)[0];
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll("_", "-");
}

/** Optimal string alignment (Damerau and Levenshtein, with each piece changed once). */
function editsBetween(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, length) => length);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row[j] = Math.min(
        at(last, j) + 1,
        at(row, j - 1) + 1,
        at(last, j - 1) + (isSame ? 0 : 1),
        isSwapped ? at(before, j - 2) + 1 : Infinity,
      );
    }
    [before, last] = [last, row];
  }
  return at(last, other.length);
}

function at(row: number[], index: number): number {
  return row[index] ?? Infinity;
}
