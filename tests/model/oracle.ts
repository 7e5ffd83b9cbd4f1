import { isDeepStrictEqual } from "node:util";
import type { Pod } from "../../src/pod/pod.ts";
import type { Delivery, ModelEndpoint } from "./endpoint.ts";
import { type Transition, versionOf } from "./witness.ts";
import type { ModelWorld } from "./world.ts";

/** Of a pod's transitions, these many of the latest are kept for an endpoint that is behind. */
const LATEST = 20;

/** A message that was set aside so often in a row no longer holds up its pod, nor the next one of its name. */
const STUCK = 3;

const TRANSITIONS = ["phase", "terminated", "restarted", "unselected", "deleted"];

/** What an endpoint must have in the end and has not, as sentences. */
export function unmet(world: ModelWorld): string[] {
  return world.endpoints.flatMap((endpoint) => [
    ...lastStates(world, endpoint),
    ...endings(world, endpoint),
    ...transitions(world, endpoint),
  ]);
}

/** What an endpoint got and never should have, as sentences. */
export function broken(world: ModelWorld): string[] {
  return [
    ...world.problems,
    ...idsOfTwoBodies(world.endpoints),
    ...world.endpoints.flatMap((endpoint) => [
      ...versionsThatFall(endpoint),
      ...beginningsBeforeEnds(endpoint),
      ...secondIds(endpoint),
      ...(world.setup.selector ? [] : repetitions(endpoint)),
    ]),
  ];
}

function lastStates({ cluster, setup }: ModelWorld, { name, deliveries }: ModelEndpoint): string[] {
  const followed = cluster.pods().filter((pod) => !setup.selector || isSelected(pod));
  return followed.flatMap((pod) => {
    const last = lastAccepted(deliveries, pod.metadata.uid);
    if (last?.event === "pod.changed" && isDeepStrictEqual(last.pod, pod)) return [];
    return [`${name} has ${show(last)} as the last of ${showPod(pod)}`];
  });
}

/** Also of a pod that no longer matches: the message that says so is the last one about it. */
function endings({ cluster, setup, witness }: ModelWorld, { name, deliveries }: ModelEndpoint): string[] {
  const alive = new Map(cluster.pods().map((pod) => [pod.metadata.uid, pod]));
  const told = deliveries.filter(({ accepted }) => accepted).map(({ pod }) => pod.metadata.uid);
  return [...new Set([...told, ...witness.owed.get(name) ?? []])].flatMap((uid) => {
    const pod = alive.get(uid);
    if (pod !== undefined && (!setup.selector || isSelected(pod))) return [];
    const last = lastAccepted(deliveries, uid);
    if (last?.reasons.includes("unselected") && setup.selector) return [];
    if (last?.event === "pod.deleted" && pod === undefined) return [];
    return [`${name} has ${show(last)} as the last of ${uid}, which is gone`];
  });
}

/** Each one that was seen. Of very many the first and the latest are enough, and the number of the others. */
function transitions({ witness }: ModelWorld, endpoint: ModelEndpoint): string[] {
  const { name, deliveries } = endpoint;
  const demanded = witness.transitions.filter(({ endpoints }) => endpoints.includes(name));
  const byPod = Map.groupBy(demanded, ({ pod }) => pod.metadata.uid);
  return [...byPod].flatMap(([uid, seen]) => {
    const about = deliveries.filter(({ accepted, pod }) => accepted && pod.metadata.uid === uid);
    const lost = seen.filter((one) =>
      !about.some((delivery) => tells(delivery, one.pod) || isAhead(delivery, one))
    );
    const counted = about.reduce((sum, { coalesced }) => sum + coalesced, 0);
    return [
      ...lost.filter((one) =>
        !mayBeGivenUp(one, seen, about, endpoint) && !wasStuck(endpoint, keyOf(one.pod))
      )
        .map(({ pod }) => `${name} was not told of the transition ${showPod(pod)}`),
      ...(lost.length > counted
        ? [`${name} was told of ${counted} of ${lost.length} versions given up`]
        : []),
    ];
  });
}

/** Whether the endpoint refused a version so often that a newer one may have taken its place. */
function wasStuck({ refused }: ModelEndpoint, version: string): boolean {
  return refused.filter(({ pod }) => keyOf(pod) === version).length >= STUCK;
}

/**
 * Whether it lay between the first of a pod's transitions and the latest. These were told, or refused until a newer
 * version may have taken their place. The end of a pod, or of its selection, is the last of its transitions.
 *
 * Where the cluster went back, a lower version may be the later one. In which epoch the lost one was seen is not
 * known, but there are no more epochs than generations, and what was seen before it and told is not later.
 */
function mayBeGivenUp(
  lost: Transition,
  seen: Transition[],
  about: Delivery[],
  endpoint: ModelEndpoint,
): boolean {
  const { uid } = lost.pod.metadata;
  const stuck = endpoint.refused.filter(({ pod }) =>
    pod.metadata.uid === uid && wasStuck(endpoint, keyOf(pod))
  );
  const kept = [...about, ...stuck].filter(({ reasons }) =>
    reasons.some((reason) => TRANSITIONS.includes(reason))
  );
  const distinct = [
    ...new Map(kept.map((delivery) => [`${delivery.id} ${delivery.epoch}`, delivery])).values(),
  ];
  const before = seen.slice(0, seen.indexOf(lost)).flatMap(({ pod, generation }) =>
    about.find((delivery) => delivery.epoch <= generation && tells(delivery, pod)) ?? []
  );
  const epochs = Array.from({ length: lost.generation + 1 }, (_, epoch) => epoch);
  return epochs.some((epoch) => {
    const isLater = (delivery: Delivery): boolean =>
      delivery.epoch === epoch ? versionOf(delivery.pod) > versionOf(lost.pod) : delivery.epoch > epoch;
    const later = distinct.filter(isLater).length;
    return later >= LATEST && later < distinct.length && !before.some(isLater);
  });
}

