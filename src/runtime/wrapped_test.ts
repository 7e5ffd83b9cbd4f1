import assert from "node:assert/strict";
import { wrapped } from "./wrapped.ts";

Deno.test("a line ends between words, and not between a number and its unit", () => {
  assert.deepEqual(wrapped("tried again in 31 s", 17), ["tried again in", "31 s"]);
  assert.deepEqual(wrapped("status 503 since it is down", 10), ["status 503", "since it", "is down"]);
});

Deno.test("a word that is too long has a line of its own", () => {
  assert.deepEqual(wrapped("at https://hooks.example.com now", 10), [
    "at",
    "https://hooks.example.com",
    "now",
  ]);
});

Deno.test("a line is as wide as its characters are", () => {
  assert.deepEqual(wrapped("容器 容器 容器", 10), ["容器 容器", "容器"]);
});
