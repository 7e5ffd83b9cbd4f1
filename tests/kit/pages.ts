/** What people read: README.md and the pages of docs/. */
export interface Page {
  /** From the root of the repository: `docs/install.md`. */
  path: string;
  text: string;
}

/** One fenced block of a page. */
export interface Block {
  /** What stands behind the fence: `sh`, `json`. */
  language: string;
  text: string;
}

const ROOT = new URL("../../", import.meta.url);

/** One page. */
export async function readPage(path: string): Promise<Page> {
  return { path, text: await Deno.readTextFile(new URL(path, ROOT)) };
}

/** README.md, then the pages by name. */
export async function readPages(): Promise<Page[]> {
  const paths: string[] = [];
  for await (const { name } of Deno.readDir(new URL("docs/", ROOT))) {
    if (name.endsWith(".md")) paths.push(`docs/${name}`);
  }
  return await Promise.all(["README.md", ...paths.toSorted()].map(readPage));
}

/** The fenced blocks of a page, in its order. One in a list is indented: as far as its fence, that is no part of it. */
export function blocksOf({ text }: Page): Block[] {
  return [...text.matchAll(/^( *)```(\S*)\n([\s\S]*?)^\1```$/gm)].map((
    [, indent = "", language = "", body = ""],
  ) => ({
    language,
    text: body.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }));
}

/** The commands of a page: what a person copies and runs, one after the other, without what is said behind them. */
export function commandsOf(page: Page): string[] {
  return blocksOf(page).filter(({ language }) => language === "sh").flatMap(({ text }) =>
    text.replaceAll(/\\\n\s*/g, "").split("\n").map((line) => line.replace(/\s+# .*$/, "").trim())
      .filter((line) => line !== "")
  );
}
