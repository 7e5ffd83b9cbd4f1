import { nameMachine } from "./machine.ts";
import { type Figures, median, nameSize, type Results, round } from "./results.ts";

/** One figure at one size. */
interface Panel {
  title: string;
  /** By contender, a number for each round. */
  byName: Record<string, number[]>;
}

/** What the chart shows: the figure's name, and what people read. */
const SHOWN: [figure: string, title: string][] = [
  ["start to first delivery, ms", "start to first delivery, ms"],
  ["first sync, s", "first sync, s"],
  ["memory at rest, MB", "memory at rest, MB"],
  ["CPU of 10,000 changes, s", "CPU of 10,000 changes, s"],
  ["change to receipt at 100/s, p99, ms", "change to receipt, p99, ms"],
  ["restart: requests", "requests after a restart"],
];

const WIDTH = 840;
const ROW = 22;
const HEAD = 34;
const GAP = 22;
const NAMES = 84;
const VALUES = 62;
const TOP = 40;

/** Colours that stand on white and on black. */
const STYLE =
  `text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.name,.value{font-size:12px}
.spread{stroke:#1f2328;stroke-width:1.5}.ours{fill:#2f81f7}.other{fill:#8b949e}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.spread{stroke:#e6edf3}}`;

/** Bars for people, as SVG: of each figure the median, and a line from the lowest to the highest round. */
export function drawChart(results: Results): string {
  const { contenders, machine, day } = results;
  // Large pods are another matter than many.
  const sizes = results.sizes.filter(({ padding = 0 }) => padding === 0);
  const columns = Math.max(1, sizes.length);
  const width = (WIDTH - GAP * (columns - 1)) / columns;
  const height = HEAD + contenders.length * ROW + GAP;
  const parts: string[] = [];
  for (const [column, size] of sizes.entries()) {
    const x = column * (width + GAP);
    parts.push(text(x, 16, "title", nameSize(size)));
    for (const [row, panel] of panelsOf(size.figures).entries()) {
      parts.push(drawPanel(panel, results, x, TOP + row * height, width));
    }
  }
  const bottom = TOP + SHOWN.length * height;
  parts.push(
    text(0, bottom, "name", `${nameMachine(machine)}, ${day}. Shorter is better.`),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${
    bottom + 10
  }" width="${WIDTH}" role="img">
<title>k8svent beside a Go program of the same job</title>
<style>${STYLE}</style>
${parts.join("\n")}
</svg>
`;
}

function panelsOf(figures: Figures): Panel[] {
  return SHOWN.map(([figure, title]) => ({ title, byName: figures[figure] ?? {} }));
}

function drawPanel(
  { title, byName }: Panel,
  { contenders, baseline }: Results,
  x: number,
  y: number,
  width: number,
): string {
  const most = Math.max(...Object.values(byName).flat());
  const scale = (width - NAMES - VALUES) / most;
  const rows = contenders.map((name, index) => {
    const values = byName[name] ?? [];
    if (values.length === 0) return "";
    const [top, left] = [y + HEAD - 20 + index * ROW, x + NAMES];
    const middle = median(values);
    const style = name === baseline ? "other" : "ours";
    const [low, high] = [left + Math.min(...values) * scale, left + Math.max(...values) * scale];
    return `${text(x, top + 11, "name", name)}
<rect class="${style}" x="${left}" y="${top}" width="${fixed(middle * scale)}" height="${ROW - 8}"/>
<line class="spread" x1="${fixed(low)}" x2="${fixed(high)}" y1="${top + 7}" y2="${top + 7}"/>
${text(left + Math.max(...values) * scale + 6, top + 11, "value", round(middle))}`;
  });
  return `${text(x, y, "title", title)}\n${rows.join("\n")}`;
}

function text(x: number, y: number, style: string, words: string): string {
  const safe = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text class="${style}" x="${fixed(x)}" y="${fixed(y)}">${safe}</text>`;
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
