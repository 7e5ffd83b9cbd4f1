import assert from "node:assert/strict";
import { parse } from "yaml";
import { painter } from "../runtime/paint.ts";
import { endOf, isWell, lineOf } from "./diagnosis.ts";
import { failed, good, skipped, warning } from "./finding.ts";

const ALL = [
  good("cluster", "https://a:6443"),
  warning("list", "no pods"),
  skipped("watch", "why"),
  failed("state", "No."),
];

Deno.test("a finding is a line, and goes on below its message where that is long", () => {
  assert.equal(
    lineOf(good("cluster", "https://a:6443"), painter(false)),
    "ok      cluster        https://a:6443\n",
  );
  const long = lineOf(failed("webhook hooks.example.com", "word ".repeat(30).trim()), painter(false));
  const [first, second = "", ...others] = long.trimEnd().split("\n");
  assert.equal(first, "failed  webhook hooks.example.com");
  for (const line of [second, ...others]) assert.match(line, /^ {23}word( word)*$/);
  assert.deepEqual(long.split("\n").filter((line) => line.length > 80), []);
});

Deno.test("on a terminal the outcome has a colour, and nothing else", () => {
  const line = lineOf(failed("state", "No."), painter(true));
  assert.equal(line, "\x1b[31mfailed  \x1b[39mstate          No.\n");
});

Deno.test("what others wrote steers no terminal", () => {
  assert.equal(lineOf(good("list", "a\x1b[2Jb"), painter(false)), "ok      list           a [2Jb\n");
});

Deno.test("the summary names what failed", async () => {
  assert.equal(await endOf(ALL, "table"), "1 check failed (1 warning and 1 skipped): state.\n");
  assert.equal(await endOf(ALL.slice(0, 3), "table"), "All is well (1 warning and 1 skipped).\n");
  assert.equal(await endOf([good("list", "3 pods")], "table"), "All is well.\n");
  assert.deepEqual([isWell(ALL), isWell(ALL.slice(0, 3))], [false, true]);
  const many = Array.from({ length: 9 }, (_, index) => failed(`webhook number-${index}`, "No."));
  const lines = (await endOf(many, "table")).trimEnd().split("\n");
  assert.match(lines.join(" "), /^9 checks failed: webhook number-0, .* and webhook number-8\.$/);
  assert.deepEqual(lines.filter((line) => line.length > 80), []);
});

Deno.test("JSON and YAML hold the same", async () => {
  const document = JSON.parse(await endOf(ALL, "json"));
  assert.deepEqual(parse(await endOf(ALL, "yaml")), document);
  assert.deepEqual([document.ok, document.checks], [false, ALL]);
});
