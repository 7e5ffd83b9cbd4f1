import assert from "node:assert/strict";
import { printMarkdown, putFigures, putShort } from "./markdown.ts";
import type { Results } from "./results.ts";

/** Cells, whatever the formatter made of the space between them. */
function cells(table: string): string[][] {
  return table.split("\n").filter((line) => !/^[|\s-]+$/.test(line))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

async function read(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, import.meta.url));
}

Deno.test("docs/benchmark.md has the figures of the run that is beside the benchmark", async () => {
  const results: Results = JSON.parse(await read("results.json"));
  const page = await read("../docs/benchmark.md");
  assert.equal(
    putFigures(page, results),
    page,
    "deno run --allow-read --allow-write bench/markdown.ts mends it",
  );
  assert.ok(page.includes(results.machine.processor), "the machine is named");
});

Deno.test("the README has the first of them", async () => {
  const results: Results = JSON.parse(await read("results.json"));
  const page = await read("../README.md");
  assert.equal(
    putShort(page, results),
    page,
    "deno run --allow-read --allow-write bench/markdown.ts mends it",
  );
  assert.match(page, /\| peak memory, MB +\|/);
});

Deno.test("a page that has no place for the figures, or two, is not written", async () => {
  const results: Results = JSON.parse(await read("results.json"));
  const page = await read("../docs/benchmark.md");
  assert.throws(() => putFigures("# Nothing", results), TypeError);
  assert.throws(() => putFigures(page + page, results), TypeError);
});

Deno.test("a cell has both medians and their ratio, as far as they are there", async () => {
  const results: Results = JSON.parse(await read("results.json"));
  const figures = {
    both: { compiled: [3], "Go baseline": [2] },
    none: { compiled: [0], "Go baseline": [5] },
    ours: { compiled: [3] },
  };
  const sizes = [{ pods: 1_000, figures }, { pods: 20, padding: 89_200, figures: {} }];
  const table = cells(printMarkdown({ ...results, shown: "compiled", sizes }));
  assert.deepEqual(table, [
    ["", "1,000 pods", "20 pods of 100 KB", "target"],
    ["both", "3.00 / 2.00 = 1.50", "", ""],
    ["none", "0.00 / 5.00", "", ""],
    ["ours", "3.00 / –", "", ""],
  ]);
});

Deno.test("what open ports cost is shown where the run has looked at it", async () => {
  const results: Results = JSON.parse(await read("results.json"));
  const figures = {
    "CPU at rest, s an hour": { compiled: [1.6], "compiled, with ports": [2], "Go baseline": [1] },
  };
  const rowsOf = (found: Record<string, Record<string, number[]>>): string[][] =>
    cells(printMarkdown({ ...results, shown: "compiled", sizes: [{ pods: 10_000, figures: found }] })).slice(
      2,
    );
  assert.deepEqual(rowsOf(figures), [["open ports: CPU at rest, s an hour", "2.00 / 1.60 = 1.25", ""]]);
  assert.deepEqual(rowsOf({ "CPU at rest, s an hour": { compiled: [1.6] } }), []);
});

Deno.test("a figure's row says what became of its targets", async () => {
  const results: Results = JSON.parse(await read("results.json"));
  const figures = {
    "start to first delivery, ms": { compiled: [500] },
    "memory at its peak, MB": { compiled: [100], "Go baseline": [400] },
  };
  const table = printMarkdown({ ...results, shown: "compiled", sizes: [{ pods: 10_000, figures }] });
  assert.deepEqual(cells(table).slice(1).map((row) => row.at(-1)), [
    "at most 400, missed by 25%",
    "10,000 pods: ratio at most 0.3, reached; 100,000 pods: ratio at most 0.05, not measured; " +
    "100,000 pods: at most 160, not measured",
  ]);
});
