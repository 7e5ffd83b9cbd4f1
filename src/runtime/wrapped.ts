import { widthOf } from "./width.ts";

/** A space where a line may end: not between a number and its unit. */
const BREAK = /(?<!\d) | (?!(?:ms|s|min|h|d|B|KiB|MiB|GiB)\b)/;

/** Lines of at most so many columns. A word that is longer has a line of its own. */
export function wrapped(text: string, columns: number): string[] {
  const lines = [""];
  for (const word of text.split(BREAK)) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && widthOf(line) + 1 + widthOf(word) > columns) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}
