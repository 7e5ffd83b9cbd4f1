/**
 * The chart of a benchmark, for the README: one panel a figure and size, one bar a program. A bar is the median of
 * the rounds, from zero; a whisker goes from the lowest round to the highest. Every panel has a scale of its own,
 * since the units differ, so bars are compared within a panel only.
 *
 * `deno run --allow-read --allow-write bench/chart.ts` draws the last run (`bench/results.json`) once more.
 */
import { nameMachine } from "./machine.ts";
import { median, nameSize, type Results, round, type Size } from "./results.ts";

/** What the chart shows where it was measured: the figure's name, and what people read. */
const SHOWN: [figure: string, title: string][] = [
  ["start to first delivery, ms", "Start to first delivery, ms"],
  ["first sync, s", "First sync, s"],
  ["CPU of the first sync, s", "CPU time of the first sync, s"],
  ["memory at rest, MB", "Memory at rest, MB"],
  ["change to receipt at 100/s, p99, ms", "Change to receipt at 100/s, p99, ms"],
  ["CPU a change at 100/s, ms", "CPU time per change at 100/s, ms"],
  ["restart: requests", "Requests after a restart"],
];

/**
 * A program of the benchmark: what the legend calls it, and its colour in each mode, at least 3:1 against the
 * background (WCAG 2.2, 1.4.11) and, for those who see fewer colours, blue against orange.
 */
interface Look {
  name: string;
  light: string;
  dark: string;
}

const PORTS = { name: "the same with --listen and --admin-listen", light: "#3d8b8b", dark: "#5fb8b8" };
const LOOKS: Record<string, Look> = {
  "compiled": { name: "k8svent, compiled", light: "#0969da", dark: "#4493f8" },
  "compiled, with ports": PORTS,
  "bundle": { name: "k8svent", light: "#0969da", dark: "#4493f8" },
  "bundle, with ports": PORTS,
  "deno run": { name: "k8svent, with deno run", light: "#6f7bbd", dark: "#a5b4fc" },
  "Go baseline": {
    name: "Go program: client-go informer, no signatures, no state",
    light: "#bc6c00",
    dark: "#e3a03a",
  },
};

/** With one size or two; each panel has room for its title, so more sizes make the picture wider. */
const WIDTH = 860;
const NARROWEST = 250;
const MARGIN = 20;
const GAP = 36;
/** Room for the longest value right of the longest bar or whisker. */
const VALUE = 64;
const BAR = 14;
const ROW = 20;
const PANEL_TITLE = 20;
const PANEL_GAP = 18;

// The background is part of the picture: a forge may show a dark page in a browser that asks for light pictures.
const LIGHT = { back: "#ffffff", text: "#1f2328", faint: "#59636e" };
const DARK = { back: "#0d1117", text: "#f0f6fc", faint: "#9198a1" };

