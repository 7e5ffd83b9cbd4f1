/**
 * A string of its own. One that was sliced from a body would keep the whole body in memory: 6 KB in place of 36 bytes.
 * (V8 copies what is shorter than 13 characters.)
 */
export function own(text: string): string {
  return text.length < 13 ? text : JSON.parse(JSON.stringify(text)) as string;
}
