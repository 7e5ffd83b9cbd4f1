import type { DatabaseSync } from "node:sqlite";
import { Bodies } from "./bodies.ts";
import { Bounds, type Sacrifice } from "./bounds.ts";
import { isInMemory } from "./database.ts";
import { isDiskFault, Refuge } from "./refuge.ts";
import { SqliteEndpoints } from "./sqlite_endpoints.ts";
import { SqliteInventory } from "./sqlite_inventory.ts";
import { SqliteLog } from "./sqlite_log.ts";
import { SqliteOutbox } from "./sqlite_outbox.ts";
import type { Store } from "./store.ts";

/** How a store is kept, and who hears of what cannot be kept. */
export interface StoreOptions {
  /** Bytes of texts, deflated, on the disk (`--state-max`). */
  limit: number;
  /** The same in memory, where no file could be made or the disk cannot be written (`--buffer`). */
  refugeLimit: number;
  /** The wall clock. */
  now: () => number;
  /** Messages had to be given up. */
  onSacrifice: (sacrifice: Sacrifice) => void;
  /** The disk cannot be written, for this reason; undefined: it can again. */
  onDiskFault: (fault: string | undefined, kept: number) => void;
}

/** Deletions are remembered so long, in milliseconds: longer than any list runs that may still hold the pod. */
const GONE_FOR = 3_600_000;

/** Free pages that are given back at once: 4 MiB take no noticeable time. */
const PAGES_AT_ONCE = 1_000;

/** No limit, and nobody who listens. */
const DEFAULTS: StoreOptions = {
  limit: Infinity,
  refugeLimit: Infinity,
  now: () => 0,
  onSacrifice: () => {},
  onDiskFault: () => {},
};

/** A store on an open database, which it closes. */
export function openStore(database: DatabaseSync, given: Partial<StoreOptions> = {}): Store {
  const options = { ...DEFAULTS, ...given };
  const bodies = new Bodies(database);
  const inventory = new SqliteInventory(database, bodies);
  const endpoints = new SqliteEndpoints(database);
  const outbox = new SqliteOutbox(database, bodies, endpoints);
  const log = new SqliteLog(database);
  const isTaken = (seq: number): boolean => outbox.isTaken(seq);
  const openBounds = (on: DatabaseSync, limit: number): Bounds =>
    new Bounds(on, bodies, limit, isTaken, options.now);
  let current = database;
  let bounds = openBounds(database, isInMemory(database) ? options.refugeLimit : options.limit);
  const refuge = new Refuge(database, options, (next, inMemory) => {
    current = next;
    for (const part of [bodies, inventory, endpoints, outbox, log]) part.moveTo(next);
    bounds = openBounds(next, inMemory ? options.refugeLimit : options.limit);
  });

  function attempt<T>(work: () => T): { result: T; sacrifices: Sacrifice[] } {
    current.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      const sacrifices = bounds.relieve();
      for (const { endpoint, messages } of sacrifices) outbox.gaveUp(endpoint, messages);
      current.exec("COMMIT");
      return { result, sacrifices };
    } catch (error) {
      // After some faults of the disk SQLite has rolled back by itself.
      if (current.isTransaction) current.exec("ROLLBACK");
      for (const part of [bodies, inventory, endpoints, outbox, bounds]) part.reload();
      throw error;
    }
  }

  const store: Store = {
    inventory,
    outbox,
    log,
    endpoints: {
      names: () => endpoints.names(),
      lost: (name) => endpoints.lost(name),
      toldLost: (name, messages) => endpoints.toldLost(name, messages),
      forget(name): number {
        const messages = outbox.drop(name);
        endpoints.remove(name);
        return messages;
      },
    },
    transaction<T>(work: () => T): T {
      refuge.leaveIfPossible();
      let done: { result: T; sacrifices: Sacrifice[] };
      try {
        done = attempt(work);
      } catch (error) {
        if (!isDiskFault(error) || refuge.inUse) throw error;
        refuge.take(error);
        done = attempt(work);
      }
      for (const sacrifice of done.sacrifices) options.onSacrifice(sacrifice);
      return done.result;
    },
    tidy(): void {
      store.transaction(() => inventory.prune(options.now() - GONE_FOR));
      try {
        // Each step frees one page, and `exec` takes only the first.
        current.prepare(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`).all();
      } catch (error) {
        // To give room back takes some, in the write-ahead log. Another minute will do.
        if (!isDiskFault(error)) throw error;
      }
    },
    get degraded(): boolean {
      return refuge.inUse;
    },
    close(): void {
      refuge.leaveIfPossible(true);
      refuge.close();
      database.close();
    },
  };
  return store;
}
