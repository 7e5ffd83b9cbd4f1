import { createHash } from "node:crypto";
import { type Disk, openMemory } from "../../src/store/database.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import type { Message, Store, StoreOptions } from "../../src/store/store.ts";
import { openTestStore, record, recordEnd, takeAll, type VersionParts } from "./store.ts";

/** Bytes. Some twenty whole bodies of `bulky` fit. */
export const LIMIT = 64 * 1024;

/** A store with a small limit, and pods whose bodies do not deflate. */
export class EvictionRig {
  readonly evicted: [string, number][] = [];
  readonly clock = new StepClock();
  readonly store: Store;

  constructor(options: Partial<StoreOptions>, disk?: Disk) {
    const given = {
      stateMax: LIMIT,
      clock: this.clock,
      onEvicted: (endpoint: string, messages: number) => void this.evicted.push([endpoint, messages]),
      ...options,
    };
    this.store = openTestStore(given, disk);
  }

  /** A version of some pods is pending, each in a commit of its own. */
  see(names: string[], to = ["a"], parts: VersionParts = {}): void {
    for (const name of names) {
      record(this.store, to, { ...parts, name, text: bulky(name, parts.resourceVersion) });
      this.store.commit();
    }
    this.settle();
  }

  end(names: string[], to = ["a"], reasons: VersionParts["reasons"] = ["deleted"]): void {
    for (const name of names) {
      recordEnd(this.store, to, { name, reasons, text: bulky(name) });
      this.store.commit();
    }
    this.settle();
  }

  /** Does the slices that a commit leaves to later ones. */
  settle(): void {
    for (let turn = 0; turn < 20; turn++) this.store.commit();
  }

  /** What could be sent to an endpoint: each name, and how much of its body is there. */
  pending(endpoint = "a"): Record<string, Message["completeness"]> {
    const messages = takeAll(this.store, endpoint);
    for (const message of messages) this.store.pending.release(message);
    return Object.fromEntries(messages.map(({ name, completeness }) => [name, completeness]));
  }

  count(endpoint: string, completeness: Message["completeness"]): number {
    return Object.values(this.pending(endpoint)).filter((one) => one === completeness).length;
  }
}

/** A clock whose timers run at once when it is moved. */
class StepClock implements Clock {
  #now = Date.parse("2026-01-01T00:00:00Z");
  #timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.#now + milliseconds, run };
    this.#timers.push(timer);
    return () => this.#timers = this.#timers.filter((one) => one !== timer);
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { run } of due) run();
  }
}

/** Some 3 KB that cannot be deflated further. */
export function bulky(name: string, version = "1"): string {
  const parts = Array.from(
    { length: 45 },
    (_, part) => createHash("sha512").update(`${name} ${version} ${part}`),
  );
  const noise = parts.map((hash) => hash.digest("base64")).join("");
  const metadata = {
    uid: `uid-${name}`,
    namespace: "shop",
    name,
    resourceVersion: version,
    annotations: { noise },
  };
  return JSON.stringify({ pod: { metadata, status: { phase: "Running" } } });
}

export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${prefix}-${number}`);
}

export function withEviction(
  name: string,
  test: (rig: EvictionRig) => void,
  options: Partial<StoreOptions> = {},
  inMemory = false,
): void {
  Deno.test(name, () => {
    const rig = new EvictionRig(options, inMemory ? openMemory() : undefined);
    try {
      test(rig);
    } finally {
      rig.store.close();
    }
  });
}
