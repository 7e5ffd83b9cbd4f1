import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import { takePod } from "../pod/cut.ts";
import type { PodObject } from "../pod/object.ts";
import type { PodRef } from "../pod/pod.ts";
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
): Promise<PodObject> {
  const found = await api.get(podPath(namespace, name), signal);
  try {
    return takePod(found);
  } catch (cause) {
    throw new ClusterError("protocol", "The API server answered with something that is not a pod.", {
      cause,
    });
  }
}

/**
 * Reads one pod, as it is now. Undefined when it is gone: nothing has this name, or another pod has.
 *
 * With a selector, a watch says DELETED and a list leaves a pod out in two cases that look alike: the pod is
 * gone, or it stopped matching. Only this read tells them apart.
 *
 * @throws {ClusterError} when the API server does not say.
 */
export async function lookUp(
  api: ApiServer,
  pod: PodRef,
  signal: AbortSignal,
): Promise<PodObject | undefined> {
  try {
    const found = await readPod(api, pod.namespace, pod.name, signal);
    return found.pod.metadata.uid === pod.uid ? found : undefined;
  } catch (error) {
    if (error instanceof ClusterError && error.fault === "missing") return undefined;
    throw error;
  }
}
