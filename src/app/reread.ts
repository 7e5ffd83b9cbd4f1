import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import { compareVersions } from "../pod/version.ts";
import { lookUp } from "../source/lookup.ts";
import type { Message, Store } from "../store/store.ts";
import type { Pipeline } from "./pipeline.ts";

/**
 * Reads a pod again whose body was given up to save room, when its message's turn has come. What is read goes through
 * the gate like everything else: the same version brings the body back, a newer one takes the message's place.
 *
 * Resolves to false where that brought nothing, so that the message has to wait: the API server does not answer,
 * the pod is gone (which is for the source to say: it has the last object), or the server went back behind what
 * is known (which the next list finds out).
 */
export async function reread(
  message: Message,
  { api, store: { inventory }, pipeline }: { api: ApiServer; store: Store; pipeline: Pipeline },
  stop: AbortSignal,
): Promise<boolean> {
  try {
    const object = await lookUp(api, message, stop);
    if (object === undefined) return false;
    pipeline.acceptRead(object);
    const known = inventory.known(message);
    return known !== undefined &&
      compareVersions(object.pod.metadata.resourceVersion, known.resourceVersion) >= 0;
  } catch (error) {
    if (stop.aborted || error instanceof ClusterError) return false;
    throw error;
  }
}
