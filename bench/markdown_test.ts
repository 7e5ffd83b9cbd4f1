import assert from "node:assert/strict";
import { printMarkdown } from "./markdown.ts";
import type { Results } from "./results.ts";

/** Cells, whatever the formatter made of the space between them. */
function cells(table: string): string[][] {
  return table.split("\n").filter((line) => !/^[|\s-]+$/.test(line))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

async function read(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, import.meta.url));
}

Deno.test("the README's figures are those of the run that is beside the benchmark", async () => {
  const results: Results = JSON.parse(await read("results.json"));
  const [, section = ""] = (await read("../README.md")).split("## How fast, how big\n");
  const table = section.split("\n").filter((line) => line.startsWith("|"));
  const figures = cells(printMarkdown(results));
  assert.ok(figures.length > 10);
  assert.deepEqual(cells(table.join("\n")).slice(0, figures.length), figures);
  assert.ok(section.includes(results.machine.processor), "the machine is named");
});
