import { TestClock } from "./clock.ts";
import { makeObject, type PodParts } from "./pods.ts";
import { openTestStore } from "./store.ts";
import { Pipeline } from "../../src/pipeline.ts";
import { exactPod } from "../../src/pod/cut.ts";
import type { PodEvent } from "../../src/pod/event.ts";
import type { Pod, Scope } from "../../src/pod/pod.ts";
import type { Endpoint } from "../../src/route/endpoint.ts";
import type { Message } from "../../src/store/store.ts";

export const INTERVAL = 120_000;

/** A pipeline on a store in memory. Pods go to the endpoints that their annotation `to` names, else to `a`. */
export class Rig {
  readonly store = openTestStore();
  readonly clock = new TestClock();
  readonly woken: string[][] = [];
  defaults = ["a"];

  #pipeline(): Pipeline {
    return new Pipeline({
      store: this.store,
      clock: this.clock,
      defaults: this.defaults,
      interval: INTERVAL,
      route: (pod) => ({
        endpoints: (pod.metadata.annotations?.["to"]?.split(",") ?? this.defaults).map(toEndpoint),
        problems: [],
      }),
      open: () => {},
      wake: (endpoints) => this.woken.push([...endpoints]),
      complain: () => {},
    });
  }

  accept(...events: PodEvent[]): void {
    this.#pipeline().accept(events, undefined);
  }

  acceptFrom(scope: Scope, ...events: PodEvent[]): void {
    this.#pipeline().accept(events, scope);
  }

  remind(): void {
    this.#pipeline().remind();
  }

  /** One complete list. */
  list(pods: Pod[], { rewound = false, scope }: { rewound?: boolean; scope?: string } = {}): void {
    this.#pipeline().accept(
      [
        { type: "sync-start", scope, resourceVersion: "1" },
        ...pods.map((pod): PodEvent => ({ type: "applied", object: exactPod(pod) })),
        { type: "sync-end", scope },
      ],
      scope,
      rewound ? "2" : "1",
    );
  }

  see(parts: PodParts): void {
    this.accept({ type: "applied", object: makeObject(parts) });
  }

  delete(parts: PodParts): void {
    this.accept({ type: "deleted", object: makeObject(parts) });
  }

  /** Everything that an endpoint is owed, taken by it, in order. */
  deliver(endpoint = "a"): Message[] {
    const delivered: Message[] = [];
    for (let more = true; more;) {
      const messages = this.store.outbox.take(endpoint, 0, 100);
      for (const message of messages) this.store.outbox.accepted(message);
      delivered.push(...messages);
      more = messages.length > 0;
    }
    return delivered;
  }

  /** The same in short: event, name, version, reasons. */
  told(endpoint = "a"): string[] {
    return this.deliver(endpoint).map(({ event, name, resourceVersion, reasons }) =>
      `${event} ${name} ${resourceVersion} ${reasons.join()}`
    );
  }
}

function toEndpoint(name: string): Endpoint {
  return { name, url: new URL(`https://${name}.example.com/`), trusted: true };
}

export function withRig(name: string, test: (rig: Rig) => void): void {
  Deno.test(name, () => {
    const rig = new Rig();
    try {
      test(rig);
    } finally {
      rig.store.close();
    }
  });
}

/** A rig whose first list is over and told: nothing is owed. */
export function withSynced(name: string, pods: Pod[], test: (rig: Rig) => void): void {
  withRig(name, (rig) => {
    rig.list(pods);
    rig.deliver();
    test(rig);
  });
}
