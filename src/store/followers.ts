/**
 * Which endpoints follow which pods, as far as an endpoint does not want everything: whether a pod is of its selection,
 * and which version was recorded last for it. Its filter leaves some out, so that an inventory of the newest versions
 * would name what it was never sent.
 *
 * How an endpoint stands to a pod is in the pod's row (`Audience`); the versions have a table of their own, with no rows
 * for endpoints that want everything.
 */
import type { Endpoints } from "./endpoint.ts";
import type { KnownPods } from "./inventory.ts";
import type { Journal } from "./journal.ts";
import type { Pod } from "./pods.ts";
import type { Followers, KnownPod, Standing } from "./store.ts";

/** `Followers` in memory. */
export class PodFollowers implements Followers {
  readonly #journal: Journal;
  readonly #endpoints: Endpoints;
  readonly #inventory: KnownPods;
  /** By endpoint and pod. */
  readonly #sent = new Map<number, Map<number, { key: number; resourceVersion: string }>>();
  #last = 0;

  constructor(journal: Journal, endpoints: Endpoints, inventory: KnownPods) {
    this.#journal = journal;
    this.#endpoints = endpoints;
    this.#inventory = inventory;
  }

  standing(pod: KnownPod, endpoint: string): Standing | undefined {
    const id = this.#endpoints.get(endpoint)?.id;
    return id === undefined ? undefined : (pod as Pod).audience.standings.get(id);
  }

  setStanding(pod: KnownPod, endpoint: string, standing: "selected" | "left" | undefined): void {
    const { id } = this.#endpoints.open(endpoint);
    this.#inventory.setStanding(pod as Pod, id, standing);
    this.#delete(id, (pod as Pod).id);
  }

  setSent(pod: KnownPod, endpoint: string, resourceVersion: string): void {
    const { id } = this.#endpoints.open(endpoint);
    const key = this.#sent.get(id)?.get((pod as Pod).id)?.key ?? ++this.#last;
    const row = { endpoint: id, pod: (pod as Pod).id, resourceVersion };
    this.#journal.sent.put(key, row);
    this.#keep(key, row);
  }

  sent(endpoint: string): { uid: string; resourceVersion: string }[] {
    const sent = this.#sent.get(this.#endpoints.get(endpoint)?.id ?? 0);
    return Array.from(this.#inventory.pods()).flatMap(({ id, uid }) => {
      const resourceVersion = sent?.get(id)?.resourceVersion;
      return resourceVersion === undefined ? [] : [{ uid, resourceVersion }];
    });
  }

  /** The pod is in the inventory no more. */
  forgetPod({ id }: Pod): void {
    for (const endpoint of this.#sent.keys()) this.#delete(endpoint, id);
  }

  /** The endpoint is no more. */
  forgetEndpoint(endpoint: number): void {
    for (const { key } of this.#sent.get(endpoint)?.values() ?? []) this.#journal.sent.delete(key);
    this.#sent.delete(endpoint);
  }

  /** At the start. @param isAlive whether the store still knows both */
  load(isAlive: (pod: number, endpoint: number) => boolean): void {
    const rows = this.#journal.scan<[number, number, number, string]>(
      "sent",
      "endpoint, pod, resourceVersion",
    );
    for (const [key, endpoint, pod, resourceVersion] of rows) {
      this.#last = Math.max(this.#last, key);
      if (isAlive(pod, endpoint)) this.#keep(key, { endpoint, pod, resourceVersion });
      else this.#journal.sent.delete(key);
    }
  }

  #keep(
    key: number,
    { endpoint, pod, resourceVersion }: { endpoint: number; pod: number; resourceVersion: string },
  ): void {
    let sent = this.#sent.get(endpoint);
    if (sent === undefined) this.#sent.set(endpoint, sent = new Map());
    sent.set(pod, { key, resourceVersion });
  }

  #delete(endpoint: number, pod: number): void {
    const kept = this.#sent.get(endpoint)?.get(pod);
    if (kept === undefined) return;
    this.#journal.sent.delete(kept.key);
    this.#sent.get(endpoint)?.delete(pod);
  }
}
