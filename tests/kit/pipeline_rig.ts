import { endpointOf } from "./endpoint.ts";
import { Pipeline } from "../../src/app/pipeline.ts";
import { Recorder } from "../../src/app/recorder.ts";
import type { Suspicion } from "../../src/change/contradiction.ts";
import { textOf } from "../../src/pod/anything.ts";
import { plainPodIn } from "../../src/pod/json.ts";
import type { PodEvent } from "../../src/pod/event.ts";
import type { Pod, Scope } from "../../src/pod/pod.ts";
import { compareVersions } from "../../src/pod/version.ts";
import type { Want } from "../../src/route/want.ts";
import type { Message } from "../../src/store/store.ts";
import { TestClock } from "./clock.ts";
import { makeObject, objectOf, type PodParts } from "./pods.ts";
import { testsWith, type TestWith } from "./rig.ts";
import { drain, openTestStore } from "./store.ts";

export const INTERVAL = 120_000;

/** A pipeline on a store. Pods go to the endpoints that their annotation `to` names, else to the default ones. */
export class Rig {
  readonly clock = new TestClock();
  /** The endpoints that became ready, a batch each. */
  readonly ready: string[][] = [];
  readonly store = openTestStore({
    clock: this.clock,
    onReady: (endpoints) => void this.ready.push([...endpoints]),
  });
  /** A test may add to them. */
  readonly defaults = ["a"];
  /** What endpoints want that do not want everything; a test may change it. */
  readonly wants = new Map<string, Want>();
  /** Why filters could not tell. */
  readonly failures: string[] = [];
  readonly recorder = new Recorder({
    store: this.store,
    clock: this.clock,
    want: (endpoint) => this.wants.get(endpoint),
    cluster: "east",
    filterFailed: (endpoint, why) => void this.failures.push(`${endpoint}: ${why}`),
  });
  readonly pipeline = new Pipeline({
    store: this.store,
    clock: this.clock,
    recorder: this.recorder,
    defaults: this.defaults,
    interval: INTERVAL,
    workload: () => undefined,
    route: (pod) => {
      const names = textOf(pod.metadata.annotations?.["to"])?.split(",") ?? this.defaults;
      const isSelected = (name: string): boolean => this.wants.get(name)?.selects(pod) ?? true;
      return {
        endpoints: names.filter(isSelected).map((name) => endpointOf(name)),
        excluded: names.filter((name) => !isSelected(name)),
        problems: [],
      };
    },
    open: () => {},
    complain: () => {},
  });

  accept(...events: PodEvent[]): Suspicion | undefined {
    return this.pipeline.accept(events, undefined);
  }

  acceptFrom(scope: Scope, ...events: PodEvent[]): Suspicion | undefined {
    return this.pipeline.accept(events, scope);
  }

  /** A list begins. By default it shows the cluster as it was seen up to now. */
  begin(
    { scope, at = this.store.inventory.reached(scope) ?? "1" }: { scope?: string; at?: string } = {},
  ): void {
    this.acceptFrom(scope, { type: "sync-start", scope, resourceVersion: at });
  }

  /** One complete list. By default it is as new as the newest of its pods, and as what was seen up to now. */
  list(
    pods: Pod[],
    { scope, at, isRefuted }: { scope?: string; at?: string; isRefuted?: (sign: Suspicion) => boolean } = {},
  ): Suspicion | undefined {
    const seen = [
      this.store.inventory.reached(scope) ?? "1",
      ...pods.map(({ metadata }) => metadata.resourceVersion),
    ];
    const resourceVersion = at ?? seen.reduce((one, other) => compareVersions(one, other) > 0 ? one : other);
    return this.pipeline.accept(
      [
        { type: "sync-start", scope, resourceVersion },
        ...pods.map((pod): PodEvent => ({ type: "applied", object: objectOf(pod) })),
        { type: "sync-end", scope },
      ],
      scope,
      isRefuted,
    );
  }

  see(parts: PodParts): Suspicion | undefined {
    return this.accept({ type: "applied", object: makeObject(parts) });
  }

  delete(parts: PodParts): void {
    this.accept({ type: "deleted", object: makeObject(parts) });
  }

  /** A single read. */
  read(parts: PodParts): void {
    this.pipeline.acceptRead(makeObject(parts));
  }

  unselect(parts: PodParts): void {
    this.accept({ type: "unselected", object: makeObject(parts) });
  }

  /** Delivers all that is pending for an endpoint, in the order in which it is sent. */
  deliver(endpoint = "a"): Message[] {
    return drain(this.store, endpoint, this.clock.monotonic());
  }

  /** The same in short: event, name, version, reasons. */
  sent(endpoint = "a"): string[] {
    return this.deliver(endpoint).map(({ event, name, resourceVersion, reasons }) =>
      `${event} ${name} ${resourceVersion} ${reasons.join()}`
    );
  }

  end(): void {
    this.store.close();
  }
}

/** The pod that a message carries. */
export function podIn({ body }: Message): Pod {
  return plainPodIn(body);
}

export const withRig: TestWith<Rig> = testsWith(() => new Rig());

/** A rig whose first list is over and delivered: nothing is pending. */
export function withSynced(name: string, pods: Pod[], test: (rig: Rig) => void | Promise<void>): void {
  withRig(name, (rig) => {
    rig.list(pods);
    rig.deliver();
    return test(rig);
  });
}
