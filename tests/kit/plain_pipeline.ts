import { Pipeline } from "../../src/app/pipeline.ts";
import { Recorder } from "../../src/app/recorder.ts";
import type { Endpoint } from "../../src/route/endpoint.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import type { Store } from "../../src/store/store.ts";

/** A data path whose pods all go to one endpoint, which wants everything. */
export function plainPipeline(
  store: Store,
  clock: Clock,
  endpoint: Endpoint,
  open: (endpoint: Endpoint) => void = () => {},
): Pipeline {
  return new Pipeline({
    store,
    clock,
    recorder: new Recorder({ store, clock, want: () => undefined, filterFailed: () => {} }),
    defaults: [endpoint.name],
    interval: 0,
    route: () => ({ endpoints: [endpoint], excluded: [], problems: [] }),
    workload: () => undefined,
    open,
    complain: () => {},
  });
}
