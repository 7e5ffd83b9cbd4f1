import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "yaml";
import { shownAs } from "./output.ts";

Deno.test("what is printed as JSON and as YAML is data again, and steers no terminal", async () => {
  const texts = [
    "\u009b31mred",
    "safe\u202etxt",
    "a\x1b[2J\n\x7fb\n",
    "日本 👍",
    "- no: list",
    "a\u2028b",
    "\u200b",
  ];
  for (const value of [...texts, texts, Object.fromEntries(texts.map((text) => [text, { text }]))]) {
    const json = await shownAs("json", value, () => "");
    assert.deepEqual(JSON.parse(json), value);
    const yaml = await shownAs("yaml", value, () => "");
    assert.deepEqual(parse(yaml), value);
    for (const text of [json, yaml]) assert.doesNotMatch(text, /[^\P{Cc}\n]|[\u2028\u2029\p{Bidi_Control}]/u);
  }
});

Deno.test("whatever is printed as YAML is that when it is read", async () => {
  await fc.assert(fc.asyncProperty(fc.jsonValue({ stringUnit: "binary" }), async (value) => {
    const yaml = await shownAs("yaml", value, () => "");
    assert.deepEqual(JSON.stringify(parse(yaml)), JSON.stringify(value));
  }));
});
