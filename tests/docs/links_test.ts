import assert from "node:assert/strict";
import { type Page, readPages } from "../kit/pages.ts";

/*
 * The links of README.md and docs/: to files of the repository, and to headings of pages. Whether another host has what
 * a link says is not asked here: that would fail on a machine without a network, and on a host that is down.
 */

const PAGES = await readPages();

Deno.test("every file that a page links to is there", async () => {
  for (const page of PAGES) {
    for (const { file, as } of linksOf(page)) {
      const found = await Deno.stat(new URL(`../../${file}`, import.meta.url)).catch(() => undefined);
      assert(found !== undefined, `${page.path} links to ${as}, but there is no ${file}`);
    }
  }
});

Deno.test("every heading that a page links to is there", () => {
  for (const page of PAGES) {
    for (const { file, anchor, as } of linksOf(page)) {
      const target = PAGES.find(({ path }) => path === file);
      if (anchor === undefined || target === undefined) continue;
      assert(
        anchorsOf(target).includes(anchor),
        `${page.path} links to ${as}, but ${file} has no such heading`,
      );
    }
  }
});

Deno.test("every page is in the index, and begins with its title", () => {
  const index = PAGES.find(({ path }) => path === "docs/README.md");
  assert(index !== undefined);
  const linked = linksOf(index).map(({ file }) => file);
  for (const { path, text } of PAGES) {
    assert.match(text, /^# \S/, path);
    if (path.startsWith("docs/") && path !== index.path) {
      assert(linked.includes(path), `${path} is not in the index`);
    }
  }
});

Deno.test("an anchor is made of a heading as forges make it", () => {
  const page = (text: string): Page => ({ path: "x", text });
  const cases: [string, string[]][] = [
    ["## Be idempotent", ["be-idempotent"]],
    ["## Repair what you know: an inventory", ["repair-what-you-know-an-inventory"]],
    ["### Node.js", ["nodejs"]],
    ["## `--state`, and what it keeps", ["--state-and-what-it-keeps"]],
    ["## Limits\n## Limits", ["limits", "limits-1"]],
    ["```sh\n# no heading\n```\n## One", ["one"]],
    ["## [a link](x.md) in it", ["a-link-in-it"]],
  ];
  for (const [text, anchors] of cases) assert.deepEqual(anchorsOf(page(text)), anchors);
});

interface Link {
  /** From the root of the repository. */
  file: string;
  anchor: string | undefined;
  /** As it is written. */
  as: string;
}

/** The links of a page that stay inside the repository. What stands in code is no link. */
function linksOf({ path, text }: Page): Link[] {
  const prose = withoutBlocks(text).replaceAll(/`[^`\n]*`/g, "");
  const written = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return written.filter((target) => !/^[a-z]+:/.test(target)).map((target) => {
    const { pathname, hash } = new URL(target, `file:///${path}`);
    return {
      file: pathname.slice(1),
      anchor: hash === "" ? undefined : decodeURIComponent(hash.slice(1)),
      as: target,
    };
  });
}

/** Lower case, without punctuation, a hyphen for each space; a number where it was there before. */
function anchorsOf({ text }: Page): string[] {
  const seen = new Map<string, number>();
  return [...withoutBlocks(text).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = ""]) => {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = plain.replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}

function withoutBlocks(text: string): string {
  return text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "");
}
