import assert from "node:assert/strict";
import { readModules } from "./kit/modules.ts";

const PAGE = await Deno.readTextFile(new URL("../docs/troubleshooting.md", import.meta.url));

/** Shorter than this, a part between two `…` is found by chance. */
const TELLING = 8;

/** The source with each sentence in one piece, however it is cut into lines. */
async function source(): Promise<string> {
  const text = (await readModules()).map((module) => module.text).join("\n");
  return text.replace(/["`] \+\s*["`]/g, "").replaceAll('\\"', '"');
}

/** The parts of each heading that are the program's own words. */
function sentences(page: string): string[][] {
  return [...page.matchAll(/^### (.*)$/gm)].map(([, heading = ""]) =>
    [...heading.matchAll(/`([^`]+)`/g)].flatMap(([, words = ""]) => words.split("…"))
      .map((part) => part.trim())
      .filter((part) => part.length >= TELLING)
  );
}

Deno.test("every sentence of docs/troubleshooting.md is one of the program's", async () => {
  const found = sentences(PAGE);
  assert.ok(found.length >= 20, `${found.length} sentences`);
  const text = await source();
  const empty = found.filter((parts) => parts.length === 0);
  assert.deepEqual(empty, [], "a heading without words to look for");
  assert.deepEqual(found.flat().filter((part) => !text.includes(part)), []);
});

Deno.test("a sentence that the program does not say is found", async () => {
  const [parts = []] = sentences("### `The moon is … made of cheese`");
  const text = await source();
  assert.deepEqual(parts.filter((part) => !text.includes(part)), ["The moon is", "made of cheese"]);
});
