import assert from "node:assert/strict";
import { readModules } from "./kit/modules.ts";
import { readTests } from "./kit/test_titles.ts";

const PAGE = await Deno.readTextFile(new URL("../docs/architecture.md", import.meta.url));

Deno.test("every test that docs/architecture.md names for a promise is there, by its exact title", async () => {
  const promises = PAGE.split(/^### (?=\d\. )/m).slice(1);
  assert.equal(promises.length, 7);
  const tests = await readTests();
  for (const promise of promises) {
    const titles = [...promise.matchAll(/^- Test: `(.+)`$/gm)].map(([, title = ""]) => title);
    assert.ok(titles.length >= 2, `promise ${promise.slice(0, 30)}`);
    assert.deepEqual(titles.filter((title) => !tests.includes(`"${title}"`)), []);
  }
});

Deno.test("docs/architecture.md says of each folder what it does", async () => {
  const folders = (await readModules()).map(({ path }) => path.replace(/[^/]+$/, "")).filter((path) =>
    path !== ""
  );
  const missing = [...new Set(folders)].filter((path) => !PAGE.includes(`| [\`${path}\`](../${path})`));
  assert.deepEqual(missing, []);
});

Deno.test("every file that docs/architecture.md links to is there", async () => {
  for (const [, path = ""] of PAGE.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
    await Deno.stat(new URL(`../docs/${path}`, import.meta.url));
  }
});
