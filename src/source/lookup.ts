import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import type { Pod, PodRef } from "../pod/pod.ts";
import { isPod, parseAnswer } from "./list.ts";
import { podPath } from "./query.ts";

/**
 * Reads one pod, as it is now, by its name.
 *
 * @throws {ClusterError} `missing` when there is none, or when the API server does not say.
 */
export async function readPod(
  api: ApiServer,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<Pod> {
  const found = parseAnswer(await api.get(podPath(namespace, name), signal));
  if (isPod(found)) return found;
  throw new ClusterError("protocol", "The API server answered with something that is not a pod.");
}

/**
 * Reads one pod, as it is now. Undefined when it is gone: nothing has this name, or another pod has.
 *
 * With a selector, a watch says DELETED and a list leaves a pod out in two cases that look alike: the pod is
 * gone, or it stopped matching. Only this read tells them apart.
 *
 * @throws {ClusterError} when the API server does not say.
 */
export async function lookUp(api: ApiServer, pod: PodRef, signal: AbortSignal): Promise<Pod | undefined> {
  try {
    const found = await readPod(api, pod.namespace, pod.name, signal);
    return found.metadata.uid === pod.uid ? found : undefined;
  } catch (error) {
    if (error instanceof ClusterError && error.fault === "missing") return undefined;
    throw error;
  }
}
