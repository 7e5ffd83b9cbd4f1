import type { ContainerStatus, Pod } from "../../src/pod/pod.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import { parseEveryNumber } from "../kit/exact.ts";
import { PodStore, type Ref } from "../kit/apiserver/pod_store.ts";
import { type Command, PODS, type Restored, ROUTES } from "./history.ts";

/** The annotation by which a pod names its webhooks. */
export const ANNOTATION = "atomist.com/k8vent";

const PHASES = ["Pending", "Running", "Failed", "Succeeded"];

/** The pods of the model and their life. What cannot happen now (a second pod of one name) does not. */
export class ModelCluster {
  readonly store: PodStore;
  /** How often etcd was restored: versions of two generations cannot be compared. */
  generation = 0;
  #count = 0;
  /** Versions stay below this one until the program has noticed the last restore. */
  #limit = Infinity;

  /** UIDs with their versions in this history, and in those that restores ended. */
  readonly #written = new Set<string>();
  readonly #rewritten = new Set<string>();

  constructor(clock: Clock) {
    this.store = new PodStore(clock);
    this.store.onChange.add(({ version, before, after }) => {
      this.#written.add(`${(after ?? before)?.metadata.uid} ${version}`);
    });
  }

  /** Of all pods that were ever created. */
  uids(): string[] {
    return Array.from({ length: this.#count }, (_, number) => `uid-${number}`);
  }

  create(index: number, to: keyof typeof ROUTES): void {
    const ref = refOf(index);
    const { text } = ROUTES[to];
    if (this.store.get(ref) !== undefined || !this.#mayWrite(ref)) return;
    this.store.create({
      metadata: { ...ref, uid: `uid-${this.#count++}`, labels: { app: "shop" }, ...annotated(text) },
      spec: { containers: [{ name: "main", image: "app:1" }], terminationGracePeriodSeconds: 30 },
      status: {
        phase: "Pending",
        conditions: [{ type: "Ready", status: "False" }],
        containerStatuses: [{ name: "main", ready: false, restartCount: 0, state: {} }],
      },
    });
  }

  delete(index: number): void {
    const ref = refOf(index);
    if (this.store.get(ref) !== undefined && this.#mayWrite(ref)) this.store.remove(ref);
  }

  change(index: number, what: (Command & { do: "change" })["what"]): void {
    this.#update(index, (pod) => CHANGES[what](pod, this.#count++));
  }

  transition(index: number, what: (Command & { do: "transition" })["what"]): void {
    this.#update(index, (pod) => TRANSITIONS[what](pod, this.#count++));
  }

  touch(): void {
    if (this.store.version + 1 < this.#limit) this.store.touch();
  }

  compact(): void {
    this.store.compact();
  }

  /** A pod's annotation is written, or taken away. */
  route(index: number, to: keyof typeof ROUTES): void {
    this.#update(index, ({ metadata }) => {
      const { [ANNOTATION]: _before, ...others } = metadata.annotations ?? {};
      metadata.annotations = { ...others, ...annotated(ROUTES[to].text).annotations };
    });
  }

  /**
   * etcd is restored from a backup.
   *
   * @param to `below`: until the program has noticed, the versions stay below those that it has seen
   * @param seen the versions up to which the program may have seen the cluster
   */
  rewind(back: number, to: Restored, seen: number[]): void {
    const before = this.store.version;
    const restored = Math.max(this.store.compacted, 100, before - back);
    if (restored === before) return;
    if (to === "below") this.#limit = Math.min(this.#limit, ...seen.filter((version) => version > restored));
    this.generation++;
    for (const written of this.#written) this.#rewritten.add(written);
    this.#written.clear();
    this.store.rewind(restored);
    while (to === "bumped" && this.store.version < before + back) this.store.touch();
  }

  /** Every list of the program was answered since the restore. */
  noticed(): void {
    this.#limit = Infinity;
  }

  /** The pods as they are now, as the API shows a single one. */
  pods(): Pod[] {
    return PODS.flatMap((_, index) => this.pod(index) ?? []);
  }

  pod(index: number): Pod | undefined {
    const stored = this.store.get(refOf(index));
    return stored && parsePod(stored.text);
  }

  #update(index: number, edit: (pod: Pod) => void): void {
    const ref = refOf(index);
    if (this.store.get(ref) !== undefined && this.#mayWrite(ref)) this.store.update(ref, edit);
  }

  /**
   * Two histories never give one pod the same version: nobody could tell the one from the other by it. (In a real
   * cluster all resources count by one revision, so it takes some luck.)
   */
  #mayWrite(ref: Ref): boolean {
    const uid = this.store.get(ref)?.metadata.uid;
    const isTaken = (version: number): boolean => this.#rewritten.has(`${uid} ${version}`);
    while (this.#limit === Infinity && isTaken(this.store.version + 1)) this.store.touch();
    return this.store.version + 1 < this.#limit;
  }
}

/** The object without `managedFields`, which no receiver gets. */
export function parsePod(text: string): Pod {
  const { metadata: { managedFields: _fields, ...metadata }, ...rest } = parseEveryNumber(text) as Pod;
  return { ...rest, apiVersion: "v1", kind: "Pod", metadata };
}

function annotated(text: string | undefined): { annotations?: Record<string, string> } {
  return text === undefined ? {} : { annotations: { [ANNOTATION]: text } };
}

function refOf(index: number): Required<Ref> {
  const [namespace, name] = PODS[index] ?? PODS[0];
  return { namespace, name };
}

const CHANGES = {
  label: (pod: Pod, n: number): void => void (pod.metadata.labels = { ...pod.metadata.labels, n: String(n) }),
  select: ({ metadata }: Pod): void => {
    metadata.labels = { ...metadata.labels, app: metadata.labels?.["app"] === "shop" ? "else" : "shop" };
  },
  ready: ({ status }: Pod): void => {
    const ready = status?.conditions?.[0];
    if (ready !== undefined) ready.status = ready.status === "True" ? "False" : "True";
  },
  managed: (pod: Pod, n: number): void => void (pod.metadata.managedFields = [{ manager: `m${n}` }]),
  terminating: (pod: Pod): void => void (pod.metadata.deletionTimestamp ??= "2026-01-01T00:00:30Z"),
};

const TRANSITIONS = {
  phase: ({ status }: Pod): void => {
    if (status !== undefined) {
      status.phase = PHASES[(PHASES.indexOf(status.phase ?? "") + 1) % 4] ?? "Running";
    }
  },
  terminate: (pod: Pod, n: number): void => {
    const container = containerOf(pod);
    container.state = {
      terminated: { exitCode: 1, containerID: `c${n}`, finishedAt: "2026-01-01T00:00:00Z" },
    };
  },
  restart: (pod: Pod): void => {
    const container = containerOf(pod);
    container.restartCount = (container.restartCount ?? 0) + 1;
    if (container.state?.terminated !== undefined) container.lastState = container.state;
    container.state = { running: { startedAt: "2026-01-01T00:00:01Z" } };
    container.ready = true;
  },
};

function containerOf(pod: Pod): ContainerStatus {
  return pod.status?.containerStatuses?.[0] ?? { name: "main" };
}
