import { unknownPod } from "../pod/deleted.ts";
import { plainPodIn } from "../pod/json.ts";
import type { Pod } from "../pod/pod.ts";
import type { Inventory, KnownPod } from "../store/store.ts";

/** A known pod as it was seen last; where its body was given up to save room, only what names it. Parses the body. */
export function currentPod(pod: KnownPod, inventory: Pick<Inventory, "bodyOf">): Pod {
  return plainPodIn(inventory.bodyOf(pod)?.body ?? unknownPod(pod).body);
}