/** Bars for people, as SVG, light or dark as the reader's browser asks. */
export function drawChart(results: Results): string {
  const { machine, day } = results;
  // Large pods are another matter than many.
  const sizes = results.sizes.filter(({ padding = 0 }) => padding === 0);
  const shown = SHOWN.filter(([figure]) => sizes.some(({ figures }) => figures[figure] !== undefined));
  const columns = Math.max(1, sizes.length);
  const width = Math.max(NARROWEST, (WIDTH - 2 * MARGIN + GAP) / columns - GAP);
  const whole = 2 * MARGIN + columns * (width + GAP) - GAP;
  const legend = drawLegend(results, 72);
  const top = legend.bottom + 30;
  const height = PANEL_TITLE + results.contenders.length * ROW + PANEL_GAP;
  const panels = sizes.flatMap((size, column) => {
    const x = MARGIN + column * (width + GAP);
    return [
      text(x, top, "size", nameSize(size)),
      ...shown.map(([figure, title], row) =>
        drawPanel({ title, byName: size.figures[figure] ?? {} }, results, x, top + 26 + row * height, width)
      ),
    ];
  });
  const bottom = top + 26 + shown.length * height + MARGIN / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${whole} ${bottom}" width="${whole}" height="${bottom}" role="img">
<title>k8svent and a Go program that does the same job</title>
<style>${style(results.contenders)}</style>
<rect class="back" width="${whole}" height="${bottom}" rx="6"/>
${text(MARGIN, 30, "head", "k8svent and a Go program that does the same job")}
${
    text(
      MARGIN,
      50,
      "note",
      `${
        nameMachine(machine)
      }, ${day}. Shorter is better; each panel has its own scale. 100/s: 100 changes a second.`,
    )
  }
${[...legend.parts, ...panels].join("\n")}
</svg>
`;
}

function style(contenders: string[]): string {
  const rules = (mode: "light" | "dark", { back, text, faint }: typeof LIGHT): string =>
    [
      `.back{fill:${back}}text{fill:${text}}.note,.missing{fill:${faint}}.whisker{stroke:${text}}`,
      ...contenders.map((name, index) => `.bar${index}{fill:${LOOKS[name]?.[mode] ?? faint}}`),
    ].join("");
  return `text{font:13px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
.head{font-size:16px;font-weight:600}.size{font-size:15px;font-weight:600}
.note,.value,.missing{font-size:12px}.whisker{stroke-width:1.5;fill:none}
${rules("light", LIGHT)}
@media(prefers-color-scheme:dark){${rules("dark", DARK)}}`;
}

/** A square and a name for each program, and what bar and whisker mean. */
function drawLegend(results: Results, y: number): { parts: string[]; bottom: number } {
  const entries = results.contenders.map((name, index) => {
    const line = y + index * ROW;
    return `<rect class="bar${index}" x="${MARGIN}" y="${line - 11}" width="${BAR}" height="${BAR}" rx="2"/>
${text(MARGIN + BAR + 8, line, "", LOOKS[name]?.name ?? name)}`;
  });
  const bottom = y + results.contenders.length * ROW;
  return { parts: [...entries, text(MARGIN, bottom, "note", explainRounds(results.sizes))], bottom };
}

/** With a single round there is no spread, and so no whisker. */
function explainRounds(sizes: Size[]): string {
  const counts = sizes.flatMap(({ figures }) => Object.values(figures))
    .flatMap((byName) => Object.values(byName)).map(({ length }) => length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (most <= 1) return "Each bar is a single round.";
  const rounds = least === most ? `${most} rounds` : `${least} to ${most} rounds`;
  return `Bars: median of ${rounds}. Whiskers: lowest to highest round.`;
}

/** One figure at one size. */
interface Panel {
  title: string;
  /** By contender, a number for each round. */
  byName: Record<string, number[]>;
}

function drawPanel(
  { title, byName }: Panel,
  { contenders }: Results,
  x: number,
  y: number,
  width: number,
): string {
  // At least one, so that a figure of which all are 0 has a scale.
  const scale = (width - VALUE) / (Math.max(...Object.values(byName).flat()) || 1);
  const bars = contenders.map((name, index) => {
    const top = y + 8 + index * ROW;
    const values = byName[name] ?? [];
    if (values.length === 0) return text(x, top + 11, "missing", "not measured");
    return drawBar(values, index, x, top, scale);
  });
  return [text(x, y, "", title), ...bars].join("\n");
}

function drawBar(values: number[], index: number, x: number, top: number, scale: number): string {
  const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)];
  const bar = `<rect class="bar${index}" x="${fixed(x)}" y="${top}" width="${
    fixed(middle * scale)
  }" height="${BAR}" rx="2"/>`;
  const label = text(x + high * scale + 7, top + 11, "value", round(middle));
  if (low === high) return `${bar}\n${label}`;
  const [from, to, at] = [fixed(x + low * scale), fixed(x + high * scale), top + BAR / 2];
  return `${bar}
<path class="whisker" d="M${from} ${at}H${to}M${from} ${at - 4}v8M${to} ${at - 4}v8"/>
${label}`;
}

function text(x: number, y: number, style: string, words: string): string {
  const safe = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const named = style === "" ? "" : `class="${style}" `;
  return `<text ${named}x="${fixed(x)}" y="${fixed(y)}">${safe}</text>`;
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}

if (import.meta.main) {
  const file = new URL("results.json", import.meta.url);
  const results: Results = JSON.parse(await Deno.readTextFile(file));
  await Deno.writeTextFile(new URL("results.svg", file), drawChart(results));
}
