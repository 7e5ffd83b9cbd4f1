/** A Mermaid flowchart, as far as the pages under `docs/` draw one. */
export interface Picture {
  /** `a --> b`, or `a -.-> b`, in the order in which they are drawn; a chain is an arrow after the other. */
  arrows: string[];
  /** By the name of each `subgraph`, its nodes. */
  groups: Record<string, string[]>;
}

const ROOT = new URL("../../", import.meta.url);

/** The flowcharts of a page, in their order. @param path from the root of the repository */
export async function readPictures(path: string): Promise<Picture[]> {
  const text = await Deno.readTextFile(new URL(path, ROOT));
  return [...text.matchAll(/```mermaid\n([\s\S]*?)```/g)].map(([, code = ""]) => parsePicture(code));
}

/** Reads one flowchart. */
export function parsePicture(code: string): Picture {
  const picture: Picture = { arrows: [], groups: {} };
  let group: string[] | undefined;
  for (const line of code.split("\n").map(withoutLabels)) {
    const [, opened] = /^subgraph (\w+)/.exec(line) ?? [];
    if (opened !== undefined) group = picture.groups[opened] = [];
    else if (line === "end") group = undefined;
    else if (/^\w+$/.test(line)) group?.push(line);
    else picture.arrows.push(...arrowsOf(line));
  }
  return picture;
}

/** `a` of `a["A<br/>words"]` and of `a(["words"])`. */
function withoutLabels(line: string): string {
  return line.replaceAll(/(?<=\w)(\(\[|\[)"[^"]*"(\]\)|\])/g, "").trim();
}

function arrowsOf(line: string): string[] {
  const parts = line.split(/ +(-->|-\.->) +/);
  return parts.flatMap((part, index) =>
    index % 2 === 0 ? [] : [`${parts[index - 1]} ${part} ${parts[index + 1]}`]
  );
}
