import config from "../../deno.json" with { type: "json" };

/** The program's own version, a semantic version without a `v`; deno.json is the one place that has it. */
export const VERSION: string = config.version;

/** The build puts the commit here (`build/compile.ts`). */
const COMMIT: string = "@commit@";

/** What a build says of itself. */
export interface Build {
  version: string;
  /** Absent from source. In short, `-dirty` where files differed from it. */
  commit?: string;
  /** The version of the runtime. */
  deno: string;
}

/** What this build is. @param deno the version of the runtime */
export function buildOf(deno: string): Build {
  const commit = /^[0-9a-f]+(-dirty)?$/.exec(COMMIT)?.[0];
  return { version: VERSION, ...commit !== undefined && { commit }, deno };
}

/** What `--version` prints: `k8svent 0.1.0 (commit 0123456789ab, deno 2.9.6)`. */
export function describeBuild({ version, commit, deno }: Build): string {
  return `k8svent ${version} (${commit === undefined ? "from source" : `commit ${commit}`}, deno ${deno})\n`;
}
