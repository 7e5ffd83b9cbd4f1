import assert from "node:assert/strict";
import { drawChart } from "./chart.ts";
import type { Figures, Results } from "./results.ts";

const MACHINE = { processor: "<A&B>", cores: 2, memoryGiB: 4, system: "linux", deno: "2", go: "1" };
const FIGURE = "first sync, s";

function results(contenders: string[], figures: Figures): Results {
  return {
    day: "2026-01-01",
    machine: MACHINE,
    ceiling: 1,
    contenders,
    shown: "compiled",
    sizes: [{ pods: 1000, figures }],
  };
}

/** Colour and length of each bar in the panels; the squares of the legend and the background are none. */
function bars(svg: string): [colour: string, width: number][] {
  return [...svg.matchAll(/<rect class="(bar\d)" [^>]*width="([\d.]+)" height="14"/g)]
    .map(([, colour = "", width]): [string, number] => [colour, Number(width)])
    .filter(([, width]) => width !== 14);
}

Deno.test("a chart has a bar for each contender, as long as its median, from the left of its panel", () => {
  const svg = drawChart(results(["ours", "theirs"], { [FIGURE]: { ours: [1, 2, 3], theirs: [4, 4, 4] } }));
  assert.deepEqual(bars(svg), [["bar0", 378], ["bar1", 756]]);
  assert.match(svg, /1,000 pods/);
});

Deno.test("a chart has a whisker from the lowest round to the highest, and says so", () => {
  const svg = drawChart(results(["ours", "theirs"], { [FIGURE]: { ours: [1, 2, 3], theirs: [4, 4, 4] } }));
  const whiskers = [...svg.matchAll(/class="whisker" d="M([\d.]+) [\d.]+H([\d.]+)M/g)];
  assert.deepEqual(whiskers.map(([, from, to]) => [from, to]), [["209", "587"]]);
  assert.match(svg, /median of 3 rounds\. Whiskers: lowest to highest round/);
});

Deno.test("a chart of one round has no whiskers and speaks of none", () => {
  const svg = drawChart(results(["ours"], { [FIGURE]: { ours: [1] } }));
  assert.doesNotMatch(svg, /<path|Whisker/);
  assert.match(svg, /single round/);
});

Deno.test("a chart has one colour a program, the same in the legend and in every panel", () => {
  const figures = {
    [FIGURE]: { ours: [1], theirs: [2] },
    "memory at rest, MB": { ours: [3], theirs: [4] },
  };
  const svg = drawChart(results(["ours", "theirs"], figures));
  assert.match(svg, /class="bar0"[^>]*width="14" height="14" rx="2"\/>\n<text [^>]*>ours</);
  assert.match(svg, /class="bar1"[^>]*width="14" height="14" rx="2"\/>\n<text [^>]*>theirs</);
  assert.deepEqual(bars(svg).map(([colour]) => colour), ["bar0", "bar1", "bar0", "bar1"]);
});

Deno.test("a chart separates thousands and shows no figure that nobody measured", () => {
  const svg = drawChart(results(["ours"], { "start to first delivery, ms": { ours: [17_723] } }));
  assert.match(svg, />17,723</);
  assert.doesNotMatch(svg, /First sync|Infinity|NaN/);
});

Deno.test("a chart says where one program was not measured", () => {
  const svg = drawChart(results(["ours", "theirs"], { "restart: requests": { ours: [0] } }));
  assert.match(svg, />not measured</);
  assert.doesNotMatch(svg, /Infinity|NaN/);
});

Deno.test("a chart is light and dark", () => {
  assert.match(
    drawChart(results(["ours"], {})),
    /@media\(prefers-color-scheme:dark\)\{\.back\{fill:#0d1117\}/,
  );
});

Deno.test("a chart of five sizes has room for each title, value and heading", () => {
  const figures = { "change to receipt at 100/s, p99, ms": { ours: [100_000] } };
  const sizes = [1, 2, 3, 4, 5].map((thousands) => ({ pods: thousands * 1_000, figures }));
  const svg = drawChart({ ...results(["ours"], {}), sizes });
  const whole = Number(/viewBox="0 0 ([\d.]+)/.exec(svg)?.[1]);
  // A letter of a proportional font is about half as wide as it is high, at most.
  const ends = [...svg.matchAll(/<text[^>]* x="([\d.]+)" y="([\d.]+)">([^<]*)/g)]
    .map(([, x, y, words = ""]) => ({ x: Number(x), y, end: Number(x) + words.length * 7 }));
  for (const { x, y, end } of ends) {
    const next = Math.min(whole, ...ends.filter((other) => other.y === y && other.x > x).map(({ x }) => x));
    assert.ok(end <= next, `${end} > ${next}`);
  }
});

Deno.test("bench/results.svg is the chart of bench/results.json", async () => {
  const [results, svg] = await Promise.all(
    ["results.json", "results.svg"].map((name) => Deno.readTextFile(new URL(name, import.meta.url))),
  );
  assert.equal(drawChart(JSON.parse(results ?? "")), svg);
});

Deno.test("what stands in a chart as text cannot end its element", () => {
  const svg = drawChart({
    day: "2026-01-01",
    machine: MACHINE,
    ceiling: 1,
    contenders: [],
    shown: "compiled",
    sizes: [],
  });
  assert.match(svg, /&lt;A&amp;B>/);
  assert.doesNotMatch(svg, /<A/);
});
