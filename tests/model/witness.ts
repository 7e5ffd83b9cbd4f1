import type { ContainerStatus, Pod, Scope } from "../../src/pod/pod.ts";

/** Something about a pod that the API server has said. */
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

/** What the program has recorded of a pod, one version after the other. */
export interface Chain {
  versions: Sighting[];
  /** The final object, where it was seen. */
  ended: Pod | undefined;
  /** Whether nothing else can have been recorded, nor less. */
  isSure: boolean;
}

/** What the witness knew at a moment to which a crash may go back. */
interface Mark {
  transitions: Transition[];
  expected: Map<string, Set<string>>;
  known: Map<string, Known[]>;
  positions: Map<Scope, Position>;
  /** How much had been seen. */
  seen: number;
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
 * What the program must know, by what it was handed and asked on from. The contract of `Source` is that it
 * handles a batch completely before it asks for the next. After a crash it may or may not have stored the last
 * batch, so that several versions may be the last it knew; then only what is a transition from each of them is
 * demanded.
 */
export class Witness {
  transitions: Transition[] = [];
  /** UIDs that were surely seen while an endpoint was configured, by endpoint. */
  expected = new Map<string, Set<string>>();
  /** By UID. Within the first generation: a restore leaves nothing sure. */
  readonly chains = new Map<string, Chain>();
  /** `namespace/name` by UID. */
  readonly names = new Map<string, string>();
  #positions = new Map<Scope, Position>();
  /** Versions up to which runs that crashed had seen a scope, or may have. */
  #crashed: { version: number; generation: number }[] = [];
  readonly #left = new Set<string>();
  /** Endpoints and UIDs of which no run surely knows, or one whose records are gone: the disk could not be written. */
  readonly #forgotten = new Set<string>();
  #known = new Map<string, Known[]>();
  readonly #marks = new Map<number, Mark>();
  /** All that was seen, in order; kept where there are marks. */
  readonly #seen: Sighting[] = [];

