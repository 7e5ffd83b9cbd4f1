import { fileURLToPath } from "node:url";
import { run } from "./command.ts";

/**
 * Where a real control plane comes from on this machine.
 *
 * - `envtest`: the packed folder with `up.sh`; it can play workloads.
 * - `assets`: a folder with etcd, kube-apiserver and kubectl, as KUBEBUILDER_ASSETS names it.
 * - `go`: the same folder, fetched first by setup-envtest.
 * - `none`: nowhere, and why, as a sentence.
 */
export type ControlPlaneSource =
  | { kind: "envtest"; folder: string }
  | { kind: "assets"; folder: string }
  | { kind: "go" }
  | { kind: "none"; reason: string };

/** Exact, so that the same programs are fetched everywhere. */
const SETUP_ENVTEST = "sigs.k8s.io/controller-runtime/tools/setup-envtest@v0.25.1";
const KUBERNETES = "1.37.x";

/** Looks without starting anything, so that tests can be registered by what it finds. */
export function findControlPlane(): ControlPlaneSource {
  const folder = Deno.env.get("K8SVENT_ENVTEST") ??
    fileURLToPath(new URL("../../../shared/envtest", import.meta.url));
  // The packed programs run on one platform only.
  if (Deno.build.target === "x86_64-unknown-linux-gnu" && isFile(`${folder}/up.sh`)) {
    return { kind: "envtest", folder };
  }
  const assets = Deno.env.get("KUBEBUILDER_ASSETS");
  if (assets !== undefined) return { kind: "assets", folder: assets };
  const path = (Deno.env.get("PATH") ?? "").split(":");
  if (path.some((entry) => isFile(`${entry}/go`))) return { kind: "go" };
  return {
    kind: "none",
    reason: "no control plane was found. Set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and " +
      "kubectl, or install Go, which fetches one.",
  };
}

/** The folder with the programs themselves; unpacks or downloads them on first use. */
export async function programs(source: ControlPlaneSource): Promise<string> {
  switch (source.kind) {
    case "envtest":
      return (await run(`${source.folder}/unpack.sh`, [])).trim();
    case "assets":
      return source.folder;
    case "go":
      return (await run("go", ["run", SETUP_ENVTEST, "use", KUBERNETES, "-p", "path"])).trim();
    case "none":
      throw new Error(`Cannot start a control plane: ${source.reason}`);
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
