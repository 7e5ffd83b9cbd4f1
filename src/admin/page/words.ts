import { counted, duration } from "../../runtime/wording.ts";
import { type Html, html } from "./html.ts";

/** How instants, spans, numbers and states are written on the page. */

/** "3 s ago", "in 30 s", "now". @param now milliseconds */
export function relative(at: string, now: number): string {
  const past = now - Date.parse(at);
  if (Math.abs(past) < 1_000) return "now";
  return past > 0 ? `${duration(whole(past))} ago` : `in ${duration(whole(-past))}`;
}

/** The same with the exact instant for whoever points at it, or reads the page by program. */
export function time(at: string | undefined, now: number): Html | "" {
  if (at === undefined) return "";
  return html`<time datetime="${at}" title="${at}">${relative(at, now)}</time>`;
}

/** When something is to come: what is past then is due. */
export function due(at: string | undefined, now: number): Html | "" {
  if (at === undefined) return "";
  const words = Date.parse(at) > now ? relative(at, now) : "now";
  return html`<time datetime="${at}" title="${at}">${words}</time>`;
}

/** "0.3 s", "15 min". */
export function seconds(value: number): string {
  return duration(value * 1_000);
}

/** "12,345". */
export function number(value: number): string {
  return value.toLocaleString("en-US");
}

/** "no pods", "1 pod", "12,345 pods". */
export function many(value: number, noun: string, plural?: string): string {
  return value < 1_000 ? counted(value, noun, plural) : `${number(value)} ${plural ?? `${noun}s`}`;
}

/** Something in a colour and in a word: the colour says nothing that the word does not. */
export type Tone = "good" | "bad" | "warning" | "quiet";

/** A word with a mark. */
export function badge(tone: Tone, word: string): Html {
  return html`<span class="badge ${tone}">${word}</span>`;
}

/** Seconds are enough for people; what is shorter is a length of its own. */
function whole(milliseconds: number): number {
  return Math.round(milliseconds / 1_000) * 1_000;
}
