import type { WorkersDeps } from "../../src/delivery/workers.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import type { Log } from "../../src/runtime/log.ts";
import type { Store } from "../../src/store/store.ts";

/** Milliseconds that an attempt may take. */
export const TIMEOUT = 15_000;

/** What deliveries from a store need, but for the way to their endpoints: nothing is signed, read anew or random. */
export function deliveryDeps(store: Store, clock: Clock, log: Log): Omit<WorkersDeps, "openClient" | "fail"> {
  return {
    outbox: store.outbox,
    endpoints: store.endpoints,
    deliveries: store.log,
    transaction: store.transaction,
    budget: { limit: 64 * 1024 * 1024, used: 0 },
    reread: () => Promise.resolve(false),
    onRequest: () => false,
    tellInventory: () => {},
    rendering: { version: "1" },
    secrets: () => [],
    random: () => 0,
    clock,
    log,
    timeout: TIMEOUT,
    concurrency: 16,
  };
}
