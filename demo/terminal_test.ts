import assert from "node:assert/strict";
import { coloured } from "./line.ts";
import { drawTerminal } from "./terminal.ts";

Deno.test("a picture of a terminal has each line as text, in its colours", () => {
  const svg = drawTerminal("a run", ["$ demo", `one ${coloured("good", "signed")}`], 40);
  assert.match(svg, /<text [^>]*><tspan x="16\.0">\$ demo<\/tspan><\/text>/);
  assert.match(svg, /<tspan x="16\.0">one<\/tspan><tspan x="47\.2" class="green">signed<\/tspan>/);
});

Deno.test("a picture is for light and dark, and says what it shows", () => {
  const svg = drawTerminal("a <run>", [], 40);
  assert.match(svg, /@media\(prefers-color-scheme:dark\)/);
  assert.match(svg, /<title>a &lt;run&gt;<\/title>/);
});

Deno.test("what a terminal shows cannot become a part of the picture", () => {
  const svg = drawTerminal("x", ['</text><script>alert("&")</script>'], 40);
  assert.ok(!svg.includes("<script>"));
  assert.ok(svg.includes('&lt;/text&gt;&lt;script&gt;alert("&amp;")&lt;/script&gt;'));
});

Deno.test("the picture of the README is one of the demo as it prints now", async () => {
  const svg = await Deno.readTextFile(new URL("demo.svg", import.meta.url));
  for (const part of ["signed", "Deleted", "answers 503", "on purpose", "attempt 2"]) {
    assert.ok(svg.includes(part), part);
  }
});
