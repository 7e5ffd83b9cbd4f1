/**
 * The start: reads what the last process wrote into memory, and sweeps what nothing points at.
 *
 * A process that ended while its disk was full may have written some rows and not others. So nothing is taken for
 * granted here: what points at nothing is dropped, and the list that follows every start finds what is missing.
 */
import type { Bodies } from "./bodies.ts";
import type { KnownPods } from "./inventory.ts";
import { FLAGS, type Journal, type PendingRow, type PodRow } from "./journal.ts";
import type { PendingLines } from "./pending.ts";
import type { Pod } from "./pods.ts";
import type { Versions } from "./versions.ts";

/** The parts of a store, which are empty yet. */
export interface Parts {
  journal: Journal;
  bodies: Bodies;
  versions: Versions;
  inventory: KnownPods;
  pending: PendingLines;
}

/** Fills the parts of a store from its journal. */
export function load(parts: Parts): void {
  const { bodies, inventory, pending } = parts;
  inventory.loadMeta();
  pending.loadEndpoints();
  for (const row of parts.journal.scan("block", ["key", "raw", "length(z) AS z"])) {
    bodies.load(row.key as number, row.raw as number, row["length(z) AS z"] as number ?? 0);
  }
  const pods = loadPods(parts);
  const rows = readPending(parts);
  const versions = loadVersions(parts, pods, new Set(rows.map(({ version }) => version)));
  for (const row of rows) {
    const version = versions.get(row.version);
    if (version === undefined) parts.journal.pending.delete(row.key);
    else pending.loadRow(row.key, row, version.pod, version.transition);
  }
  for (const pod of pods.values()) {
    // A known pod has a version, or it was never wholly written.
    if (!pod.isGone && pod.current === 0) inventory.remove(pod, undefined);
    else if (pod.isGone) inventory.settled(pod);
  }
  bodies.sweep();
}

function loadPods({ journal, inventory, pending }: Parts): Map<number, Pod> {
  const pods = new Map<number, Pod>();
  for (const row of journal.scan("pod", ["key", ...POD])) {
    const { audiences } = inventory;
    const audience = audiences.parse(row.audience as string, (id) => pending.nameOf(id) !== undefined);
    pods.set(row.key as number, inventory.loadPod(row.key as number, row as unknown as PodRow, audience));
  }
  return pods;
}

const POD = [
  "uid",
  "namespace",
  "name",
  "audience",
  "route",
  "environment",
  "generation",
  "remindAt",
  "goneAt",
  "goneVersion",
  "goneLeft",
] as const;

function readPending({ journal }: Parts): (PendingRow & { key: number })[] {
  const columns = ["key", "endpoint", "version", "tries", "dead", "why"] as const;
  return [...journal.scan("pending", columns)] as unknown as (PendingRow & { key: number })[];
}

/** The newest first: the first of a pod is its current one (I1). Returns those that are pending. */
function loadVersions(
  { journal, bodies, versions }: Parts,
  pods: Map<number, Pod>,
  pending: Set<number>,
): Map<number, { pod: Pod; transition: boolean }> {
  const found = new Map<number, { pod: Pod; transition: boolean }>();
  const columns = ["key", "pod", "resourceVersion", "epoch", "flags", "block", "at", "length"] as const;
  for (const row of journal.scan("version", columns, "DESC")) {
    const id = row.key as number;
    const flags = row.flags as number;
    versions.last = Math.max(versions.last, id);
    const pod = pods.get(row.pod as number);
    const isCurrent = pod !== undefined && !pod.isGone && pod.current === 0;
    if (pod === undefined || (!isCurrent && !pending.has(id))) {
      journal.versions.delete(id);
      continue;
    }
    if (isCurrent) {
      pod.current = id;
      pod.resourceVersion = row.resourceVersion as string;
      pod.epoch = row.epoch as number;
      pod.isUnhealthy = (flags & FLAGS.unhealthy) !== 0;
    }
    if (pending.has(id)) found.set(id, { pod, transition: (flags & FLAGS.transition) !== 0 });
    bodies.use({ block: row.block as number, at: row.at as number, length: row.length as number }, id);
  }
  return found;
}
