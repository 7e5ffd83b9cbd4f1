import { fieldsOf } from "./anything.ts";
import { deletedBody, podIn } from "./json.ts";
import type { Pod, PodRef } from "./pod.ts";

/** The last known object of a pod that is gone, as it is sent. */
export interface DeletedPod {
  pod: Pod;
  /** The request's body; its `status.phase` is `Deleted`. */
  body: Uint8Array<ArrayBuffer>;
  /** The phase that it really had. */
  phase: string;
}

/** Of its last body. Printed anew, with every number as it was: ends are rare beside changes. */
export function deletedPod(body: Uint8Array): DeletedPod {
  const pod = podIn(body);
  const { phase } = fieldsOf(pod.status);
  return { pod, phase: typeof phase === "string" ? phase : "Unknown", body: deletedBody(pod) };
}

/** Of a pod whose last body was given up to save room, and that nobody can read any more: its name is left. */
export function unknownPod(
  { uid, namespace, name, resourceVersion }: PodRef & { resourceVersion: string },
): DeletedPod {
  const pod: Pod = { metadata: { name, namespace, uid, resourceVersion } };
  return { pod, phase: "Unknown", body: deletedBody(pod) };
}
