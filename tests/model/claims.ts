import type { Pod } from "../../src/pod/pod.ts";
import type { Delivery, ModelEndpoint } from "./endpoint.ts";
import { show } from "./show.ts";
import { type Chain, mainOf, terminationsOf, versionOf } from "./witness.ts";
import type { ModelWorld } from "./world.ts";

/** In the order of the documentation. */
const REASONS =
  "sync created phase ready terminated restarted waiting image scheduled terminating metadata spec status unhealthy unselected deleted"
    .split(" ");

const TRANSITIONS = ["phase", "terminated", "restarted"];

/**
 * What deliveries say of themselves and is not so: reasons, `k8svent-coalesced`, `k8svent-phase`, `k8svent-observed`. All
 * is worked out anew from the versions that the program was handed, where it is certain which of them it recorded: in a
 * history without restores, for a pod about which nothing was lost in a crash or read beside the source.
 */
export function claims(world: ModelWorld, endpoint: ModelEndpoint): string[] {
  const wrong = endpoint.deliveries.flatMap((delivery) =>
    forms(world, delivery).map((what) => `${endpoint.name} got ${show(delivery)}, ${what}`)
  );
  if (world.cluster.generation > 0) return wrong;
  const contents = endpoint.deliveries.flatMap((delivery) => {
    const chain = world.witness.chains.get(delivery.pod.metadata.uid);
    if (chain === undefined || !chain.isSure) return [];
    return contentsOf(world, endpoint, delivery, chain).map((what) =>
      `${endpoint.name} got ${show(delivery)}, ${what}`
    );
  });
  return [...wrong, ...contents, ...counts(world, endpoint)];
}

/** What must be so whatever was seen. */
function forms({ setup }: ModelWorld, { event, reasons, phase, observed, pod }: Delivery): string[] {
  const isEnd = event === "pod.deleted";
  const sorted = REASONS.filter((reason) => reasons.includes(reason));
  return [
    ...(sorted.join() === reasons.join()
      ? []
      : ["whose reasons are not the documented ones, once each and in order"]),
    ...(isEnd === reasons.includes("deleted") ? [] : ["whose reasons and event are at odds"]),
    ...(isEnd === (phase !== undefined) ? [] : ["whose k8svent-phase is not where it should be"]),
    ...(isEnd === (pod.status?.phase === "Deleted") ? [] : ["whose status.phase and event are at odds"]),
    ...(isEnd || observed || setup.small ? [] : ["which was seen and says that it was not"]),
    ...(setup.reminders || setup.source === "poll" || !reasons.includes("unhealthy")
      ? []
      : ["though there are no reminders"]),
  ];
}

/** What must be so, given what was seen. */
function contentsOf(world: ModelWorld, endpoint: ModelEndpoint, delivery: Delivery, chain: Chain): string[] {
  const { event, reasons, phase, observed, coalesced, pod } = delivery;
  const { versions, ended } = chain;
  const isEnd = event === "pod.deleted";
  const wasSeen = ended !== undefined && versionOf(ended) === versionOf(pod);
  const final = wasSeen ? ended : versions.at(-1)?.pod;
  if (isEnd) {
    if (observed !== wasSeen && !world.setup.small) return ["whose k8svent-observed is not so"];
    if (phase !== (final?.status?.phase ?? "Unknown")) return [`whose last phase is ${final?.status?.phase}`];
  }
  if (!isCounted(world, endpoint, chain)) return [];
  const place = versions.findIndex((version) => versionOf(version.pod) === versionOf(pod));
  const last = isEnd ? versions.length - 1 : place;
  if (last < 0) return ["a version that the program was not handed"];
  if (reasons.join() === "unhealthy") return isUnhealthy(pod) ? [] : ["though it is well"];
  const steps = isEnd ? coalesced : coalesced + 1;
  const first = last - steps + 1;
  if (first < 0) return ["which counts more versions than there are"];
  const expected = new Set(isEnd ? ["deleted"] : []);
  for (let index = first; index <= last; index++) {
    const before = versions[index - 1]?.pod;
    const after = versions[index]?.pod;
    if (before !== undefined && after !== undefined) {
      for (const one of reasonsOf(before, after)) expected.add(one);
    }
  }
  const lastPod = versions.at(-1)?.pod;
  if (isEnd && wasSeen && lastPod !== undefined) {
    for (const one of reasonsOf(lastPod, ended)) if (TRANSITIONS.includes(one)) expected.add(one);
  }
  const received = reasons.filter((reason) =>
    reason !== "unhealthy" && reason !== "created" && reason !== "sync"
  );
  const isFirst = reasons.includes("created") || reasons.includes("sync");
  if (isFirst !== (first === 0 && steps > 0)) return ["which does not say rightly whether it is the first"];
  return REASONS.filter((one) => expected.has(one)).join() === received.join()
    ? []
    : [`whose reasons are ${[...expected].join()}`];
}

