import type { Options } from "./cli/options.ts";
import type { Workers } from "./delivery/workers.ts";
import { Pipeline } from "./pipeline.ts";
import type { Pod } from "./pod/pod.ts";
import { parseHostPattern } from "./route/host_pattern.ts";
import { limitDistinct } from "./route/limit.ts";
import { route, type Routing } from "./route/route.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Log } from "./runtime/log.ts";
import type { Store } from "./store/store.ts";

/** How many complaints about annotations are remembered, so that each is made once. */
const COMPLAINTS = 1_000;

/** The data path with the routes that the options describe. */
export function openPipeline(
  options: Options,
  store: Store,
  workers: Workers,
  { clock, log }: { clock: Clock; log: Log },
): Pipeline {
  const routing: Routing = {
    endpoints: options.endpoints,
    podWebhooks: options.podWebhooks.map((host) => parseHostPattern(host)),
  };
  const complaints = new Set<string>();
  return new Pipeline({
    store,
    clock,
    defaults: routing.endpoints.map((endpoint) => endpoint.name),
    interval: options.interval,
    route: (pod: Pod) => {
      const wanted = route(pod, routing);
      if (wanted.endpoints.every((endpoint) => endpoint.trusted)) return wanted;
      return limitDistinct(pod, wanted, routing, workers.strangers);
    },
    open: (endpoint) => workers.open(endpoint),
    wake: (endpoints) => workers.wake(endpoints),
    complain(problem): void {
      if (complaints.has(problem) || complaints.size >= COMPLAINTS) return;
      complaints.add(problem);
      log.warn(problem);
    },
  });
}
