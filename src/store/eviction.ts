import type { Bodies } from "./bodies.ts";
import type { Clock } from "../runtime/clock.ts";
import type { KnownPods } from "./inventory.ts";
import type { Journal } from "./journal.ts";
import type { PendingLines } from "./pending.ts";
import type { Versions } from "./versions.ts";

export interface EvictionDeps {
  bodies: Bodies;
  versions: Versions;
  pending: PendingLines;
  inventory: KnownPods;
  journal: Journal;
  clock: Clock;
  buffer: number;
  disk: number;
  onEvicted: (endpoint: string, messages: number) => void;
}

export class Eviction {
  readonly #deps: EvictionDeps;
  constructor(deps: EvictionDeps) {
    this.#deps = deps;
  }
  /** Returns whether there is more to do. */
  makeRoom(_isDirtyInMemory: boolean): boolean {
    void this.#deps;
    return false;
  }
  report(): void {}
}
