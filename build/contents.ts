import { fileURLToPath } from "node:url";
import { run } from "./command.ts";
import type { Package } from "./sbom.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What `deno info --json` says of a program's packages, as far as it is read. */
interface Info {
  modules: { kind: string; npmPackage?: string }[];
  npmPackages: Record<string, { name: string; version: string; dependencies: string[]; localPath: string }>;
}

/** Types are gone when the program runs. */
const TYPES = /^(@types\/.*|undici-types)$/;

/**
 * The packages that the program reaches from `main.ts`: not those of the tests. Licences come from the packages
 * themselves, digests from the lock file.
 */
export async function readPackages(): Promise<Package[]> {
  const info: Info = JSON.parse(await run(Deno.execPath(), ["info", "--json", `${ROOT}/main.ts`]));
  const lock = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.lock`));
  const ids = reach(info, info.modules.flatMap(({ npmPackage }) => npmPackage ?? []));
  const packages = new Map<string, Package>();
  for (const id of ids) {
    const { name, version, localPath } = info.npmPackages[id] ?? { name: "", version: "", localPath: "" };
    if (name === "" || TYPES.test(name)) continue;
    const { license } = JSON.parse(await Deno.readTextFile(`${localPath}/package.json`));
    const integrity: string | undefined = lock.npm[id]?.integrity;
    packages.set(`${name}@${version}`, {
      name,
      version,
      license: typeof license === "string" ? license : undefined,
      integrity,
    });
  }
  return [...packages.values()];
}

function reach({ npmPackages }: Info, from: string[]): Set<string> {
  const seen = new Set<string>();
  const waiting = [...from];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    waiting.push(...npmPackages[id]?.dependencies ?? []);
  }
  return seen;
}
