import { fileURLToPath } from "node:url";
import { compile } from "../../build/compile.ts";

/** A commit that no repository has: a test sees by it that the build put it in. */
export const COMMIT = "0123456789ab";

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

/** The compiled program, in a folder of its own that everybody may read. */
export interface Binary extends AsyncDisposable {
  path: string;
}

/** Compiles the program with a permission set of deno.json, as `deno task compile` does. */
export async function compileBinary(permissions: string): Promise<Binary> {
  const folder = await Deno.makeTempDir({ prefix: "k8svent-binary-" });
  await Deno.chmod(folder, 0o755);
  const path = `${folder}/k8svent`;
  await compile({ permissions, output: path, commit: COMMIT, toolchain: findToolchain() });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

/** Why nothing can be compiled here; undefined where it can. */
export function lacksRuntime(): string | undefined {
  if (findToolchain() !== undefined || Deno.env.get("K8SVENT_TOOLCHAIN") === "") return undefined;
  return "there is no runtime to compile with: name a script that prints one in K8SVENT_TOOLCHAIN, or leave it empty " +
    "where Deno can download its own.";
}
