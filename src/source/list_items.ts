const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;

/** The JSON of a list, cut apart. */
export interface CutList {
  /** The list without its items, as JSON: `{"kind":"PodList",…,"items":[]}`. */
  rest: string;
  /** The bytes of each item, in their order; views of the bytes that were given. */
  items: Uint8Array[];
}

/**
 * Cuts the items out of a list without parsing them, so that each can be parsed when its turn comes and is soon
 * garbage. Parsed all at once, the pods of a page outlive V8's young generation, which costs a third more time.
 *
 * Items are the objects in an array that is a member of the outermost object; a list has one such array. Whether
 * the bytes are JSON (but for the commas between the items) shows when `rest` and the items are parsed.
 *
 * @throws {SyntaxError} if such an array holds anything but objects: it must not look like an empty one.
 */
export function cutList(bytes: Uint8Array): CutList {
  const decoder = new TextDecoder();
  const items: Uint8Array[] = [];
  let rest = "";
  let depth = 0;
  let inItems = false;
  /** Where the item, or what is kept between two arrays of items, begins. */
  let start = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      if (inItems && depth === 2) throw new SyntaxError("an item of the list is no object");
      // To its end: what stands in a string is no structure.
      for (at++; bytes[at] !== QUOTE && at < bytes.length; at++) if (bytes[at] === BACKSLASH) at++;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth === 1 && byte === OPEN_BRACKET) {
        inItems = true;
        rest += decoder.decode(bytes.subarray(start, at + 1));
      } else if (inItems && depth === 2) {
        start = at;
      }
      depth++;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
      if (inItems && depth === 2) {
        items.push(bytes.subarray(start, at + 1));
      } else if (inItems && depth === 1) {
        inItems = false;
        start = at;
      }
    } else if (inItems && depth === 2 && byte > SPACE && byte !== COMMA) {
      throw new SyntaxError("an item of the list is no object");
    }
  }
  // In the middle of the items there is nothing more to keep, and what there is so far is no JSON.
  return { rest: inItems ? rest : rest + decoder.decode(bytes.subarray(start)), items };
}
