import type { ControlPlane } from "./control_plane.ts";

type Fields = Record<string, unknown>;

/** Writes a kubeconfig with one context of this cluster and user, into the control plane's folder. */
export async function writeKubeconfig(plane: ControlPlane, cluster: Fields, user: Fields): Promise<string> {
  const file = `${plane.dir}/kubeconfig-${crypto.randomUUID()}`;
  const config = {
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "c", user: "c" } }],
    clusters: [{ name: "c", cluster }],
    users: [{ name: "c", user }],
  };
  // JSON is YAML.
  await Deno.writeTextFile(file, JSON.stringify(config));
  return file;
}

/** The cluster as the administrator's kubeconfig describes it. */
export async function realCluster(plane: ControlPlane): Promise<Fields> {
  return (await view(plane)).clusters[0].cluster;
}

/** The administrator's credentials. */
export async function realUser(plane: ControlPlane): Promise<Fields> {
  return (await view(plane)).users[0].user;
}

async function view(
  plane: ControlPlane,
): Promise<{ clusters: [{ cluster: Fields }]; users: [{ user: Fields }] }> {
  return JSON.parse(await plane.kubectl(["config", "view", "--raw", "--flatten", "-o", "json"]));
}
