import assert from "node:assert/strict";
import { readModules } from "./kit/modules.ts";

const EXPORT = /^export (?:async |abstract |declare )*(?:function\*?|class|interface|type|const|let) +(\w+)/;

Deno.test("docs: every exported name says what it is", async () => {
  const silent: string[] = [];
  for (const { path, text } of await readModules()) {
    const lines = text.split("\n");
    lines.forEach((line, index) => {
      const name = EXPORT.exec(line)?.[1];
      // A decorator or a lint directive may stand between; nothing else does.
      if (name !== undefined && !/(\*\/|^\/\/ deno-lint)/.test(lines[index - 1] ?? "")) {
        silent.push(`${path}: ${name}`);
      }
    });
  }
  assert.deepEqual(silent, [], "These names have no docstring");
});
