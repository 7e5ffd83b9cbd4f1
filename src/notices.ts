import type { Notice } from "./delivery/notice.ts";
import type { Clock } from "./runtime/clock.ts";
import { compareVersions } from "./pod/version.ts";
import type { Store } from "./store/store.ts";

/** Pods on one page of an inventory: some 60 KB. */
const PAGE = 1_000;

/** A receiver that asks for inventories in a loop gets one this often, in milliseconds. */
const REQUEST_INTERVAL = 60_000;

/** What notices need of the other parts. */
export interface NoticesDeps {
  store: Store;
  clock: Clock;
  /** The endpoints that asked for notices. */
  endpoints: string[];
  wake: (endpoints: string[]) => void;
}

/**
 * What is told to the endpoints that asked for it, beside the pods: that something had to be given up, which
 * pods there are, that the program lives. A notice is owed like any message: signed, retried, in order; a newer
 * one of the same kind takes the place of one that waits.
 */
export class Notices {
  readonly #deps: NoticesDeps;
  readonly #requested = new Map<string, number>();
  /** Who is to hear what there is, as soon as that is known. */
  readonly #wishes = new Set<string>();
  #isComplete = false;

  constructor(deps: NoticesDeps) {
    this.#deps = deps;
  }

  /** Tells an endpoint that messages for it had to be given up, and what there is. Within a transaction. */
  tellGap(endpoint: string): void {
    if (!this.#deps.endpoints.includes(endpoint)) return;
    const { messages, since = this.#deps.clock.now() } = this.#deps.store.endpoints.lost(endpoint);
    this.#owe(endpoint, {
      type: "k8svent.gap",
      endpoint,
      since: new Date(since).toISOString(),
      lost: messages,
    }, "gap");
    this.tellInventory([endpoint]);
  }

  /**
   * Every scope has been listed, and one of them just now: what the store knows is what there is, and whoever
   * waits for an inventory gets it. `all`: everybody does. Not within a transaction.
   */
  complete(all: boolean): void {
    this.#isComplete = true;
    const endpoints = all ? this.#deps.endpoints : [...this.#wishes];
    this.#wishes.clear();
    this.#deps.store.transaction(() => this.tellInventory(endpoints));
  }

  /**
   * Tells which pods there are. Within a transaction. While a list runs that is the first, or the first after
   * the cluster went back, not all are known, and a receiver would take the others for gone: it waits.
   */
  tellInventory(endpoints = this.#deps.endpoints): void {
    const { store: { inventory }, clock } = this.#deps;
    if (endpoints.length === 0) return;
    if (!this.#isComplete || !inventory.isOfOneEpoch()) {
      for (const endpoint of endpoints) this.#wishes.add(endpoint);
      return;
    }
    const pods = inventory.versions();
    const newest = pods.reduce(
      (max, pod) => compareVersions(pod.resourceVersion, max) > 0 ? pod.resourceVersion : max,
      "0",
    );
    const name = new Date(clock.now()).toISOString();
    const pages = Math.max(1, Math.ceil(pods.length / PAGE));
    for (let page = 1; page <= pages; page++) {
      const part = pods.slice((page - 1) * PAGE, page * PAGE);
      const notice: Notice = {
        type: "k8svent.inventory",
        inventory: name,
        page,
        pages,
        resourceVersion: newest,
        pods: part,
      };
      for (const endpoint of endpoints) this.#owe(endpoint, notice, `inventory-${page}`);
    }
  }

  /** An endpoint asked for an inventory, in its answer. Says whether it gets one now. */
  admitRequest(endpoint: string): boolean {
    if (!this.#deps.endpoints.includes(endpoint)) return false;
    const now = this.#deps.clock.monotonic();
    if (now - (this.#requested.get(endpoint) ?? -Infinity) < REQUEST_INTERVAL) return false;
    this.#requested.set(endpoint, now);
    return true;
  }

  /** A sign of life. Within a transaction. */
  beat(): void {
    const at = new Date(this.#deps.clock.now()).toISOString();
    for (const endpoint of this.#deps.endpoints) {
      this.#owe(endpoint, { type: "k8svent.heartbeat", at }, "heartbeat");
    }
  }

  /** @param name of its kind one waits at most; it stands where a pod's name stands */
  #owe(endpoint: string, notice: Notice, name: string): void {
    const { outbox, inventory } = this.#deps.store;
    outbox.owe(endpoint, {
      uid: `k8svent/${name}`,
      namespace: "k8svent",
      name,
      event: notice.type,
      resourceVersion: "0",
      epoch: inventory.epoch,
      body: outbox.keep(JSON.stringify(notice)),
      reasons: [],
      occasion: "",
    });
    this.#deps.wake([endpoint]);
  }
}
