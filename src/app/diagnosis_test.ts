import assert from "node:assert/strict";
import { parse } from "yaml";
import { documentOf, isWell, lineOf, summaryOf } from "./diagnosis.ts";
import { failed, good, skipped, warning } from "./finding.ts";

const ALL = [
  good("cluster", "https://a:6443"),
  warning("list", "no pods"),
  skipped("watch", "why"),
  failed("state", "No."),
];

Deno.test("a finding is a line, and goes on below its message where that is long", () => {
  assert.equal(lineOf(good("cluster", "https://a:6443"), false), "ok      cluster        https://a:6443\n");
  const long = lineOf(failed("webhook hooks.example.com", "word ".repeat(30).trim()), false);
  const [first, second = "", ...others] = long.trimEnd().split("\n");
  assert.equal(first, "failed  webhook hooks.example.com");
  for (const line of [second, ...others]) assert.match(line, /^ {23}word( word)*$/);
  assert.deepEqual(long.split("\n").filter((line) => line.length > 80), []);
});

Deno.test("on a terminal the outcome has a colour, and nothing else", () => {
  const line = lineOf(failed("state", "No."), true);
  assert.equal(line, "\x1b[31mfailed  \x1b[39mstate          No.\n");
});

Deno.test("what others wrote steers no terminal", () => {
  assert.equal(lineOf(good("list", "a\x1b[2Jb"), false), "ok      list           a [2Jb\n");
});

Deno.test("the summary names what failed", () => {
  assert.equal(summaryOf(ALL), "1 check failed (1 warning and 1 skipped): state.");
  assert.equal(summaryOf(ALL.slice(0, 3)), "All is well (1 warning and 1 skipped).");
  assert.equal(summaryOf([good("list", "3 pods")]), "All is well.");
  assert.deepEqual([isWell(ALL), isWell(ALL.slice(0, 3))], [false, true]);
});

Deno.test("JSON and YAML hold the same", () => {
  const document = JSON.parse(documentOf(ALL, "json"));
  assert.deepEqual(parse(documentOf(ALL, "yaml")), document);
  assert.deepEqual([document.ok, document.checks], [false, ALL]);
});
