import type { ContainerStatus, Pod } from "../../src/pod/pod.ts";
import type { Delivery } from "../kit/receiver.ts";
import { isWithin, type Window } from "./windows.ts";
import type { Witnessed } from "./witness.ts";

/** Of a pod's transitions, an endpoint that is behind gets the first and so many of the latest (docs/delivery.md). */
const LATEST = 20;

/** What can be held against the program. Each finds what is wrong, in words. */
export interface Evidence {
  /** What the witness saw, in the order of the cluster's versions. */
  events: Witnessed[];
  /** What the program provably saw. */
  windows: Window[];
  /** Every request, in the order of acceptance. */
  accepted: Delivery[];
}

/** Deletions of UIDs that the program knew, that were never sent. */
export function deletionsNotSent(evidence: Evidence): string[] {
  const sent = new Set(evidence.accepted.filter(isDeletion).map(uidOf));
  const known = knownTo(evidence);
  return evidence.events.filter(({ type, object }) =>
    type === "DELETED" && known.has(object.metadata.uid) && !sent.has(object.metadata.uid)
  ).map(({ object }) => `${object.metadata.name} ${object.metadata.uid}`);
}

/** Deletions that were sent and did not happen. */
export function deletionsInvented({ events, accepted }: Evidence): string[] {
  const real = new Set(
    events.filter(({ type }) => type === "DELETED").map(({ object }) => object.metadata.uid),
  );
  return accepted.filter((delivery) => isDeletion(delivery) && !real.has(uidOf(delivery))).map(describe);
}

/** Accepted versions that are below one that was accepted before, of the same UID. */
export function versionsThatFell({ accepted }: Evidence): string[] {
  const newest = new Map<string, number>();
  return accepted.filter((delivery) => {
    const before = newest.get(uidOf(delivery)) ?? 0;
    newest.set(uidOf(delivery), Math.max(before, versionOf(delivery)));
    return versionOf(delivery) < before;
  }).map(describe);
}

/** Ids that stand for two bodies, and bodies that came under two ids. */
export function idsNotOneToOne({ accepted }: Evidence): string[] {
  const bodies = new Map<string, string>();
  const ids = new Map<string, string>();
  return accepted.filter(({ headers, text }) => {
    const id = headers["webhook-id"] ?? "";
    const isNew = !bodies.has(id) && !ids.has(text);
    const isSame = bodies.get(id) === text && ids.get(text) === id;
    bodies.set(id, text);
    ids.set(text, id);
    return !isNew && !isSame;
  }).map(describe);
}

/** Transitions that the program must have sent: those within a window. */
export function transitionsDue({ events, windows }: Evidence): Witnessed[] {
  return transitionsIn(events).filter(({ revision }) => isWithin(windows, revision));
}

/**
 * Transitions that are missing. One may be given up where the first and the latest twenty of the pod are kept: then
 * the next message stands for it, and says so in `k8svent-coalesced`.
 */
export function transitionsNotSent(evidence: Evidence): string[] {
  const sent = new Map<string, Map<number, number>>();
  for (const delivery of evidence.accepted) {
    const versions = sent.get(uidOf(delivery)) ?? new Map<number, number>();
    versions.set(versionOf(delivery), Number(delivery.headers["k8svent-coalesced"] ?? 0));
    sent.set(uidOf(delivery), versions);
  }
  return transitionsDue(evidence).filter(({ object, revision }) => {
    const versions = sent.get(object.metadata.uid) ?? new Map<number, number>();
    return !versions.has(revision) && !isStoodFor(versions, revision);
  }).map(({ object, revision }) => `${object.metadata.name} ${object.metadata.uid} ${revision}`);
}

/** @param versions that were sent, each with the number of those that it stands for */
function isStoodFor(versions: Map<number, number>, revision: number): boolean {
  const later = [...versions].filter(([version]) => version > revision).sort(([a], [b]) => a - b);
  return later.length >= LATEST && (later[0]?.[1] ?? 0) > 0;
}

/** UIDs that the program listed or watched: it sent something about them, or saw them within a window. */
function knownTo({ events, windows, accepted }: Evidence): Set<string> {
  const known = new Set(accepted.map(uidOf));
  const lives = new Map<string, { begin: number; end: number }>();
  for (const { type, object, revision } of events) {
    const { begin = revision } = lives.get(object.metadata.uid) ?? {};
    lives.set(object.metadata.uid, { begin, end: type === "DELETED" ? revision : Infinity });
    if (isWithin(windows, revision)) known.add(object.metadata.uid);
  }
  for (const [uid, { begin, end }] of lives) {
    if (windows.some(({ from }) => begin <= from && from < end)) known.add(uid);
  }
  return known;
}

/** Versions that tell of something which a later one no longer shows. */
export function transitionsIn(events: Witnessed[]): Witnessed[] {
  const last = new Map<string, Pod>();
  return events.filter(({ object }) => {
    const before = last.get(object.metadata.uid);
    last.set(object.metadata.uid, object);
    return before !== undefined && isTransition(before, object);
  });
}

/** A container ended, or was started again, or the phase is another. */
function isTransition(before: Pod, after: Pod): boolean {
  return before.status?.phase !== after.status?.phase || restarts(after) > restarts(before) ||
    endings(after).some((ending) => !endings(before).includes(ending));
}

function restarts(pod: Pod): number {
  return containers(pod).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
}

function endings(pod: Pod): string[] {
  return containers(pod).flatMap(({ name, state, lastState }) =>
    [state?.terminated, lastState?.terminated].flatMap((end) =>
      end ? [`${name} ${end.containerID} ${end.finishedAt}`] : []
    )
  );
}

function containers({ status = {} }: Pod): ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status;
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
}

function isDeletion({ headers }: Delivery): boolean {
  return headers["k8svent-event"] === "pod.deleted";
}

function uidOf({ body }: Delivery): string {
  return body?.pod.metadata.uid ?? "";
}

function versionOf({ body }: Delivery): number {
  return Number(body?.pod.metadata.resourceVersion);
}

function describe({ index, headers, body }: Delivery): string {
  const { name, uid, resourceVersion } = body?.pod.metadata ?? {};
  return `request ${index}: ${headers["k8svent-event"]} ${name} ${uid} ${resourceVersion}`;
}
