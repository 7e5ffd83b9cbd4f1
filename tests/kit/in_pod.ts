import { fileURLToPath } from "node:url";
import type { ControlPlane } from "./control_plane.ts";
import { Program } from "./program.ts";

/** How a program runs as in a pod of kube/. */
export interface PodOptions {
  plane: ControlPlane;
  /** The program and its flags; a path within `image`, where one is given. */
  command: string[];
  /** What signs. */
  secret: string;
  /** The user's number. */
  user: string;
  /** The root file system of an image; the machine's own by default. */
  image?: string | undefined;
  env?: Record<string, string>;
}

const SCRIPT = fileURLToPath(new URL("in_pod.sh", import.meta.url));

/** Where a program finds what the kubelet mounts, and how the kubelet tells it where the API server is. */
function environment({ plane, env = {} }: PodOptions): Record<string, string> {
  const url = new URL(plane.server);
  return {
    KUBERNETES_SERVICE_HOST: url.hostname,
    KUBERNETES_SERVICE_PORT: url.port,
    K8SVENT_STATE: "/var/lib/k8svent/state.db",
    K8SVENT_WEBHOOK_SECRET_FILE: "/var/run/secrets/k8svent/secret",
    ...env,
  };
}

/** Why nothing can be run as in a pod here; undefined where it can. */
export function lacksPods(): string | undefined {
  if (Deno.build.os === "linux" && Deno.uid() === 0) return undefined;
  return "only root on Linux can mount what the kubelet mounts.";
}

/**
 * Starts a program where the kubelet would have mounted its service account, its secret and its state, on the
 * loopback of this machine. With an image, its root file system is all that it sees, and cannot be written.
 */
export async function startInPod(options: PodOptions): Promise<Program> {
  const { plane, command, secret, user, image = "" } = options;
  const home = await Deno.makeTempDir({ prefix: "k8svent-home-" });
  const path = Deno.env.get("PATH") ?? "";
  const child = new Deno.Command("unshare", {
    args: ["--mount", SCRIPT, plane.serviceAccount, secret, user, image, ...command],
    clearEnv: true,
    // The image's own program needs nothing of this; what is run by the runtime needs its cache.
    env: { PATH: path, DENO_DIR: Deno.env.get("DENO_DIR") ?? "", ...environment(options) },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return new Program(child, home);
}

/** Lets the service account that a program has as in a pod of kube/ read pods. */
export async function grantPods(plane: ControlPlane): Promise<void> {
  await plane.kubectl(["create", "clusterrole", "k8svent", "--verb=get,list,watch", "--resource=pods"]);
  await plane.kubectl([
    ...["create", "clusterrolebinding", "k8svent", "--clusterrole=k8svent"],
    "--serviceaccount=default:k8svent",
  ]);
}
