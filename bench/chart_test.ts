import assert from "node:assert/strict";
import { drawChart } from "./chart.ts";

const MACHINE = { processor: "<A&B>", cores: 2, memoryGiB: 4, system: "linux", deno: "2", go: "1" };

Deno.test("a chart has a bar for each contender, as long as its median, and a line for its rounds", () => {
  const figures = { "first sync, s": { ours: [1, 2, 3], theirs: [4, 4, 4] } };
  const svg = drawChart({
    day: "2026-01-01",
    machine: MACHINE,
    ceiling: 1,
    contenders: ["ours", "theirs"],
    baseline: "theirs",
    sizes: [{ pods: 1000, figures }],
  });
  const widths = [...svg.matchAll(/<rect class="(\w+)".* width="([\d.]+)"/g)].map(([, style, width]) => [
    style,
    Number(width),
  ]);
  assert.deepEqual(widths, [["ours", 347], ["other", 694]]);
  const [ours] = [...svg.matchAll(/<line .* x1="([\d.]+)" x2="([\d.]+)"/g)];
  assert.deepEqual([Number(ours?.[1]), Number(ours?.[2])], [84 + 173.5, 84 + 520.5]);
  assert.match(svg, /1,000 pods/);
});

Deno.test("what stands in a chart as text cannot end its element", () => {
  const svg = drawChart({ day: "2026-01-01", machine: MACHINE, ceiling: 1, contenders: [], sizes: [] });
  assert.match(svg, /&lt;A&amp;B>/);
  assert.doesNotMatch(svg, /<A/);
});
