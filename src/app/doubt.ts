/**
 * What of an event cannot be, given what is known.
 *
 * `change/contradiction.ts` says which signs there are. Here they are looked for: in the version of a list when it
 * begins, in each pod that a list holds, and in the read of a pod that left the selection. What a watch brings is no
 * sign of anything, since it goes on from a version that was seen.
 */
import { contradiction, type Suspicion } from "../change/contradiction.ts";
import { gate } from "../change/gate.ts";
import type { PodEvent } from "../pod/event.ts";
import type { PodObject } from "../pod/object.ts";
import type { Scope } from "../pod/pod.ts";
import { compareVersions } from "../pod/version.ts";
import type { Inventory, KnownPod } from "../store/store.ts";

/**
 * The sign that an event is, as long as nothing was made of it yet; undefined: it is none.
 *
 * @param scope whose source the event is from
 * @param list the version of the list of that scope that runs; undefined: none does
 */
export function doubt(
  event: PodEvent,
  scope: Scope,
  list: string | undefined,
  inventory: Inventory,
): Suspicion | undefined {
  if (event.type === "sync-start") return doubtList(event.resourceVersion, scope, inventory);
  if (event.type === "unselected") return doubtRead(event.object, inventory);
  if (event.type === "applied" && list !== undefined) return doubtListed(event.object, list, inventory);
  return undefined;
}

function doubtList(version: string, scope: Scope, inventory: Inventory): Suspicion | undefined {
  const reached = inventory.reached(scope);
  const isBehind = reached !== undefined && compareVersions(version, reached) < 0;
  return isBehind ? { kind: "list-behind" } : undefined;
}

function doubtListed({ pod }: PodObject, list: string, inventory: Inventory): Suspicion | undefined {
  const { uid, namespace, name, resourceVersion } = pod.metadata;
  const known = inventory.known(pod.metadata);
  const ofEpoch = (pod: KnownPod | undefined): string | undefined =>
    pod?.epoch === inventory.epoch ? pod.resourceVersion : undefined;
  return contradiction(
    { uid, namespace, name, resourceVersion },
    list,
    ofEpoch(known),
    known === undefined ? inventory.tombstone(uid) : undefined,
    known === undefined ? ofEpoch(inventory.holder(namespace, name)) : undefined,
  );
}

/** A pod that left was read for this alone, and a read goes to etcd: it cannot be older than what was seen before. */
function doubtRead({ pod }: PodObject, inventory: Inventory): Suspicion | undefined {
  const { uid, namespace, name, resourceVersion } = pod.metadata;
  const known = inventory.known(pod.metadata);
  if (known === undefined || gate(known, resourceVersion, inventory.epoch) !== "stale") return undefined;
  return { kind: "pod-behind", pod: { uid, namespace, name, resourceVersion } };
}
