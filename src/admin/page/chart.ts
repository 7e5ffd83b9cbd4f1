import { type Html, html } from "./html.ts";

/** Bars by minute, as a picture of one path a series: 200 endpoints are 400 elements, not 24,000. */

/** What is drawn above each other, from below. `kind` is the class that gives the colour. */
export interface Series {
  kind: "good" | "bad" | "plain";
  values: number[];
}

/** Units of the picture for a bar with the space behind it. */
const STEP = 4;
const HEIGHT = 32;

/**
 * @param label what it shows, in words and numbers: those who do not see it get nothing else
 * @param highest what fills the height; by default the highest bar
 */
export function bars(label: string, series: Series[], highest?: number): Html {
  const minutes = Math.max(0, ...series.map(({ values }) => values.length));
  const top = Math.max(1, highest ?? highestOf(series));
  const base = new Array<number>(minutes).fill(0);
  const paths = series.map(({ kind, values }) => {
    const path = values.map((value, minute) => bar(minute, base[minute] ?? 0, value, top)).join("");
    for (const [minute, value] of values.entries()) base[minute] = (base[minute] ?? 0) + value;
    return html`
      <path class="${kind}" d="${path}" />
    `;
  });
  return html`
    <svg class="bars" role="img" aria-label="${label}" viewBox="0 0 ${minutes * STEP} ${HEIGHT}"
      preserveAspectRatio="none"><path class="floor" d="M0 ${HEIGHT - 0.5}h${minutes * STEP}"/>${paths}</svg>
  `;
}

/** Of all minutes the highest sum. */
export function highestOf(series: Series[]): number {
  const minutes = Math.max(0, ...series.map(({ values }) => values.length));
  const sums = Array.from(
    { length: minutes },
    (_, minute) => series.reduce((sum, { values }) => sum + (values[minute] ?? 0), 0),
  );
  return Math.max(0, ...sums);
}

/** However little there was, one sees that there was something. */
function bar(minute: number, from: number, value: number, top: number): string {
  if (value === 0) return "";
  const height = Math.max(2, value / top * HEIGHT);
  const bottom = HEIGHT - from / top * HEIGHT;
  return `M${minute * STEP} ${tenth(bottom)}v${tenth(-height)}h3v${tenth(height)}z`;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
