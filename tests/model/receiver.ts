import type { Pod } from "../../src/pod/pod.ts";

/** What it holds of a pod. */
export interface Held {
  epoch: number;
  version: number;
}

/** A message that it takes. */
export interface Taken {
  event: string;
  epoch: number;
  reasons: string[];
  body: string;
  pod: Pod;
}

/** One page of which pods there are, as the README describes it. */
interface Page {
  inventory: string;
  page: number;
  pages: number;
  resourceVersion: string;
  pods: { uid: string; resourceVersion: string }[];
}

/**
 * A receiver that does what the README asks of a good one, and believes every inventory: with all of its pages it
 * forgets each pod that it holds, that is on none of them, and whose version is not above the inventory's. (Versions
 * of two epochs cannot be compared: there, the later epoch is above.)
 */
export class Receiver {
  readonly held = new Map<string, Held>();
  /** Inventories that came whole, and signs of life. */
  inventories = 0;
  heartbeats = 0;
  gaps = 0;
  /** Called with each pod that an inventory made it forget. */
  onForgotten: (uid: string) => void = () => {};
  #pages: Page[] = [];

  take(taken: Taken): void {
    const { event, epoch, reasons, body, pod } = taken;
    if (event === "k8svent.inventory") return this.#takePage(JSON.parse(body) as Page, epoch);
    if (event === "k8svent.heartbeat") return void this.heartbeats++;
    if (event === "k8svent.gap") return void this.gaps++;
    // How another endpoint does: that says nothing of pods.
    if (event === "k8svent.endpoint") return;
    const { uid, resourceVersion } = pod.metadata;
    if (event === "pod.deleted" || reasons.includes("unselected")) return void this.held.delete(uid);
    this.held.set(uid, { epoch, version: Number(resourceVersion) });
  }

  #takePage(page: Page, epoch: number): void {
    if (this.#pages[0]?.inventory !== page.inventory) this.#pages = [];
    this.#pages.push(page);
    const numbers = new Set(this.#pages.map((one) => one.page));
    if (numbers.size < page.pages) return;
    const present = new Set(this.#pages.flatMap(({ pods }) => pods.map(({ uid }) => uid)));
    this.#pages = [];
    this.inventories++;
    for (const [uid, held] of this.held) {
      const isAbove = held.epoch > epoch ||
        (held.epoch === epoch && held.version > Number(page.resourceVersion));
      if (present.has(uid) || isAbove) continue;
      this.held.delete(uid);
      this.onForgotten(uid);
    }
  }
}
