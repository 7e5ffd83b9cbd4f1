import { summarize } from "../../src/change/summary.ts";
import { exactPod } from "../../src/pod/cut.ts";
import type { Pod } from "../../src/pod/pod.ts";
import type { KnownPod } from "../../src/store/inventory.ts";

/** A pod as an inventory keeps it: seen in the first epoch, and going to the default endpoints. */
export function knownOf(pod: Pod): Omit<KnownPod, "body"> {
  const { uid, namespace, name, resourceVersion } = pod.metadata;
  return {
    uid,
    namespace,
    name,
    resourceVersion,
    epoch: 0,
    summary: summarize(exactPod(pod)),
    route: undefined,
    environment: undefined,
  };
}
