import type { Pod } from "../src/pod/pod.ts";
import type { Stored } from "../tests/kit/apiserver/pod_store.ts";
import type { FakeApiServer } from "../tests/kit/apiserver/server.ts";
import { parseEveryNumber } from "../tests/kit/exact.ts";
import { beginDeletion, isReady, misfortune, nextMove, type Temperament } from "./life.ts";

interface App {
  namespace: string;
  name: string;
  temperament: Temperament;
  /** Pods of an older one are replaced, one at a time. */
  revision: number;
}

/** What a step may begin when nothing is in motion; drawn at random, so a kind that stands twice is frequent. */
const HAPPENINGS = ["trouble", "trouble", "rollout", "grow", "shrink"] as const;

/** A small company's pods, which start, get ready, crash, are rolled out, finish and go. */
export class Population {
  #server: FakeApiServer;
  #random: () => number;
  #size: number;
  #born = 0;
  #apps: App[] = [
    { namespace: "shop", name: "web", temperament: "steady", revision: 1 },
    { namespace: "shop", name: "cart", temperament: "crashing", revision: 1 },
    { namespace: "shop", name: "search", temperament: "hungry", revision: 1 },
    { namespace: "billing", name: "invoices", temperament: "steady", revision: 1 },
    { namespace: "billing", name: "nightly-report", temperament: "job", revision: 1 },
  ];

  /** @param size how many pods there are at first, and about how many there are later */
  constructor(server: FakeApiServer, size: number, random: () => number) {
    this.#server = server;
    this.#random = random;
    this.#size = size;
    while (server.store.size < size) this.#settle(this.#bear(this.#pick(this.#apps)));
  }

  /** One thing happens: mostly what follows from what happened before. */
  step(): void {
    const pods = this.#pods();
    const leaving = pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined);
    const moving = pods.filter((pod) => nextMove(pod) !== undefined);
    if (leaving.length > 0 && this.#random() < 0.4) return this.#server.remove(this.#pick(leaving).metadata);
    if (moving.length > 0 && this.#random() < 0.8) return this.#advance(this.#pick(moving));
    const outdated = pods.filter((pod) => this.#isOutdated(pod));
    if (outdated.length > 0 && moving.length === 0) return this.#replace(this.#pick(outdated));
    const finished = pods.find((pod) => pod.status?.phase === "Succeeded");
    if (finished !== undefined && this.#random() < 0.3) return this.#server.remove(finished.metadata);
    this.#begin(this.#pick(HAPPENINGS), pods);
  }

  #begin(happening: typeof HAPPENINGS[number], pods: Pod[]): void {
    const ready = pods.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined);
    switch (happening) {
      case "trouble": {
        const candidates = ready.filter((pod) => misfortune(this.#appOf(pod).temperament) !== undefined);
        const move = candidates.length === 0 ? undefined : this.#pick(candidates);
        if (move !== undefined) this.#server.update(move.metadata, (pod) => this.#befall(pod));
        return;
      }
      case "rollout":
        this.#pick(this.#apps.filter((app) => app.temperament !== "job")).revision++;
        return;
      case "grow":
        if (pods.length < this.#size * 1.25) this.#bear(this.#pick(this.#apps));
        return;
      case "shrink":
        if (ready.length > this.#size * 0.75) this.#server.update(this.#pick(ready).metadata, beginDeletion);
        return;
    }
  }

  #befall(pod: Pod): void {
    misfortune(this.#appOf(pod).temperament)?.(pod);
  }

  #advance(pod: Pod): void {
    const move = nextMove(pod);
    if (move !== undefined) this.#server.update(pod.metadata, move);
  }

  /** The new one is made at once and the old one deleted, as a Deployment's rolling update does. */
  #replace(pod: Pod): void {
    this.#bear(this.#appOf(pod));
    this.#server.update(pod.metadata, beginDeletion);
  }

  #isOutdated(pod: Pod): boolean {
    const { labels = {}, deletionTimestamp } = pod.metadata;
    const app = this.#appOf(pod);
    return deletionTimestamp === undefined && app.temperament !== "job" &&
      labels["pod-template-hash"] !== hash(app.revision);
  }

  #bear(app: App): Pod {
    const suffix = (++this.#born).toString(36).padStart(4, "0");
    return this.#server.create({
      metadata: {
        namespace: app.namespace,
        name: `${app.name}-${hash(app.revision)}-${suffix}`,
        labels: { app: app.name, "pod-template-hash": hash(app.revision) },
      },
      spec: { containers: [{ name: "main", image: `example.com/${app.name}:1.${app.revision}` }] },
    });
  }

  /** Straight to where it runs: the pods that were there before the program came. */
  #settle(pod: Pod): void {
    for (let move = nextMove(pod); move !== undefined; move = nextMove(pod)) {
      pod = this.#server.update(pod.metadata, move);
    }
  }

  #pods(): Pod[] {
    const { store } = this.#server;
    return store.at(store.version).map((stored: Stored) => parseEveryNumber(stored.text) as Pod);
  }

  #appOf(pod: Pod): App {
    const app = this.#apps.find(({ name }) => name === pod.metadata.labels?.app);
    if (app === undefined) throw new Error(`No app of the demo is called ${pod.metadata.labels?.app}`);
    return app;
  }

  #pick<T>(things: readonly T[]): T {
    const thing = things[Math.floor(this.#random() * things.length)];
    if (thing === undefined) throw new Error("There is nothing to choose from");
    return thing;
  }
}

function hash(revision: number): string {
  return (revision * 2654435761 % 2 ** 32).toString(36).slice(0, 6);
}
