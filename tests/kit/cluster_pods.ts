import type { Pod } from "../../src/pod/pod.ts";
import type { ControlPlane } from "./control_plane.ts";
import { parseEveryNumber } from "./exact.ts";

/** A pod as a person writes it: what the API server adds is not there. */
export interface Manifest {
  apiVersion: "v1";
  kind: "Pod";
  metadata: { name: string; [field: string]: unknown };
  spec: Record<string, unknown>;
}

/** The smallest pod that the API server admits. */
export function manifest(
  name: string,
  metadata: Record<string, unknown> = {},
  spec: Record<string, unknown> = {},
): Manifest {
  const containers = [{ name: "app", image: "app" }];
  return { apiVersion: "v1", kind: "Pod", metadata: { name, ...metadata }, spec: { containers, ...spec } };
}

/** Creates them in the namespace `default`, in one call. */
export async function createPods(plane: ControlPlane, manifests: Manifest[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: manifests };
  // A bigint is written as the integer that it is.
  const text = JSON.stringify(list, (_key, value) => typeof value === "bigint" ? rawJSON(`${value}`) : value);
  await plane.kubectl(["create", "--validate=false", "-f", "-"], text);
}

/** Deletes pods at once, as a node that has to forget them does. */
export async function deletePods(plane: ControlPlane, ...names: string[]): Promise<void> {
  await plane.kubectl(["delete", "pod", "--now", "--wait=false", ...names]);
}

/** Every pod as kubectl shows it, with its numbers digit for digit. */
export async function listPods(plane: ControlPlane): Promise<Pod[]> {
  return (parseEveryNumber(await plane.kubectl(["get", "pods", "-A", "-o", "json"])) as { items: Pod[] })
    .items;
}

/** What two views of a cluster must agree on: `namespace/name`, UID and version of each pod, sorted. */
export function versionsOf(pods: Iterable<Pod>): string[] {
  return [...pods].map(({ metadata: { namespace, name, uid, resourceVersion } }) =>
    `${namespace}/${name} ${uid} ${resourceVersion}`
  ).sort();
}

const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