/** Each version that was recorded is delivered, or counted by one that stands for it. */
function counts(world: ModelWorld, endpoint: ModelEndpoint): string[] {
  const alive = new Set(world.cluster.pods().map(({ metadata }) => metadata.uid));
  return [...world.witness.chains].flatMap(([uid, chain]) => {
    if (!isCounted(world, endpoint, chain) || chain.versions.length === 0) return [];
    const taken = endpoint.deliveries.filter(({ accepted, pod, reasons }) =>
      accepted && pod.metadata.uid === uid && reasons.join() !== "unhealthy"
    );
    const byId = new Map(taken.map((delivery) => [delivery.id, delivery]));
    const received = byId.values().reduce((sum, { coalesced }) => sum + 1 + coalesced, 0);
    const recorded = chain.versions.length + (alive.has(uid) ? 0 : 1);
    // What was taken, and not stored as taken, may come again within the count of another.
    const isExact = taken.every(({ stored }) => stored);
    if (received === recorded || (received > recorded && !isExact)) return [];
    return [`${endpoint.name} got ${received} of ${recorded} versions of ${uid}`];
  });
}

/** Whether an endpoint gets each version of a pod that was recorded, and of nothing else. */
function isCounted({ setup }: ModelWorld, { name }: ModelEndpoint, chain: Chain): boolean {
  const isRouted = setup.annotations &&
    chain.versions.some(({ pod }) => pod.metadata.annotations !== undefined);
  const isLate = setup.lateEndpoint && name === "two";
  return chain.isSure && !setup.small && !setup.selector && !isLate && !isRouted && !name.startsWith("hook");
}

/** Why a version is news, as the documentation has it; of what the model's pods can do. */
function reasonsOf(before: Pod, after: Pod): string[] {
  const was = mainOf(before);
  const is = mainOf(after);
  const status = [
    ...(before.status?.phase === after.status?.phase ? [] : ["phase"]),
    ...(isReady(before) === isReady(after) ? [] : ["ready"]),
    ...(terminationsOf(is).some((id) => !terminationsOf(was).includes(id)) ? ["terminated"] : []),
    ...((is?.restartCount ?? 0) > (was?.restartCount ?? 0) ? ["restarted"] : []),
  ];
  if (status.length === 0 && !isSame(before.status, after.status)) status.push("status");
  const { resourceVersion: _before, ...metadataBefore } = before.metadata;
  const { resourceVersion: _after, ...metadataAfter } = after.metadata;
  const isEnding = before.metadata.deletionTimestamp === undefined &&
    after.metadata.deletionTimestamp !== undefined;
  const metadata = isEnding ? ["terminating"] : isSame(metadataBefore, metadataAfter) ? [] : ["metadata"];
  // Only managedFields, which nobody gets, differs.
  return status.length + metadata.length === 0 ? ["metadata"] : [...status, ...metadata];
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.[0]?.status === "True";
}

function isUnhealthy(pod: Pod): boolean {
  const { phase } = pod.status ?? {};
  // Of a pod that is being deleted reminders come once its grace period is over, so late that it always is.
  if (pod.metadata.deletionTimestamp !== undefined) return true;
  const main = mainOf(pod);
  const isHealthy = phase === "Running" && isReady(pod) && main?.ready === true &&
    main.state?.running !== undefined;
  return phase !== "Succeeded" && phase !== "Failed" && !isHealthy;
}

function isSame(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}
