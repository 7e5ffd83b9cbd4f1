/** One source file, as far as the rules of the architecture go. */
export interface Module {
  /** From the root of the repository: `src/source/watch.ts`. */
  path: string;
  imports: Import[];
  /** The text without comments and without what stands in quotes. */
  code: string;
  /** The text as it stands. */
  text: string;
  lines: number;
}

export interface Import {
  /** A module's path for a file of the repository, else the specifier: `node:net`, `undici`. */
  of: string;
  /** The names that are there at run time; `*` where it is the module as a whole. Empty: types only. */
  values: string[];
}

const ROOT = new URL("../../", import.meta.url);

/** A statement at the beginning of a line: what it names, and from where. */
const STATEMENT = /^(?:import|export)\s+(type\s)?(?:([^;"'=]*?)\s*from\s*)?"([^"]+)"/gm;

const DYNAMIC = /\bimport\("([^"]+)"\)/g;

/** Of a template only what stands between `${` and `}` is code. */
const NOT_CODE = /\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;

/** The program without its tests: `main.ts` and what stands below `src/`. */
export async function readModules(): Promise<Module[]> {
  return (await readEveryModule(["src"])).filter(({ path }) => !path.endsWith("_test.ts"));
}

/** The program, its tests and its tools. @param folders of which the files are read, beside `main.ts` and its test */
export async function readEveryModule(
  folders = ["src", "tests", "bench", "build", "demo"],
): Promise<Module[]> {
  const paths = ["main.ts", "main_test.ts", ...(await Promise.all(folders.map(sources))).flat()];
  return await Promise.all(paths.map(async (path) => parseModule(path, await readText(path))));
}

/** What one file imports and does. */
export function parseModule(path: string, text: string): Module {
  const imports: Import[] = [];
  for (const [, type, names, specifier = ""] of text.matchAll(STATEMENT)) {
    imports.push({ of: resolve(path, specifier), values: type === undefined ? valueNames(names) : [] });
  }
  for (const [, specifier = ""] of text.matchAll(DYNAMIC)) {
    imports.push({ of: resolve(path, specifier), values: ["*"] });
  }
  const code = text.replace(NOT_CODE, (found) => {
    if (!found.startsWith("`")) return " ";
    return [...found.matchAll(/\$\{([^}]*)\}/g)].map(([, expression]) => expression).join(" ");
  });
  return { path, imports, code, text, lines: text.split("\n").length - 1 };
}

/** `b` of `{ type A, b }`. */
function valueNames(names = "*"): string[] {
  const listed = names.replace(/[{}]/g, ",").split(",").map((name) => name.trim());
  return listed.filter((name) => name !== "" && !name.startsWith("type "));
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

async function sources(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...await sources(path));
    else if (path.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

async function readText(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, ROOT));
}