/**
 * That a pod left the selection is told with the pod as it was read then. Where it had come back in the meantime,
 * the watch still brings what was before that read, and that must not follow. Nor must it where the read found the
 * pod gone: its end, told with the object of its leaving, is final.
 */
function isAhead({ event, reasons, pod }: Delivery, { pod: seen, returned }: Transition): boolean {
  if (event === "pod.deleted") return returned && versionOf(pod) < versionOf(seen);
  return returned && reasons.includes("unselected") && versionOf(pod) > versionOf(seen);
}

/** In its last object, a pod's phase is replaced. */
function tells({ event, pod: { status, ...rest } }: Delivery, { status: seen, ...others }: Pod): boolean {
  if (event === "pod.changed") return isDeepStrictEqual({ status, ...rest }, { status: seen, ...others });
  return isDeepStrictEqual({ ...rest, ...status, phase: "" }, { ...others, ...seen, phase: "" });
}

function versionsThatFall({ name, deliveries }: ModelEndpoint): string[] {
  const last = new Map<string, Delivery>();
  return deliveries.flatMap((delivery) => {
    const { uid } = delivery.pod.metadata;
    const before = last.get(uid);
    last.set(uid, delivery);
    if (before === undefined || before.epoch < delivery.epoch) return [];
    const falls = before.epoch > delivery.epoch || versionOf(before.pod) > versionOf(delivery.pod);
    const returns = before.event === "pod.deleted" && delivery.event !== "pod.deleted";
    return falls || returns ? [`${name} got ${show(delivery)} after ${show(before)}`] : [];
  });
}

function beginningsBeforeEnds(endpoint: ModelEndpoint): string[] {
  const { name, deliveries, refused } = endpoint;
  const holders = new Map<string, Delivery>();
  return deliveries.flatMap((delivery, index) => {
    // The next pod of its name may have passed it.
    if (wasStuck(endpoint, keyOf(delivery.pod))) return [];
    const { uid, namespace, name: podName } = delivery.pod.metadata;
    const before = holders.get(`${namespace}/${podName}`);
    holders.set(`${namespace}/${podName}`, delivery);
    if (before === undefined || before.pod.metadata.uid === uid) return [];
    const end = lastAccepted(deliveries.slice(0, index), before.pod.metadata.uid);
    if (end?.event === "pod.deleted" || end?.reasons.includes("unselected")) return [];
    const ofBefore = refused.filter(({ pod }) => pod.metadata.uid === before.pod.metadata.uid);
    if (ofBefore.some(({ pod }) => wasStuck(endpoint, keyOf(pod)))) return [];
    return [`${name} got ${show(delivery)} before the end of ${show(before)}`];
  });
}

function idsOfTwoBodies(endpoints: ModelEndpoint[]): string[] {
  const bodies = new Map<string, string>();
  return endpoints.flatMap(({ name, deliveries }) =>
    deliveries.flatMap(({ id, body, event, pod }) => {
      const before = bodies.get(id) ?? body;
      bodies.set(id, before);
      return before === body ? [] : [`${name} got the id ${id} of another body for ${event} ${showPod(pod)}`];
    })
  );
}

function secondIds({ name, deliveries }: ModelEndpoint): string[] {
  const ids = new Map<string, string>();
  return deliveries.flatMap((delivery) => {
    if (delivery.reasons.join() === "unhealthy") return [];
    const key = `${delivery.event} ${delivery.epoch} ${keyOf(delivery.pod)} ${
      delivery.reasons.includes("unselected")
    }`;
    const before = ids.get(key) ?? delivery.id;
    ids.set(key, before);
    return before === delivery.id ? [] : [`${name} got ${show(delivery)} under two ids`];
  });
}

/** What was accepted and stored comes again only after a crash that lost the knowledge, which none does. */
function repetitions({ name, deliveries }: ModelEndpoint): string[] {
  const stored = new Set<string>();
  return deliveries.flatMap((delivery) => {
    const again = stored.has(delivery.id);
    if (delivery.stored) stored.add(delivery.id);
    return again ? [`${name} got ${show(delivery)} again`] : [];
  });
}

function lastAccepted(deliveries: Delivery[], uid: string): Delivery | undefined {
  return deliveries.findLast(({ accepted, pod }) => accepted && pod.metadata.uid === uid);
}

function isSelected({ metadata: { labels } }: Pod): boolean {
  return labels?.["app"] === "shop";
}

function keyOf({ metadata: { uid, resourceVersion } }: Pod): string {
  return `${uid} ${resourceVersion}`;
}

function show(delivery: Delivery | undefined): string {
  if (delivery === undefined) return "nothing";
  const { event, epoch, reasons, pod, run } = delivery;
  return `${event} ${showPod(pod)} (${reasons.join()}; epoch ${epoch}, run ${run})`;
}

function showPod({ metadata: { namespace, name, uid, resourceVersion } }: Pod): string {
  return `${namespace}/${name} ${uid} at ${resourceVersion}`;
}
