import { isDeepStrictEqual } from "node:util";
import type { Pod } from "../../src/pod/pod.ts";
import type { Delivery, ModelEndpoint } from "./endpoint.ts";
import { claims } from "./claims.ts";
import { pictures } from "./pictures.ts";
import { unmetByChoosy } from "./choosy_oracle.ts";
import { keyOf, lastAccepted, lineOf, show, showPod, shows } from "./show.ts";
import type { Unmet } from "./unmet.ts";
import { type Transition, versionOf } from "./witness.ts";
import type { ModelWorld } from "./world.ts";

/** Of a pod's transitions, these many of the latest are kept for an endpoint that is behind; where room is short, one. */
const LATEST = 20;

// What docs/delivery.md says of failures. It takes three at the least to make a message a dead letter.
const DEAD = 3;
// One that reports a transition gives way to a newer version of its pod, and to the next pod of its name, after three more.
const STUCK = DEAD + 3;
// It is retried after 30 s, doubling: after five more failures it may wait for longer than all that calm is waited for.
const LONG_DEAD = DEAD + 5;

const TRANSITIONS = ["phase", "terminated", "restarted", "unselected", "deleted"];

/**
 * What each endpoint must have in the end and has not, but for what was given up for want of room, and announced.
 *
 * @param counts whether that is asked for now
 */
export function unmet(world: ModelWorld, counts: (one: Unmet) => boolean = () => true): Unmet[] {
  const isKept = ({ endpoint, message }: Unmet): boolean =>
    !endpoint.discardedPods.has(message.split(" ")[0] ?? "");
  const ofChoosy = unmetByChoosy(world).filter(isKept).filter(counts);
  return world.endpoints.flatMap((endpoint) => {
    const missing = [
      ...lastStates(world, endpoint),
      ...endings(world, endpoint),
      ...transitions(world, endpoint),
    ].filter(isKept).filter(counts);
    const messages = new Set(missing.map(({ message }) => message));
    return world.setup.small && messages.size <= endpoint.lost ? [] : missing;
  }).concat(ofChoosy);
}

/** Whether it may take long to arrive: it does not pass the endpoint's filters, or it is behind a dead letter. */
export function isExcused({ endpoint, line }: Unmet): boolean {
  return endpoint.poisoned.has(line) || hasDeadLetter(endpoint, line);
}

/** What an endpoint got and never should have, or what is wrong with what it got, as sentences. */
export function broken(world: ModelWorld): string[] {
  const { setup } = world;
  return [
    ...world.problems,
    ...idsOfTwoBodies(world.all, setup.small),
    ...brokenByChoosy(world),
    ...world.endpoints.flatMap((endpoint) => [
      ...endpoint.problems,
      ...versionsThatFall(endpoint),
      ...beginningsBeforeEnds(world, endpoint),
      ...(world.hasResynced ? [] : secondIds(endpoint)),
      ...(setup.selector ? [] : repetitions(endpoint)),
      ...claims(world, endpoint),
      ...(setup.notices === "none" ? [] : pictures(world, endpoint)),
    ]),
  ];
}

/** What the endpoint of the file never should have got. What it was sent again it had been asked to forget, or had forgotten. */
function brokenByChoosy(world: ModelWorld): string[] {
  const { file, setup } = world;
  if (file === undefined) return [];
  const { endpoint } = file;
  const isForgetful = file.forgotten.size > 0;
  return [
    ...endpoint.problems,
    ...versionsThatFall(endpoint),
    ...setup.wants === "filters" || setup.small || world.behindRuns.length > 0
      ? []
      : wordsAfterLeaving(endpoint),
    ...isForgetful ? [] : beginningsBeforeEnds(world, endpoint),
    ...isForgetful || setup.selector ? [] : repetitions(endpoint),
  ];
}

/** After `unselected` nothing more comes of a pod, unless it is selected again, which is a sync. */
function wordsAfterLeaving({ name, deliveries }: ModelEndpoint): string[] {
  return [...Map.groupBy(deliveries, ({ pod }) => pod.metadata.uid).values()].flatMap((ofPod) =>
    ofPod.flatMap((delivery, index) => {
      const before = ofPod[index - 1];
      const isLeft = before?.accepted === true && before.reasons.includes("unselected");
      if (!isLeft || delivery.id === before.id || isFirst(delivery)) return [];
      return [`${name} got ${show(delivery)} after ${show(before)}`];
    })
  );
}

function isFirst({ reasons }: Delivery): boolean {
  return reasons.includes("sync") || reasons.includes("created");
}

function hasDeadLetter({ refused }: ModelEndpoint, line: string): boolean {
  const ofLine = refused.filter(({ pod }) => lineOf(pod) === line);
  return Map.groupBy(ofLine, ({ pod }) => keyOf(pod)).values().some(({ length }) => length >= LONG_DEAD);
}

