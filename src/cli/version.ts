import config from "../../deno.json" with { type: "json" };

/** The program's own version, a semantic version without a `v`; deno.json is the one place that has it. */
export const VERSION: string = config.version;

/** The build puts the commit here (`build/compile.ts`). */
const COMMIT: string = "@commit@";

/**
 * What `--version` prints: `k8svent 0.1.0 (commit 0123456789ab, deno 2.9.6)`.
 *
 * @param deno the version of the runtime
 */
export function describeVersion(deno: string): string {
  const commit = /^[0-9a-f]+(-dirty)?$/.exec(COMMIT)?.[0];
  const origin = commit === undefined ? "from source" : `commit ${commit}`;
  return `k8svent ${VERSION} (${origin}, deno ${deno})\n`;
}
