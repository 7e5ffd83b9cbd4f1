import { randomUUID } from "node:crypto";
import type { Pod, PodMetadata } from "../../../src/pod/pod.ts";
import type { Clock } from "../../../src/runtime/clock.ts";
import { parseEveryNumber } from "../exact.ts";

/** A pod as etcd would keep it: its JSON text, and beside it what selectors look at. */
export interface Stored {
  /** `namespace/name`: the order of lists. */
  key: string;
  version: number;
  metadata: PodMetadata;
  phase: string;
  nodeName: string;
  /** As an item of a list: without `apiVersion` and `kind`. */
  text: string;
}

/** One write. Created: no `before`. Deleted: no `after`; then `before` has its last version, not this one. */
export interface Change {
  version: number;
  before?: Stored;
  after?: Stored;
}

/** What a test says about a pod; the rest is made up as the API server would. */
export type PodInput = Omit<Pod, "metadata"> & { metadata: Partial<PodMetadata> & { name: string } };

/** Which pod; the namespace is `default` where none is given. */
export interface Ref {
  namespace?: string;
  name: string;
}

/** The pods of a cluster and their history since the last compaction, under one growing version as in etcd. */
export class PodStore {
  #pods = new Map<string, Stored>();
  #history: Change[] = [];
  #version = 100;
  #compacted = 0;
  #clock: Clock;
  #sorted: { version: number; pods: Stored[] } | undefined;
  /** Called after each write, in order. */
  readonly onChange = new Set<(change: Change) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The newest resourceVersion. */
  get version(): number {
    return this.#version;
  }

  /** History is known for what came after this version. */
  get compacted(): number {
    return this.#compacted;
  }

  get size(): number {
    return this.#pods.size;
  }

  create(input: PodInput): Pod {
    const { namespace = "default", name } = input.metadata;
    const key = `${namespace}/${name}`;
    if (this.#pods.has(key)) throw new Error(`pods "${name}" already exists`);
    const created = new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
    const { name: _n, namespace: _ns, uid = randomUUID(), labels, annotations, ...rest } = input.metadata;
    const metadata = {
      name,
      namespace,
      uid,
      resourceVersion: "",
      generation: 1,
      creationTimestamp: created,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      managedFields: [{ manager: "kit", operation: "Update", apiVersion: "v1", time: created }],
      ...rest,
    };
    const spec = input.spec ?? { containers: [{ name: "main", image: "example.com/app:1" }] };
    const status = input.status ?? { phase: "Pending", qosClass: "BestEffort" };
    return this.#write(key, { metadata, spec, status });
  }

  /** @param change edits the object in place */
  update(ref: Ref, change: (pod: Pod) => void): Pod {
    const before = this.#known(ref);
    const pod = parseEveryNumber(before.text) as Pod;
    change(pod);
    return this.#write(before.key, pod, before);
  }

  remove(ref: Ref): void {
    const before = this.#known(ref);
    this.#version++;
    this.#pods.delete(before.key);
    this.#record({ version: this.#version, before });
  }

  get(ref: Ref): Stored | undefined {
    return this.#pods.get(keyOf(ref));
  }

  /** Another resource changed: in etcd all resources count by one revision. */
  touch(): void {
    this.#version++;
  }

  /** Forgets the history up to a version, as etcd's compaction does every five minutes. */
  compact(version = this.#version): void {
    this.#compacted = Math.max(this.#compacted, version);
    this.#history = this.since(version);
  }

  /** Goes back to how things were at `version`, as etcd restored from a backup does. */
  rewind(version: number): void {
    this.#pods = new Map(this.at(version).map((pod) => [pod.key, pod]));
    this.#history = this.#history.filter((change) => change.version <= version);
    this.#version = version;
    this.#sorted = undefined;
  }

  /** Every pod as it was at `version`, which must not be compacted, in the order of keys. */
  at(version: number): Stored[] {
    if (version < this.#compacted) throw new Error(`version ${version} is compacted`);
    if (this.#sorted?.version === version) return this.#sorted.pods;
    const pods = new Map(this.#pods);
    for (const { version: changed, before, after } of this.#history.toReversed()) {
      if (changed <= version) break;
      if (before !== undefined) pods.set(before.key, before);
      else if (after !== undefined) pods.delete(after.key);
    }
    const sorted = [...pods.values()].sort((a, b) => a.key < b.key ? -1 : 1);
    this.#sorted = { version, pods: sorted };
    return sorted;
  }

  /** The writes after `version`, oldest first. */
  since(version: number): Change[] {
    return this.#history.filter((change) => change.version > version);
  }

  #write(key: string, pod: Pod, before?: Stored): Pod {
    this.#version++;
    pod.metadata.resourceVersion = String(this.#version);
    const { metadata, spec, status } = pod;
    const after: Stored = {
      key,
      version: this.#version,
      metadata,
      phase: status?.phase ?? "",
      nodeName: spec?.nodeName ?? "",
      text: JSON.stringify({ metadata, spec, status }),
    };
    this.#pods.set(key, after);
    this.#record({ version: this.#version, after, ...(before && { before }) });
    return parseEveryNumber(after.text) as Pod;
  }

  #record(change: Change): void {
    this.#history.push(change);
    for (const notify of [...this.onChange]) notify(change);
  }

  #known(ref: Ref): Stored {
    const stored = this.get(ref);
    if (stored === undefined) throw new Error(`pods "${ref.name}" not found`);
    return stored;
  }
}

/** The same object as of another version: what a DELETED event carries. */
export function textAt(stored: Stored, version: number): string {
  // The first one is the object's own: it precedes labels and annotations.
  return stored.text.replace(`"resourceVersion":"${stored.version}"`, `"resourceVersion":"${version}"`);
}

function keyOf({ namespace = "default", name }: Ref): string {
  return `${namespace}/${name}`;
}
