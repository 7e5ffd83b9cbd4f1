import { stripVTControlCharacters } from "node:util";

/*
 * How many columns a text takes in a terminal. A letter of Chinese, Japanese or Korean and an emoji take two, an accent that
 * stands upon another character takes none, and what is one character to a person (a grapheme) is never cut in two.
 */

/** Wide and full-width characters (Unicode's East Asian Width, annex 11), as far as no property of a pattern names them. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;

/** Marks upon another character, the inner letters of a Korean syllable, and what nobody sees. */
const NONE = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u1160-\u11ff\ud7b0-\ud7ff]/u;

/** An emoji that this mark makes one. */
const EMOJI = "\ufe0f";

/** Nearly all that is shown is, and then a column is a character. */
const IS_ASCII = /^[\x20-\x7e]*$/;

/** Made when the first text is not ASCII. */
let segmenter: Intl.Segmenter | undefined;

/** How wide a text of one line is, which may have colours in it. */
export function widthOf(text: string): number {
  if (IS_ASCII.test(text)) return text.length;
  return graphemesOf(stripVTControlCharacters(text)).reduce((width, one) => width + widthOfOne(one), 0);
}

/** As much of its beginning, or of its end, as fits. @param text without colours */
export function fitting(text: string, columns: number, from: "start" | "end" = "start"): string {
  if (IS_ASCII.test(text)) {
    const room = Math.max(0, columns);
    return from === "start" ? text.slice(0, room) : text.slice(Math.max(0, text.length - room));
  }
  const graphemes = graphemesOf(text);
  if (from === "end") graphemes.reverse();
  let left = columns;
  const last = graphemes.findIndex((one) => (left -= widthOfOne(one)) < 0);
  const fit = last === -1 ? graphemes : graphemes.slice(0, last);
  return (from === "end" ? fit.reverse() : fit).join("");
}

/** With so many spaces behind it that it fills the columns. */
export function padded(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - widthOf(text)));
}

function graphemesOf(text: string): string[] {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function widthOfOne(grapheme: string): number {
  if (grapheme.includes(EMOJI)) return 2;
  let width = 0;
  for (const character of grapheme) width += NONE.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return Math.min(2, width);
}
