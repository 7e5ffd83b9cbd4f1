import { Workers, type WorkersDeps } from "../../src/delivery/workers.ts";
import type { Redaction } from "../../src/pod/redaction.ts";
import type { Endpoint } from "../../src/route/endpoint.ts";
import { TestClock } from "./clock.ts";
import { endpointOf } from "./endpoint.ts";
import { MemoryLog } from "./memory_log.ts";
import { testsWith, type TestWith } from "./rig.ts";
import { ScriptedReceiver } from "./scripted_receiver.ts";
import { openTestStore, record } from "./store.ts";
import { deliveryDeps } from "./worker_rig.ts";

/** Workers whose endpoints share one scripted receiver; the requests tell them apart by their URL. */
export class Rig {
  readonly clock = new TestClock();
  readonly store = openTestStore({ clock: this.clock, onReady: (endpoints) => this.workers.wake(endpoints) });
  readonly receiver = new ScriptedReceiver(this.clock);
  readonly kill = new AbortController();
  readonly faults: unknown[] = [];
  readonly opened: Endpoint[] = [];
  readonly redactions = new Map<string, Redaction>();
  readonly log = new MemoryLog();
  closed = 0;
  readonly deps: WorkersDeps = {
    ...deliveryDeps(this.store.pending, this.clock, this.log),
    openClient: (endpoint) => {
      this.opened.push(endpoint);
      return { send: this.receiver.send, close: () => this.closed++ };
    },
    secrets: () => ["a-secret-of-24-characters"],
    redactionOf: ({ name }) => this.redactions.get(name),
    fail: (error) => this.faults.push(error),
  };
  readonly workers: Workers = new Workers(this.deps, this.kill.signal);

  add(endpoints: string[], name = "web-0"): void {
    record(this.store, endpoints, { name });
    this.store.commit();
  }

  /** Hosts that requests went to, without their domain; forgets them. */
  hosts(): (string | undefined)[] {
    return this.receiver.seen.splice(0).map(({ url }) => url.host.split(".")[0]);
  }

  async end(): Promise<void> {
    this.kill.abort();
    await this.workers.finish("drained");
    this.store.close();
  }
}

/** The endpoint of an annotation. */
export function strangerOf(name: string): Endpoint {
  return { ...endpointOf(name), trusted: false };
}

export const withRig: TestWith<Rig> = testsWith(() => new Rig());