  /** The program has surely stored these, in this order. */
  saw(sightings: Sighting[], endpointsOf: (pod: Pod) => readonly string[]): void {
    if (this.#marks.size > 0) this.#seen.push(...sightings);
    for (const sighting of sightings) {
      const { uid } = sighting.pod.metadata;
      this.#name(sighting.pod);
      if (sighting.type === "applied") this.#applied(sighting, endpointsOf(sighting.pod));
      else {
        const chain = this.chains.get(uid);
        if (this.#known.has(uid) && chain !== undefined) chain.ended = sighting.pod;
        this.#known.delete(uid);
        this.#left.add(uid);
      }
    }
  }

  /** A crash may go back to this moment. */
  mark(moment: number): void {
    this.#marks.set(moment, {
      transitions: [...this.transitions],
      expected: new Map([...this.expected].map(([endpoint, uids]) => [endpoint, new Set(uids)])),
      known: new Map(this.#known),
      positions: new Map(this.#positions),
      seen: this.#seen.length,
    });
  }

  /**
   * A crash went back to a moment: what was seen since may or may not be stored.
   *
   * @param forgetful endpoints that may have been sent since what nobody knows of any more
   */
  revert(moment: number, generation: number, forgetful: readonly string[]): void {
    const mark = this.#marks.get(moment);
    if (mark === undefined) throw new Error(`The witness knows no moment ${moment}.`);
    for (const endpoint of forgetful) {
      const expected = mark.expected.get(endpoint);
      for (const uid of this.names.keys()) {
        // Or one that had left the selection by then, and came back.
        const isBack = this.#known.has(uid) && !mark.known.has(uid);
        if (!expected?.has(uid) || isBack) this.#forgotten.add(`${endpoint} ${uid}`);
      }
    }
    this.transitions = mark.transitions;
    this.expected = mark.expected;
    this.#known = mark.known;
    // It may stand at what it had seen before, too.
    for (const { handed, handled, stored } of [...mark.positions.values(), ...this.#positions.values()]) {
      for (const version of [handed, handled, stored]) this.#crashed.push({ version, generation });
    }
    this.#positions = mark.positions;
    const since = this.#seen.slice(mark.seen);
    this.mark(moment);
    for (const chain of this.chains.values()) chain.isSure = false;
    this.mayHaveSeen(since);
  }

  /** The program may have stored these. */
  mayHaveSeen(sightings: Sighting[]): void {
    for (const sighting of sightings) {
      const { uid } = sighting.pod.metadata;
      this.#name(sighting.pod);
      this.#chain(uid).isSure = false;
      const known = this.#known.get(uid) ?? [undefined];
      this.#known.set(uid, [...known, sighting.type === "deleted" ? undefined : sighting]);
      if (sighting.type === "deleted") this.#left.add(uid);
    }
  }

  /** The next run begins a new epoch, in which all is news: also what it knows. */
  beginAnew(): void {
    for (const chain of this.chains.values()) chain.isSure = false;
  }

  /** Whether nobody may know that an endpoint got a pod. */
  isForgotten(endpoint: string, uid: string): boolean {
    return this.#forgotten.has(`${endpoint} ${uid}`);
  }

  /** The versions up to which the program has seen the cluster, or may have. */
  positions(): number[] {
    const positions = [...this.#positions.values()];
    return [
      ...positions.flatMap(({ handed, handled, stored }) => [handed, handled, stored]),
      ...this.#crashed.map(({ version }) => version),
    ];
  }

  /** What came of a pod cannot be reckoned any more: it was read beside the source, or a message about it discarded or sent again. */
  unsure(uid: string): void {
    this.#chain(uid).isSure = false;
  }

  /** Every list was handled in this generation: what was seen before it is compared with nothing any more. */
  noticed(generation: number): void {
    this.#crashed = this.#crashed.filter((one) => one.generation >= generation);
  }

  /**
   * The program was handed the cluster up to this version.
   *
   * @param stored whether by a list or an event: what only a bookmark has said is forgotten in a crash
   */
  handed(scope: Scope, version: number, stored: boolean): void {
    const before = this.#positions.get(scope) ?? { handled: version, stored: version, next: version };
    this.#positions.set(scope, { ...before, handed: version, next: stored ? version : before.next });
  }

  /** And is done with it, up to a version; the last version that an event showed, undefined: none did. */
  handledTo(scope: Scope, version: number | undefined, stored: number | undefined): void {
    const position = this.#positions.get(scope);
    if (position === undefined || version === undefined) return;
    this.#positions.set(scope, { ...position, handled: version, stored: stored ?? position.stored });
  }

  /** And is done with all of it. */
  handled(scope: Scope): void {
    const position = this.#positions.get(scope);
    if (position === undefined) return;
    this.#positions.set(scope, { ...position, handled: position.handed, stored: position.next });
  }

  #applied(sighting: Sighting, endpoints: readonly string[]): void {
    const { pod, generation } = sighting;
    const { uid } = pod.metadata;
    for (const endpoint of endpoints) {
      this.#forgotten.delete(`${endpoint} ${uid}`);
      const uids = this.expected.get(endpoint) ?? new Set();
      this.expected.set(endpoint, uids.add(uid));
    }
    const known = this.#known.get(uid) ?? [undefined];
    const newer = known.filter((before) => before !== undefined && !isNewer(sighting, before));
    if (newer.length > 0) return void this.#known.set(uid, [...newer, sighting]);
    if (known.every((before) => before !== undefined && isTransition(before, sighting))) {
      this.transitions.push({ pod, generation, endpoints, returned: this.#left.has(uid) });
    }
    this.#known.set(uid, [sighting]);
    const chain = this.#chain(uid);
    chain.versions.push(sighting);
    // What comes again after its end is of another history.
    if (chain.ended !== undefined) chain.isSure = false;
  }

  #chain(uid: string): Chain {
    const known = this.chains.get(uid);
    if (known !== undefined) return known;
    const chain = { versions: [], ended: undefined, isSure: true };
    this.chains.set(uid, chain);
    return chain;
  }

  #name({ metadata: { uid, namespace, name } }: Pod): void {
    this.names.set(uid, `${namespace}/${name}`);
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
  const ended = terminationsOf(is);
  const endedBefore = terminationsOf(was);
  return before.pod.status?.phase !== after.pod.status?.phase ||
    (is?.restartCount ?? 0) > (was?.restartCount ?? 0) ||
    ended.some((id) => !endedBefore.includes(id));
}

/** The IDs of the containers that ended, as far as the status still tells. */
export function terminationsOf(status: ContainerStatus | undefined): string[] {
  return [status?.state, status?.lastState].flatMap((state) => state?.terminated?.containerID ?? []);
}

/** The model's pods have one container. */
export function mainOf(pod: Pod): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.[0];
}

/** The model's versions are small. */
export function versionOf(pod: Pod): number {
  return Number(pod.metadata.resourceVersion);
}
