import { FAMILIES, metrics, type MetricsParts } from "../../src/app/metrics.ts";
import { Figures } from "../../src/app/figures.ts";
import { FilterFailures } from "../../src/app/filter_failures.ts";
import { Workers } from "../../src/delivery/workers.ts";
import type { Scrape } from "../../src/admin/exposition.ts";
import { TestClock } from "./clock.ts";
import { endpointOf } from "./endpoint.ts";
import { MemoryLog } from "./memory_log.ts";
import { openTestStore } from "./store.ts";
import { deliveryDeps } from "./worker_rig.ts";

/** Names of all families, as they stand in the text format. */
export const METRIC_NAMES: readonly string[] = FAMILIES.map(({ name }) => name);

/** Metrics of a program with so many endpoints and all of its parts, at rest. */
export async function withMetrics(
  endpoints: number,
  test: (scrape: Scrape) => Promise<void>,
): Promise<void> {
  const clock = new TestClock();
  const log = new MemoryLog();
  const kill = new AbortController();
  const store = openTestStore({ clock });
  const workers = new Workers({
    ...deliveryDeps(store.pending, clock, log),
    openClient: () => ({ send: () => new Promise(() => {}), close: () => {} }),
    fail: () => {},
  }, kill.signal);
  for (let number = 0; number < endpoints; number++) {
    workers.open({ ...endpointOf("a"), name: `hooks.example.com-${number}` });
  }
  const parts: MetricsParts = {
    store,
    workers,
    clock,
    figures: new Figures(),
    filterFailures: new FilterFailures({ clock, log }),
    health: { silence: 0, staleAfter: 600_000, problems: () => [] },
    reload: { last: { isSuccessful: true, at: clock.now() } },
    standstill: { late: 0 },
    hasAnnotations: true,
  };
  try {
    await test(metrics(parts));
  } finally {
    kill.abort();
    await workers.finish("drained");
    store.close();
  }
}
