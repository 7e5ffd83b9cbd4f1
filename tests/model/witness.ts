import type { ContainerStatus, Pod, Scope } from "../../src/pod/pod.ts";

/** Something about a pod that the API server has told. */
export interface Sighting {
  type: "applied" | "deleted";
  pod: Pod;
  /** See `ModelCluster.generation`. */
  generation: number;
}

/** A version that the program has surely seen and that no later one makes up for. */
export interface Transition {
  pod: Pod;
  /** See `ModelCluster.generation`. */
  generation: number;
  /** The endpoints that were configured then. */
  endpoints: readonly string[];
  /** Whether the pod had left the selection before, and come back. */
  returned: boolean;
}

/** Versions up to which the program has seen a scope. */
interface Position {
  handed: number;
  handled: number;
  /** What survives a crash, and what will once it is handled. */
  stored: number;
  next: number;
}

/** What the program last knew of a pod; undefined: nothing. */
type Known = Sighting | undefined;

/**
 * What the program must know, by what it was handed and asked on from: the contract of `Source` is that it
 * handles a batch completely before it asks for the next. After a crash it may or may not have stored the last
 * batch, so that several versions may be the last it knew; then only what is a transition from each of them is
 * demanded.
 */
export class Witness {
  readonly transitions: Transition[] = [];
  /** UIDs that were surely seen while an endpoint was configured, by endpoint. */
  readonly owed = new Map<string, Set<string>>();
  readonly #positions = new Map<Scope, Position>();
  /** Versions of pods that were read one by one: they may be ahead of the scope's. */
  #lookedUp: { version: number; generation: number }[] = [];
  readonly #left = new Set<string>();
  readonly #known = new Map<string, Known[]>();

  /** The program has surely stored these, in this order. */
  saw(sightings: Sighting[], endpoints: readonly string[]): void {
    for (const sighting of sightings) {
      const { uid } = sighting.pod.metadata;
      if (sighting.type === "applied") this.#applied(sighting, endpoints);
      else {
        this.#known.delete(uid);
        this.#left.add(uid);
      }
    }
  }

  /** The program may have stored these. */
  mayHaveSeen(sightings: Sighting[]): void {
    for (const sighting of sightings) {
      const { uid } = sighting.pod.metadata;
      const known = this.#known.get(uid) ?? [undefined];
      this.#known.set(uid, [...known, sighting.type === "deleted" ? undefined : sighting]);
      if (sighting.type === "deleted") this.#left.add(uid);
    }
  }

  /** The versions up to which the program has seen the cluster, or may have. */
  positions(): number[] {
    const positions = [...this.#positions.values()];
    return [
      ...positions.flatMap(({ handed, handled, stored }) => [handed, handled, stored]),
      ...this.#lookedUp.map(({ version }) => version),
    ];
  }

  /** The program read a single pod. */
  lookedUp(version: number, generation: number): void {
    this.#lookedUp.push({ version, generation });
  }

  /** Every list was handled in this generation: what was seen before it is compared with nothing any more. */
  noticed(generation: number): void {
    this.#lookedUp = this.#lookedUp.filter((one) => one.generation >= generation);
  }

  /**
   * The program was handed the cluster up to this version.
   *
   * @param stored whether by a list or an event: what only a bookmark has told is forgotten in a crash
   */
  handed(scope: Scope, version: number, stored: boolean): void {
    const before = this.#positions.get(scope) ?? { handled: version, stored: version, next: version };
    this.#positions.set(scope, { ...before, handed: version, next: stored ? version : before.next });
  }

  /** And is done with it. */
  handled(scope: Scope): void {
    const position = this.#positions.get(scope);
    if (position === undefined) return;
    this.#positions.set(scope, { ...position, handled: position.handed, stored: position.next });
  }

  #applied(sighting: Sighting, endpoints: readonly string[]): void {
    const { pod, generation } = sighting;
    const { uid } = pod.metadata;
    for (const endpoint of endpoints) {
      const uids = this.owed.get(endpoint) ?? new Set();
      this.owed.set(endpoint, uids.add(uid));
    }
    const known = this.#known.get(uid) ?? [undefined];
    const newer = known.filter((before) => before !== undefined && !isNewer(sighting, before));
    if (newer.length > 0) return void this.#known.set(uid, [...newer, sighting]);
    if (known.every((before) => before !== undefined && isTransition(before, sighting))) {
      this.transitions.push({ pod, generation, endpoints, returned: this.#left.has(uid) });
    }
    this.#known.set(uid, [sighting]);
  }
}

function isNewer(after: Sighting, before: Sighting): boolean {
  return after.generation > before.generation || versionOf(after.pod) > versionOf(before.pod);
}

/** Only within a generation: after a restore nobody can say what happened in between. */
function isTransition(before: Sighting, after: Sighting): boolean {
  if (before.generation !== after.generation) return false;
  const was = mainOf(before.pod);
  const is = mainOf(after.pod);
  const ended = [is?.state, is?.lastState].flatMap((state) => state?.terminated?.containerID ?? []);
  const endedBefore = [was?.state, was?.lastState].flatMap((state) => state?.terminated?.containerID ?? []);
  return before.pod.status?.phase !== after.pod.status?.phase ||
    (is?.restartCount ?? 0) > (was?.restartCount ?? 0) ||
    ended.some((id) => !endedBefore.includes(id));
}

function mainOf(pod: Pod): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.[0];
}

/** The model's versions are small. */
export function versionOf(pod: Pod): number {
  return Number(pod.metadata.resourceVersion);
}
