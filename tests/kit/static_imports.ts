import { run } from "./command.ts";

/** What `deno info --json` says. */
interface Graph {
  roots: string[];
  modules: { specifier: string; dependencies?: { code?: { specifier?: string }; isDynamic?: boolean }[] }[];
}

/**
 * What is loaded with a module before any of it runs, and what a dynamic import may load later: specifiers.
 *
 * @param path from the root of the repository
 */
export async function staticImports(path: string): Promise<{ loaded: string[]; later: string[] }> {
  const { modules, roots } = JSON.parse(await run(Deno.execPath(), ["info", "--json", path])) as Graph;
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set<string>();
  const load = (specifier: string): void => {
    if (loaded.has(specifier)) return;
    loaded.add(specifier);
    for (const { code, isDynamic } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (code?.specifier !== undefined && isDynamic !== true) load(code.specifier);
    }
  };
  roots.forEach(load);
  return {
    loaded: [...loaded],
    later: [...bySpecifier.keys()].filter((specifier) => !loaded.has(specifier)),
  };
}
