import type { Pod } from "../../src/pod/pod.ts";
import type { ModelEndpoint } from "./endpoint.ts";
import { lastAccepted } from "./show.ts";
import type { ModelWorld } from "./world.ts";

/**
 * What is wrong with the picture that a receiver has made for itself, when all has arrived and one more inventory has:
 * it has each pod that goes there, as it is now, but for those that were given up for it, and none that is gone. That it
 * never forgot one that lives, the world notes as it happens.
 */
export function pictures(world: ModelWorld, endpoint: ModelEndpoint): string[] {
  const { cluster, setup } = world;
  const { name, receiver } = endpoint;
  // Only the operator's endpoints get notices; without them a picture can be wrong where something was given up.
  if (name.startsWith("hook")) return [];
  const alive = new Map(cluster.pods().map((pod) => [pod.metadata.uid, pod]));
  const isFollowed = (uid: string): boolean =>
    alive.has(uid) && (!setup.selector || alive.get(uid)?.metadata.labels?.["app"] === "shop");
  const dead = [...receiver.held.keys()].filter((uid) => !isFollowed(uid));
  const missing = [...alive.values()].filter((pod) =>
    world.targets(pod).includes(name) && isFollowed(pod.metadata.uid) &&
    !receiver.held.has(pod.metadata.uid) &&
    !endpoint.discardedPods.has(pod.metadata.uid)
  );
  // A restore to a version that had been seen, and a list of just that version, show no new epoch: an inventory of before can
  // then come after a pod that it does not know, whose version is none above its own.
  const isUnnoticed = ({ metadata: { uid } }: Pod): boolean =>
    (lastAccepted(endpoint.deliveries, uid)?.epoch ?? 0) < cluster.generation;
  const forgotten = missing.filter((pod) => !isUnnoticed(pod));
  return [
    ...(receiver.inventories === 0 ? [`${name} got no inventory`] : []),
    ...(setup.notices === "beating" && receiver.heartbeats === 0 ? [`${name} got no heartbeat`] : []),
    ...dead.map((uid) => `${name} still holds ${uid}, which is gone`),
    ...(setup.small && forgotten.length <= endpoint.lost ? [] : forgotten).map(({ metadata: { uid } }) =>
      `${name} does not hold ${uid}, which lives`
    ),
  ];
}
