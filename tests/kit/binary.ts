import { fileURLToPath } from "node:url";
import { run } from "./command.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * What Deno 2.7 lacks of what the program's libraries use. The runtime that can be had without a network is of
 * that version; a release is compiled with the pinned one and needs none of it.
 */
const SHIM = `import events, { addAbortListener } from "node:events";
import threads from "node:worker_threads";
threads.markAsUncloneable ??= () => {};
events.addAbortListener ??= addAbortListener;
`;

/** A script that prints a Deno and a runtime for it, where `deno compile` cannot download one. */
export function findToolchain(): string | undefined {
  const script = Deno.env.get("K8SVENT_TOOLCHAIN") ??
    fileURLToPath(new URL("../../../shared/toolchain/denort.sh", import.meta.url));
  try {
    return Deno.statSync(script).isFile ? script : undefined;
  } catch {
    return undefined;
  }
}

/** Compiles the program with a permission set, as `deno task compile` does, into a file that everybody may run. */
export async function compile(toolchain: string, permissions: string, output: string): Promise<void> {
  const [deno = "", runtime = ""] = (await run(toolchain, [])).trim().split("\n");
  // Inside the checkout: deno.json, which has the permission sets, is found from the entry.
  const folder = await Deno.makeTempDir({ dir: ROOT, prefix: ".bundle-" });
  try {
    await Deno.writeTextFile(`${folder}/shim.js`, SHIM);
    await run(Deno.execPath(), [
      ...["bundle", "-q", "--minify", "--code-splitting", "--outdir", folder],
      `${ROOT}/main.ts`,
    ]);
    await run(deno, [
      ...["compile", "-q", "--frozen", `-P=${permissions}`, "--no-prompt", "--no-code-cache", "--no-check"],
      ...["--preload", `${folder}/shim.js`, "-o", output, `${folder}/main.js`],
    ], { env: { DENORT_BIN: runtime } });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