function lastStates(world: ModelWorld, endpoint: ModelEndpoint): Unmet[] {
  const { cluster, setup } = world;
  const { name, deliveries } = endpoint;
  const followed = cluster.pods().filter((pod) => !setup.selector || isSelected(pod));
  return followed.filter((pod) => world.targets(pod).includes(name)).flatMap((pod) => {
    const last = lastAccepted(deliveries, pod.metadata.uid);
    if (last?.event === "pod.changed" && shows(last, pod)) return [];
    return [{
      endpoint,
      line: lineOf(pod),
      message: keyOf(pod),
      text: `${name} has ${show(last)} as the last of ${showPod(pod)}`,
    }];
  });
}

/** Also of a pod that no longer matches: the message that says so is the last one about it. */
function endings({ cluster, setup, witness, strays }: ModelWorld, endpoint: ModelEndpoint): Unmet[] {
  const { name, deliveries } = endpoint;
  const alive = new Map(cluster.pods().map((pod) => [pod.metadata.uid, pod]));
  const accepted = deliveries.filter(({ accepted }) => accepted).map(({ pod }) => pod.metadata.uid);
  return [...new Set([...accepted, ...witness.expected.get(name) ?? []])].flatMap((uid) => {
    if (witness.isForgotten(name, uid)) return [];
    if (strays.has(name, uid)) return [];
    const pod = alive.get(uid);
    if (pod !== undefined && (!setup.selector || isSelected(pod))) return [];
    const last = lastAccepted(deliveries, uid);
    if (last?.reasons.includes("unselected") && setup.selector) return [];
    // A restore can bring a pod back and leave it outside the selection.
    if (last?.event === "pod.deleted" && (pod === undefined || cluster.generation > 0)) return [];
    const text = `${name} has ${show(last)} as the last of ${uid}, which is gone`;
    return [{ endpoint, line: witness.names.get(uid) ?? lineOf(last?.pod), message: `${uid} end`, text }];
  });
}

/**
 * Each one that was seen. Of very many the first and the latest are enough, and the number of the others (where messages
 * are evicted, such a number can be evicted with its message).
 */
function transitions(world: ModelWorld, endpoint: ModelEndpoint): Unmet[] {
  const { witness } = world;
  const { name, deliveries } = endpoint;
  const latest = world.setup.small ? 1 : LATEST;
  const alive = new Set(world.cluster.pods().map(({ metadata }) => metadata.uid));
  const demanded = witness.transitions.filter(({ endpoints }) => endpoints.includes(name));
  const byPod = Map.groupBy(demanded, ({ pod }) => pod.metadata.uid);
  return [...byPod].flatMap(([uid, seen]) => {
    if (world.strays.has(name, uid)) return [];
    const about = deliveries.filter(({ accepted, pod }) => accepted && pod.metadata.uid === uid);
    // The end of a pod that is gone is the last one, and demanded by itself.
    const last = alive.has(uid) ? seen.slice(1).slice(-1) : [];
    const ends = world.setup.small ? [...seen.slice(0, 1), ...last] : seen;
    const lost = ends.filter((one) =>
      !about.some((delivery) => tells(delivery, one.pod) || isAhead(delivery, one))
    );
    const counted = about.reduce((sum, { coalesced }) => sum + coalesced, 0);
    const line = witness.names.get(uid) ?? "";
    const missing = lost.filter((one) =>
      !mayBeGivenUp(one, seen, about, endpoint, one.generation + 2 * world.markedStarts, latest) &&
      !wasStuck(endpoint, keyOf(one.pod))
    ).map(({ pod }): Unmet => {
      const text = `${name} did not get the transition ${showPod(pod)}`;
      return { endpoint, line, message: keyOf(pod), text };
    });
    if (lost.length <= counted || world.setup.small) return missing;
    const text = `${name} learned of ${counted} of ${lost.length} versions given up`;
    return [...missing, { endpoint, line, message: `${uid} count`, text }];
  });
}

/** Whether the endpoint refused a version so often that a newer one may have taken its place. */
function wasStuck({ refused }: ModelEndpoint, version: string): boolean {
  return refused.filter(({ pod }) => keyOf(pod) === version).length >= STUCK;
}

/**
 * Whether it lay between the first of a pod's transitions and the latest. These were sent, or refused until a newer
 * version may have taken their place. The end of a pod, or of its selection, is the last of its transitions.
 *
 * Where the cluster went back, a lower version may be the later one. In which epoch the lost one was seen is not
 * known, but what was seen before it and sent is not later.
 *
 * @param epoch the last one in which it can have been seen
 * @param latest so many stay
 */
function mayBeGivenUp(
  lost: Transition,
  seen: Transition[],
  about: Delivery[],
  endpoint: ModelEndpoint,
  epoch: number,
  latest: number,
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
  const before = seen.slice(0, seen.indexOf(lost)).flatMap(({ pod }) =>
    about.find((delivery) => delivery.epoch <= epoch && tells(delivery, pod)) ?? []
  );
  const epochs = Array.from({ length: epoch + 1 }, (_, number) => number);
  return epochs.some((epoch) => {
    const isLater = (delivery: Delivery): boolean =>
      delivery.epoch === epoch ? versionOf(delivery.pod) > versionOf(lost.pod) : delivery.epoch > epoch;
    const later = distinct.filter(isLater).length;
    // Where room is short, the first one can be lost, too: it is then demanded by itself.
    return later >= latest && (latest < LATEST || later < distinct.length) && !before.some(isLater);
  });
}

