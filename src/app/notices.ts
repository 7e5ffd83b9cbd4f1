import type { InventoryNotice, Notice } from "../delivery/notice.ts";
import type { Scope } from "../pod/pod.ts";
import { compareVersions } from "../pod/version.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Store } from "../store/store.ts";
import type { EndpointEvent } from "./endpoint_events.ts";

/** Pods on one page of an inventory: some 60 KB. */
const PAGE = 1_000;

/** A receiver that asks for inventories in a loop gets one this often, in milliseconds. */
const REQUEST_INTERVAL = 60_000;

/** What notices need of the other parts. */
export interface NoticesDeps {
  store: Store;
  clock: Clock;
  /** The endpoints that asked for notices. */
  endpoints: () => readonly string[];
  /** The pods of an endpoint that was not sent every pod in its newest version; undefined: it was. */
  inventoryOf?: (endpoint: string) => { uid: string; resourceVersion: string }[] | undefined;
  /** What is followed. */
  scopes: readonly Scope[];
}

/**
 * What is sent to the endpoints that asked for it, beside the pods: that messages were evicted, which pods there are,
 * that the program lives, how other endpoints do. A notice is pending like any message: signed, retried, in order; a newer one of the same kind
 * takes the place of one that waits. Each call leaves the commit to its caller, but for those that say otherwise.
 */
export class Notices {
  readonly #deps: NoticesDeps;
  readonly #requested = new Map<string, number>();
  /** Who gets an inventory as soon as it is known which pods there are. */
  readonly #waiting = new Set<string>();
  /** Who gets one at the end of the next list. */
  readonly #new = new Set<string>();
  #isComplete = false;

  constructor(deps: NoticesDeps) {
    this.#deps = deps;
  }

  /** Sends word to an endpoint that messages for it were evicted, and which pods there are. */
  sendGap(endpoint: string): void {
    if (!this.#deps.endpoints().includes(endpoint)) return;
    const { messages, since = this.#deps.clock.now() } = this.#deps.store.pending.lost(endpoint);
    this.#send([endpoint], "gap", {
      type: "k8svent.gap",
      endpoint,
      since: new Date(since).toISOString(),
      lost: messages,
    });
    this.sendInventory([endpoint]);
  }

  /**
   * Every scope has been listed, and one of them just now: what the store knows is what there is, and whoever
   * waits for an inventory gets it. `all`: everybody does. Commits.
   */
  complete(all: boolean): void {
    this.#isComplete = true;
    for (const endpoint of all ? this.#deps.endpoints() : this.#new) this.#waiting.add(endpoint);
    this.#new.clear();
    this.sendWaiting();
  }

  /** Sends the inventories that wait, if it is known by now which pods there are: a look-up may outlast a list. Commits. */
  sendWaiting(): void {
    if (this.#waiting.size === 0) return;
    const endpoints = [...this.#waiting];
    this.#waiting.clear();
    this.sendInventory(endpoints);
    this.#deps.store.commit();
  }

  /**
   * Sends which pods there are. While a list runs that is the first, or the first of a new epoch, not all are known,
   * and a receiver would take the others for gone: it waits.
   */
  sendInventory(endpoints: readonly string[] = this.#deps.endpoints()): void {
    const { store: { inventory }, clock } = this.#deps;
    if (endpoints.length === 0) return;
    const resourceVersion = this.#leastReached();
    if (!this.#isComplete || !inventory.isOfOneEpoch() || resourceVersion === undefined) {
      for (const endpoint of endpoints) this.#waiting.add(endpoint);
      return;
    }
    const own = new Map(endpoints.map((endpoint) => [endpoint, this.#deps.inventoryOf?.(endpoint)]));
    const others = endpoints.filter((endpoint) => own.get(endpoint) === undefined);
    const name = new Date(clock.now()).toISOString();
    if (others.length > 0) {
      const pods = Array.from(inventory.pods(), ({ uid, resourceVersion }) => ({ uid, resourceVersion }));
      this.#sendPages(others, { name, resourceVersion, pods });
    }
    for (const [endpoint, pods] of own) {
      if (pods !== undefined) this.#sendPages([endpoint], { name, resourceVersion, pods });
    }
  }

  #sendPages(
    endpoints: readonly string[],
    { name, resourceVersion, pods }: Pick<InventoryNotice, "resourceVersion" | "pods"> & { name: string },
  ): void {
    const pages = Math.max(1, Math.ceil(pods.length / PAGE));
    for (let page = 1; page <= pages; page++) {
      this.#send(endpoints, `inventory-${page}`, {
        type: "k8svent.inventory",
        inventory: name,
        page,
        pages,
        resourceVersion,
        pods: pods.slice((page - 1) * PAGE, page * PAGE),
      });
    }
  }

  /** These endpoints are new: they are sent which pods there are at the end of the next list. */
  sendAfterList(endpoints: readonly string[]): void {
    for (const endpoint of endpoints) this.#new.add(endpoint);
  }

  /** An endpoint asked for an inventory, in its answer. Commits. */
  requested(endpoint: string): void {
    if (!this.#deps.endpoints().includes(endpoint)) return;
    const now = this.#deps.clock.monotonic();
    if (now - (this.#requested.get(endpoint) ?? -Infinity) < REQUEST_INTERVAL) return;
    this.#requested.set(endpoint, now);
    this.sendInventory([endpoint]);
    this.#deps.store.commit();
  }

  /** A sign of life. Commits. */
  beat(): void {
    const at = new Date(this.#deps.clock.now()).toISOString();
    this.#send(this.#deps.endpoints(), "heartbeat", { type: "k8svent.heartbeat", at });
    this.#deps.store.commit();
  }

  /** What happened to an endpoint, to the others: to say it to itself is of no use, and it may not take it. */
  sendEndpoint({ endpoint, kind: what, since, ...rest }: EndpointEvent): void {
    const others = this.#deps.endpoints().filter((name) => name !== endpoint);
    this.#send(others, `endpoint-${endpoint}`, {
      type: "k8svent.endpoint",
      endpoint,
      what,
      since: new Date(since).toISOString(),
      ...rest,
    });
  }

  /**
   * The version up to which every scope was seen. A receiver takes what is older and not in the inventory for gone, so
   * the scope that was seen least far decides: a pod of it may be newer, alive and not known yet.
   */
  #leastReached(): string | undefined {
    const { store: { inventory }, scopes } = this.#deps;
    let least: string | undefined;
    for (const scope of scopes) {
      const reached = inventory.reached(scope);
      if (reached === undefined) return undefined;
      if (least === undefined || compareVersions(reached, least) < 0) least = reached;
    }
    return least;
  }

  /** @param line of its kind one waits at most; it stands where a pod's name stands */
  #send(endpoints: readonly string[], line: string, notice: Notice): void {
    const { store, clock } = this.#deps;
    store.record(
      undefined,
      {
        event: notice.type,
        resourceVersion: "0",
        reasons: [],
        occasion: String(clock.now()),
        body: new TextEncoder().encode(JSON.stringify(notice)),
      },
      endpoints,
      line,
    );
  }
}
