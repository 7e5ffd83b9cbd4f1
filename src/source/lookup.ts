import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import type { Pod, PodRef } from "../pod/pod.ts";
import { isPod, readJson } from "./list.ts";
import { podPath } from "./query.ts";

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
    const response = await api.get(podPath(pod.namespace, pod.name), { signal });
    const found = await readJson(response, signal);
    if (!isPod(found)) {
      throw new ClusterError("protocol", "The API server answered with something that is not a pod.");
    }
    return found.metadata.uid === pod.uid ? found : undefined;
  } catch (error) {
    if (error instanceof ClusterError && error.fault === "missing") return undefined;
    throw error;
  }
}
