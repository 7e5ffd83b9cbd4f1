import { jsonEscape } from "../../runtime/printable.ts";

/**
 * Pieces of a page. Whatever is put into one is escaped, so that it is text, or the value of an attribute in quotes, whatever
 * stands in it; only another piece is put in as it is.
 *
 * ```ts
 * html`<li title="${name}">${isNew && html`<b>new</b>`} ${name}</li>`
 * ```
 */
export class Html {
  readonly #text: string;

  /** @param text HTML already; see `html` */
  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What can be put into a piece; `undefined` and `false` are nothing. */
export type Part = Html | string | number | undefined | false | readonly Part[];

/** A piece of a page; see `Html`. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.reduce((before, text, index) => before + written(parts[index - 1]) + text));
}

function written(part: Part): string {
  if (part === undefined || part === false) return "";
  if (part instanceof Html) return part.toString();
  if (typeof part === "object") return part.map(written).join("");
  return String(part)
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(TURNS, jsonEscape);
}

/**
 * What turns the direction of writing, also of what stands behind it: it is shown as its escape, which in JSON is the same.
 */
const TURNS = /\p{Bidi_Control}/gu;

/** An attribute with the space before it; nothing where it has no value. */
export function attribute(name: string, value: string | undefined): Html | undefined {
  return value === undefined ? undefined : new Html(` ${name}="${written(value)}"`);
}
