import { fieldsOf, objectsIn, textOf } from "./anything.ts";
import type { Pod } from "./pod.ts";

/**
 * The workload that a pod belongs to, as a person would name it: `Deployment/web`, `CronJob/report`, `StatefulSet/db`,
 * `Node/worker-1` for a static pod. undefined: nothing controls the pod, or its name cannot stand in a header.
 *
 * Derived from the pod alone, which names its controller and not that one's: of a ReplicaSet whose name ends with the
 * pod's template hash its Deployment is taken to be the rest, of a Job whose name ends with the minute in which it was
 * due its CronJob. Where the name is not made like this, the controller itself is the answer.
 */
export function workloadOf(pod: Pod): string | undefined {
  const owner = objectsIn(pod.metadata["ownerReferences"]).find(({ controller }) => controller === true);
  const kind = textOf(owner?.["kind"]);
  const name = textOf(owner?.["name"]);
  if (owner === undefined || kind === undefined || name === undefined) return undefined;
  if (!KIND.test(kind) || !NAME.test(name)) return undefined;
  const group = textOf(owner["apiVersion"])?.split("/")[0];
  return (group === undefined ? undefined : parentOf(`${group}/${kind}`, name, pod)) ?? `${kind}/${name}`;
}

/** Go identifiers, and names that the API server lets through: both printable in a header. */
const KIND = /^[A-Za-z][A-Za-z0-9]{0,62}$/;
const NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.:]{0,251}[A-Za-z0-9])?$/;

function parentOf(controller: string, name: string, { metadata }: Pod): string | undefined {
  switch (controller) {
    case "apps/ReplicaSet":
    case "extensions/ReplicaSet": {
      const hash = textOf(fieldsOf(metadata.labels)["pod-template-hash"]);
      if (hash === undefined || !name.endsWith(`-${hash}`)) {
        return undefined;
      }
      return `Deployment/${name.slice(0, -hash.length - 1)}`;
    }
    case "batch/Job": {
      const [, cronJob, minutes] = DUE.exec(name) ?? [];
      if (cronJob === undefined || !isPlausible(Number(minutes), metadata["creationTimestamp"])) {
        return undefined;
      }
      return `CronJob/${cronJob}`;
    }
    default:
      return undefined;
  }
}

/** A CronJob's name and the minutes since the epoch. */
const DUE = /^(.+)-(\d{8})$/;

const MINUTES_A_DAY = 24 * 60;

/**
 * Whether a Job that was due then has this pod: not from a day after it on, and not when the Job was due a year before.
 * A date (`report-20261127`), read as minutes, lies in 2008.
 */
function isPlausible(minutes: number, creationTimestamp: unknown): boolean {
  const created = Date.parse(textOf(creationTimestamp) ?? "") / 60_000;
  return minutes > created - 366 * MINUTES_A_DAY && minutes < created + MINUTES_A_DAY;
}
