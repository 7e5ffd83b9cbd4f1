import assert from "node:assert/strict";
import { jsonSchema, PAGE, SCHEMA, withOptions } from "../../build/config_page.ts";
import { readConfig } from "../../src/config/config.ts";
import { blocksOf, readPages } from "../kit/pages.ts";

/* What docs/ and kube/ say of the configuration file. */

Deno.test("docs/config.schema.json is the schema of the source (deno task docs:config writes it)", async () => {
  assert.equal(await Deno.readTextFile(SCHEMA), jsonSchema());
});

Deno.test("docs/configuration.md has the options of the source (deno task docs:config writes them)", async () => {
  const page = await Deno.readTextFile(PAGE);
  assert.equal(withOptions(page), page);
});

Deno.test("every option is described", () => {
  const silent: string[] = [];
  const look = (schema: Record<string, unknown>, path: string): void => {
    if (path !== "" && typeof schema["description"] !== "string") silent.push(path);
    for (const [key, part] of Object.entries(schema["properties"] ?? {})) look(part, `${path}.${key}`);
    if (typeof schema["items"] === "object") look(schema["items"] as Record<string, unknown>, `${path}[]`);
  };
  look(JSON.parse(jsonSchema()), "");
  assert.deepEqual(silent, []);
});

/** Every whole configuration file that a page shows. */
async function shownFiles(): Promise<[string, string][]> {
  const pages = await readPages();
  return pages.flatMap((page) =>
    blocksOf(page).filter(({ language, text }) => language === "yaml" && /^version: 1$/m.test(text))
      .map(({ text }): [string, string] => [page.path, text])
  );
}

Deno.test("every configuration file that a page or kube/ shows is right", async () => {
  const example = "kube/config/k8svent.yaml";
  const files: [string, string][] = [
    ...await shownFiles(),
    [example, await Deno.readTextFile(new URL(`../../${example}`, import.meta.url))],
  ];
  assert(files.length >= 2);
  for (const [path, text] of files) {
    const { warnings } = await readConfig(text, { file: path, realPath: (path) => path });
    assert.deepEqual(warnings, [], path);
    // Elsewhere a file is shown for one thing that stands in it.
    if (/configuration\.md|^kube/.test(path)) assert.match(text, /^# yaml-language-server: \$schema=/, path);
  }
});
