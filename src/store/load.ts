/**
 * The start: reads what the last process wrote into memory, and sweeps what nothing points at.
 *
 * A process that ended while its disk was full may have written some rows and not others. So nothing is taken for
 * granted here: what points at nothing is dropped, and the list that follows every start finds what is missing.
 */
import type { Bodies } from "./bodies.ts";
import type { PodFollowers } from "./followers.ts";
import type { KnownPods } from "./inventory.ts";
import { FLAGS, type Journal, type PendingRow } from "./journal.ts";
import { NO_FAILURES } from "./message.ts";
import type { PendingLines } from "./pending.ts";
import type { Pod } from "./pods.ts";
import type { Versions } from "./versions.ts";

/** The parts of a store, which are empty yet. */
export interface Parts {
  journal: Journal;
  bodies: Bodies;
  versions: Versions;
  inventory: KnownPods;
  followers: PodFollowers;
  pending: PendingLines;
}

/** Fills the parts of a store from its journal. */
export function load(parts: Parts): void {
  const { journal, bodies, inventory, followers, pending } = parts;
  inventory.loadMeta();
  pending.all.load();
  for (const [id, raw, z] of journal.scan<[number, number, number]>("block", "raw, length(z)")) {
    bodies.load(id, raw, z);
  }
  const pods = loadPods(parts);
  const rows = readPending(journal);
  const versions = loadVersions(parts, pods, new Set(rows.map(({ version }) => version)));
  for (const row of rows) {
    const version = versions.get(row.version);
    if (version === undefined) journal.pending.delete(row.seq);
    else loadRow(parts, row, version);
  }
  for (const pod of pods.values()) {
    // A known pod has a version, or it was never wholly written.
    if (!pod.isGone && pod.current === 0) inventory.remove(pod, undefined);
    else if (pod.isGone) inventory.settled(pod);
    const version = pod.isGone ? inventory.tombstone(pod.uid)?.version : pod.resourceVersion;
    const isOfEpoch = pod.isGone || pod.epoch === inventory.epoch;
    if (version !== undefined && isOfEpoch) inventory.reachedBy(pod.namespace, version);
  }
  followers.load((pod, endpoint) =>
    pods.get(pod)?.isGone === false && pending.all.byId(endpoint) !== undefined
  );
  bodies.sweep();
}

function loadPods({ journal, inventory }: Parts): Map<number, Pod> {
  type Tuple = [
    number,
    string,
    string,
    string,
    string,
    string | null,
    string | null,
    string | null,
    number,
    number | null,
    number | null,
    string | null,
    number,
  ];
  const pods = new Map<number, Pod>();
  const columns =
    "uid, namespace, name, audience, route, environment, workload, generation, remindAt, goneAt, goneVersion, goneLeft";
  for (const tuple of journal.scan<Tuple>("pod", columns)) {
    const [id, uid, namespace, name, audience, route, environment, workload, ...rest] = tuple;
    const [generation, remindAt, goneAt, goneVersion, goneLeft] = rest;
    const row = {
      uid,
      namespace,
      name,
      audience,
      route,
      environment,
      workload,
      generation,
      remindAt,
      goneAt,
      goneVersion,
      goneLeft,
    };
    pods.set(id, inventory.loadPod(id, row));
  }
  return pods;
}

type Row = Omit<PendingRow, "coalesced" | "moreReasons"> & { seq: number };

function readPending(journal: Journal): Row[] {
  type Tuple = [number, number, number, number, number, string | null];
  const tuples = journal.scan<Tuple>("pending", "endpoint, version, tries, dead, why");
  return Array.from(tuples, ([seq, endpoint, version, tries, dead, why]) => {
    return { seq, endpoint, version, tries, dead, why };
  });
}

/** Everything is due: instants of another process's clock mean nothing. What is dead, and why, stays known. */
function loadRow(
  { journal, pending }: Parts,
  { seq, ...row }: Row,
  { pod, transition }: { pod: Pod; transition: boolean },
): void {
  pending.lastSeq = Math.max(pending.lastSeq, seq);
  const endpoint = pending.all.byId(row.endpoint);
  if (endpoint === undefined) return journal.pending.delete(seq);
  const line = endpoint.find(pod, (one) => one.pod === pod);
  if (line !== undefined) {
    line.append(seq, row.version, transition);
    endpoint.pending++;
    return;
  }
  const begun = pending.order.begin(endpoint, pod, seq, row.version, transition);
  const { tries, dead, why } = row;
  if (tries + dead === 0) return;
  begun.failures = { ...NO_FAILURES, tries, dead, why: why ?? undefined };
  if (dead > 0) endpoint.dead.add(begun);
}

/** The newest first: the first of a pod is its current one (I1). Returns those that are pending. */
function loadVersions(
  { journal, bodies, versions }: Parts,
  pods: Map<number, Pod>,
  pending: Set<number>,
): Map<number, { pod: Pod; transition: boolean }> {
  type Tuple = [number, number, string, number, number, number | null, number, number, number];
  const found = new Map<number, { pod: Pod; transition: boolean }>();
  const columns = "pod, resourceVersion, epoch, flags, changedAt, block, at, length";
  for (
    const [id, podId, resourceVersion, epoch, flags, changedAt, ...place] of journal.scan<Tuple>(
      "version",
      columns,
      true,
    )
  ) {
    const [block, at, length] = place;
    versions.last = Math.max(versions.last, id);
    const pod = pods.get(podId);
    const isCurrent = pod !== undefined && !pod.isGone && pod.current === 0;
    if (pod === undefined || (!isCurrent && !pending.has(id))) {
      journal.versions.delete(id);
      continue;
    }
    if (isCurrent) {
      pod.current = id;
      pod.resourceVersion = resourceVersion;
      pod.epoch = epoch;
      pod.changedAt = changedAt ?? undefined;
      pod.isUnhealthy = (flags & FLAGS.unhealthy) !== 0;
    }
    versions.noteFlags(id, flags);
    if (pending.has(id)) found.set(id, { pod, transition: (flags & FLAGS.transition) !== 0 });
    bodies.use({ block, at, length }, id);
  }
  return found;
}
