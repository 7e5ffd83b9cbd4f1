import type { Pod } from "../../src/pod/pod.ts";
import type { ModelCluster } from "./cluster.ts";
import type { ModelEndpoint } from "./endpoint.ts";
import type { Witness } from "./witness.ts";

/**
 * By endpoint the pods that were sent there, did not name it any more when a run began, and so may not have given that
 * run its URL: only pods name those, and the store keeps none.
 */
export class Strays {
  readonly #cluster: ModelCluster;
  readonly #witness: Witness;
  readonly #targets: (pod: Pod) => readonly string[];
  /** UIDs, by the endpoint's name. */
  readonly #found = new Map<string, Set<string>>();
  readonly #rerouted = new Set<string>();

  /** @param targets the names of the endpoints that a pod goes to */
  constructor(cluster: ModelCluster, witness: Witness, targets: (pod: Pod) => readonly string[]) {
    this.#cluster = cluster;
    this.#witness = witness;
    this.#targets = targets;
  }

  has(endpoint: string, uid: string): boolean {
    return this.#found.get(endpoint)?.has(uid) === true;
  }

  /** The annotation of a pod says something else. */
  rerouted(uid: string): void {
    this.#rerouted.add(uid);
  }

  /** A run begins. @param endpoints those that only annotations name */
  find(endpoints: readonly ModelEndpoint[]): void {
    const alive = new Map(this.#cluster.pods().map((pod) => [pod.metadata.uid, pod]));
    for (const { name, deliveries } of endpoints) {
      const strays = this.#found.get(name) ?? new Set();
      this.#found.set(name, strays);
      // What it was to get and had not yet may be all that named it, too.
      const sent = deliveries.map(({ pod }) => pod.metadata.uid);
      for (const uid of new Set([...sent, ...this.#witness.expected.get(name) ?? []])) {
        const pod = alive.get(uid);
        const mayHaveLeft = this.#rerouted.has(uid) || this.#cluster.generation > 0;
        if (pod === undefined ? mayHaveLeft : !this.#targets(pod).includes(name)) strays.add(uid);
      }
    }
  }
}
