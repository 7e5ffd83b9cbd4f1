const ROOT = new URL("../../", import.meta.url);

/** The text of every test file, one after another: whoever looks for `"title"` in it knows whether there is such a test. */
export async function readTests(folders: string[] = ["src/", "tests/"]): Promise<string> {
  let text = "";
  for (const folder of folders) {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
      if (isDirectory) text += await readTests([`${folder}${name}/`]);
      else if (name.endsWith("_test.ts")) text += await Deno.readTextFile(new URL(`${folder}${name}`, ROOT));
    }
  }
  return text;
}
