import { placeholderFault } from "../runtime/unfilled.ts";
import type { Path } from "./document.ts";
import { PLACE, type Wrong } from "./sentence.ts";

/** Strings in which a dollar and braces have a meaning of their own. */
const LANGUAGES = ["filter", "patterns"];

/** Where a text holds what somebody else should have filled in: no variable is filled in in the file. */
export function unfilledFaults(value: unknown, path: Path = []): Wrong[] {
  if (typeof value === "string") {
    const message = unfilled(value);
    return message === undefined ? [] : [{ path, message }];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    LANGUAGES.includes(key) ? [] : unfilledFaults(part, [...path, Array.isArray(value) ? Number(key) : key])
  );
}

function unfilled(text: string): string | undefined {
  if (/\$\{[^}]*\}|\$\(\w+\)|^\$[A-Za-z_]\w*(?=$|[/\\])/.test(text)) {
    return `${PLACE} holds a variable ($…), and none is filled in here: write the value itself, or name a file that holds it.`;
  }
  const fault = placeholderFault(text, true);
  return fault === undefined ? undefined : `${PLACE} ${fault}.`;
}
