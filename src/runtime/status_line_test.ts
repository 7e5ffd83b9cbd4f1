import assert from "node:assert/strict";
import { StatusLine } from "./status_line.ts";

/** What a terminal shows that obeys its control sequences; a line that is longer than it is wide is a fault of the test. */
class Screen {
  lines = [""];
  written = "";

  write(text: string): void {
    this.written += text;
    const [first = "", ...rest] = text.replaceAll("\r\x1b[K", "\r").split("\n");
    this.lines[this.lines.length - 1] += first;
    this.lines.push(...rest);
    // What comes after it stands in place of what was before it.
    this.lines = this.lines.map((line) => line.split("\r").at(-1) ?? "");
  }
}

function open(columns = 40): { screen: Screen; line: StatusLine } {
  const screen = new Screen();
  return { screen, line: new StatusLine((text) => screen.write(text), () => columns) };
}

Deno.test("a status line is written anew in its place", () => {
  const { screen, line } = open();
  line.show("1 of 20");
  line.show("2 of 20");
  assert.deepEqual(screen.lines, ["2 of 20"]);
});

Deno.test("what is logged goes above the status line, which stays the last", () => {
  const { screen, line } = open();
  line.write("before\n");
  line.show("1 of 20");
  line.write("a warning\n");
  assert.deepEqual(screen.lines, ["before", "a warning", "1 of 20"]);
  line.show(undefined);
  line.write("after\n");
  assert.deepEqual(screen.lines, ["before", "a warning", "after", ""]);
});

Deno.test("a status line is cut so that it does not wrap", () => {
  const { screen, line } = open(10);
  line.show("12345678901234567890");
  assert.deepEqual(screen.lines, ["123456789"]);
});

Deno.test("wide characters count as the two columns that they take", () => {
  const { screen, line } = open(10);
  line.show("容器容器容器");
  assert.deepEqual(screen.lines, ["容器容器"]);
});

Deno.test("a terminal that does not say how wide it is shows a status line all the same", () => {
  const { screen, line } = open(0);
  line.show("1 of 20");
  assert.deepEqual(screen.lines, ["1 of 20"]);
});

Deno.test("nothing is written to take away what was never shown", () => {
  const { screen, line } = open();
  line.show(undefined);
  assert.equal(screen.written, "");
});
