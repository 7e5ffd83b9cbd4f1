/**
 * What others wrote (a receiver, a server, a pod's author), as it may stand in a line for a person: nothing that steers
 * a terminal, turns the direction of writing, hides, or begins a new line. For every field and message of the log, in JSON
 * lines too: JSON escapes neither U+009B, which a terminal takes for ESC [, nor U+202E, and somebody prints its values.
 *
 * Whoever also removes secrets does that afterwards: an invisible character within one would hide it.
 */

/** Control characters (C0, DEL, C1) and the separators of lines and paragraphs. */
const BREAKS = /[\p{Cc}\u2028\u2029]+/gu;

/**
 * Format characters (bidi, zero width), variation selectors, fillers, tags, and what is no character at all: lone
 * surrogates, private use, unassigned. Nobody sees them, so nobody misses them.
 */
const INVISIBLE = /[\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]+/gu;

/**
 * On one line, without white space around it.
 *
 * @param limit characters (code points); what is cut off becomes …
 */
export function printable(text: string, limit = Infinity): string {
  const line = (IS_ASCII_LINE.test(text) ? text : text.replace(INVISIBLE, "").replace(BREAKS, " ")).trim();
  if (line.length <= limit) return line;
  const characters = [...line];
  return characters.length <= limit ? line : `${characters.slice(0, limit - 1).join("").trimEnd()}…`;
}

/** Nearly all that is shown is, and then one look is enough. */
const IS_ASCII_LINE = /^[\x20-\x7e]*$/;

/** The same as `printable`, of each line: for a value that is printed with its line ends escaped, such as a stack. */
export function printableLines(text: string): string {
  return IS_PLAIN.test(text) ? text : text.split("\n").map(withoutControls).join("\n");
}

/** Nearly all that is logged is, and then it costs one look. */
const IS_PLAIN = /^[\x20-\x7e\n]*$/;

function withoutControls(line: string): string {
  return line.replace(INVISIBLE, "").replace(BREAKS, " ");
}

/** JSON with what steers a terminal, or turns the direction of writing, as its escape: to be printed, and still the same. */
export function printableJson(json: string): string {
  return json.replace(STEERS, jsonEscape);
}

/** The escape of a character below U+10000, as JSON has it. */
export function jsonEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

const STEERS = /[\x7f-\x9f\u2028\u2029\p{Bidi_Control}]/gu;
