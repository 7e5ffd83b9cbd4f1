/** How numbers, lists and times stand in a sentence for a person. */

/** "no pods", "1 pod", "20 pods". @param plural where it is not the noun with an s */
export function counted(number: number, noun: string, plural = `${noun}s`): string {
  return `${number === 0 ? "no" : number} ${number === 1 ? noun : plural}`;
}

/** "a", "a and b", "a, b and c". */
export function enumerated(words: readonly string[]): string {
  return joined(words, "and");
}

/** "a", "a or b", "a, b or c". */
export function alternatives(words: readonly string[]): string {
  return joined(words, "or");
}

function joined(words: readonly string[], and: string): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} ${and} ${last}`;
}

/** "namespace a", "namespaces a and b"; without any, or of one that is undefined, "all namespaces". */
export function namespaces(scopes: readonly (string | undefined)[]): string {
  const names = scopes.filter((scope) => scope !== undefined);
  if (names.length === 0) return "all namespaces";
  return `${names.length === 1 ? "namespace" : "namespaces"} ${enumerated(names)}`;
}

const UNITS = [["d", 86_400_000], ["h", 3_600_000], ["min", 60_000]] as const;

/** In the largest unit that it fills twice, or the smallest: "40 ms", "0.3 s", "90 s", "15 min", "47 h", "3 d". */
export function duration(milliseconds: number): string {
  for (const [unit, length] of UNITS) {
    if (milliseconds >= 2 * length) return `${Math.floor(milliseconds / length)} ${unit}`;
  }
  if (milliseconds < 100) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  return `${seconds < 9.95 ? Number(seconds.toFixed(1)) : Math.round(seconds)} s`;
}

const SIZES = [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 1_024]] as const;

/** In the largest unit that it fills: "900 B", "4.2 KiB", "64 MiB". */
export function size(bytes: number): string {
  for (const [unit, length] of SIZES) {
    const count = bytes / length;
    if (count >= 1) return `${count < 9.95 ? Number(count.toFixed(1)) : Math.round(count)} ${unit}`;
  }
  return `${bytes} B`;
}

/** How long ago an instant was, given as RFC 3339: "90 s ago". @param now milliseconds since the Unix epoch */
export function ago(instant: string, now: number): string {
  const passed = now - Date.parse(instant);
  return passed < 1_000 ? "just now" : `${duration(passed)} ago`;
}

/** How long it is until an instant, given as RFC 3339: "in 90 s". @param now milliseconds since the Unix epoch */
export function ahead(instant: string, now: number): string {
  return `in ${duration(Math.max(0, Date.parse(instant) - now))}`;
}

/** With a capital at its beginning, as a sentence has. */
export function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
