import { styleText } from "node:util";

/** What a colour says. */
export type Tone = "good" | "bad" | "doubtful" | "heading" | "faint";

/** Colours a text, where somebody sees it on a terminal. */
export type Paint = (tone: Tone, text: string) => string;

/** Those of the sixteen colours that can be read on a dark and on a light ground. */
const STYLES = {
  good: "green",
  bad: "red",
  doubtful: "yellow",
  heading: "bold",
  faint: "dim",
} as const satisfies Record<Tone, Parameters<typeof styleText>[0]>;

/** @param isColoured whether it goes to a terminal, and `NO_COLOR` is not set */
export function painter(isColoured: boolean): Paint {
  if (!isColoured) return (_tone, text) => text;
  return (tone, text) => styleText(STYLES[tone], text, { validateStream: false });
}