/**
 * That a pod left the selection is sent with the pod as it was read then. Where it had come back in the meantime,
 * the watch still brings what was before that read, and that must not follow. Nor must it where the read found the
 * pod gone: its end, sent with the object of its leaving, is final.
 */
function isAhead({ event, reasons, pod }: Delivery, { pod: seen, returned }: Transition): boolean {
  if (event === "pod.deleted") return returned && versionOf(pod) < versionOf(seen);
  return returned && reasons.includes("unselected") && versionOf(pod) > versionOf(seen);
}

/** In its last object, a pod's phase is replaced. */
function tells(delivery: Delivery, seen: Pod): boolean {
  if (delivery.event === "pod.changed") return shows(delivery, seen);
  if (!delivery.observed && keyOf(delivery.pod) === keyOf(seen)) return true;
  const { status, ...rest } = delivery.pod;
  const { status: seenStatus, ...others } = seen;
  return isDeepStrictEqual({ ...rest, ...status, phase: "" }, { ...others, ...seenStatus, phase: "" });
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

/**
 * Of an end that never came, `endings` says whether that is wrong: where next to nothing may be kept it can be given up,
 * and must be announced. A run after that may begin from a file that has it still: then it comes late.
 */
function beginningsBeforeEnds(
  { setup: { small }, behindRuns }: ModelWorld,
  endpoint: ModelEndpoint,
): string[] {
  const { name, deliveries, refused } = endpoint;
  const holders = new Map<string, Delivery>();
  return deliveries.flatMap((delivery, index) => {
    // The next pod of its name may have passed it.
    if (wasStuck(endpoint, keyOf(delivery.pod))) return [];
    const { uid, namespace, name: podName } = delivery.pod.metadata;
    const before = holders.get(`${namespace}/${podName}`);
    holders.set(`${namespace}/${podName}`, delivery);
    if (before === undefined || before.pod.metadata.uid === uid) return [];
    // What was sent while the disk could not be written is not known to the runs after that.
    if (endpoint.discardedPods.has(before.pod.metadata.uid)) return [];
    if (behindRuns.some((run) => before.run < run && run <= delivery.run)) return [];
    const ofRun = deliveries.filter(({ run }) => run <= delivery.run);
    const end = lastAccepted(deliveries.slice(0, index), before.pod.metadata.uid);
    if (isEnd(end) || (small && !isEnd(lastAccepted(ofRun, before.pod.metadata.uid)))) return [];
    const ofBefore = refused.filter(({ pod }) => pod.metadata.uid === before.pod.metadata.uid);
    if (ofBefore.some(({ pod }) => wasStuck(endpoint, keyOf(pod)))) return [];
    return [`${name} got ${show(delivery)} before the end of ${show(before)}`];
  });
}

/** What was discarded is announced with the next delivery. @param before how many there were when the last resync began */
export function unannouncedLosses(
  { name, lost, discarded, deliveries }: ModelEndpoint,
  before: number,
): string[] {
  if (lost >= discarded || deliveries.length === before) return [];
  return [`${name} learned of ${lost} of ${discarded} messages that were discarded`];
}

/**
 * What a resync of all did not bring to an endpoint since it had got so many messages. A message of the same version that was
 * pending already is enough, and that may be a reminder.
 */
export function unsentBy(world: ModelWorld, before: ReadonlyMap<ModelEndpoint, number>): string[] {
  const { cluster, setup } = world;
  const pods = cluster.pods().filter((pod) => !setup.selector || isSelected(pod));
  return world.operators.flatMap((endpoint) => {
    const { name, deliveries, discardedPods } = endpoint;
    const since = deliveries.slice(before.get(endpoint));
    return pods.filter((pod) => world.targets(pod).includes(name) && !discardedPods.has(pod.metadata.uid))
      .filter((pod) => !since.some((one) => one.accepted && isResync(one) && keyOf(one.pod) === keyOf(pod)))
      .map((pod) => `${name} did not get ${showPod(pod)} once more`);
  });
}

function isResync(delivery: Delivery): boolean {
  return isFirst(delivery) || delivery.reasons.includes("unhealthy");
}

function isEnd(delivery: Delivery | undefined): boolean {
  return delivery?.event === "pod.deleted" || delivery?.reasons.includes("unselected") === true;
}

/** @param small an id stays the same when its body is trimmed, which the message says */
function idsOfTwoBodies(endpoints: ModelEndpoint[], small: boolean): string[] {
  const bodies = new Map<string, string>();
  return endpoints.flatMap(({ name, deliveries }) =>
    deliveries.flatMap(({ id, body, event, pod, observed }) => {
      if (small && !observed) return [];
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

function isSelected({ metadata: { labels } }: Pod): boolean {
  return labels?.["app"] === "shop";
}
