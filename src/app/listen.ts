import { probeRoutes, type Routes, serviceOf } from "../admin/answer.ts";
import { listen, type Listening } from "../admin/listen.ts";
import type { Options } from "../cli/options.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Health } from "../admin/health.ts";
import type { Liveness } from "../admin/liveness.ts";
import { metrics, type MetricsParts } from "./metrics.ts";
import type { Reload } from "./reload.ts";

/** What is answered from. */
export interface ListenParts extends Omit<MetricsParts, "clock" | "hasAnnotations"> {
  health: Health;
  liveness: Liveness;
  reload: Reload | undefined;
}

/** Answers probes and scrapes where that is asked for. @throws {ListenError} */
export function listenForProbes(
  { listen: address, once, podWebhooks }: Options,
  parts: ListenParts,
  { clock, log }: { clock: Clock; log: Log },
): Listening | undefined {
  if (address === undefined || once) return undefined;
  const { health, liveness, reload } = parts;
  const scrape = metrics({ ...parts, clock, hasAnnotations: podWebhooks.length > 0 });
  const routes: Routes = {
    ...probeRoutes({
      stalls: () => liveness.problems(),
      problems: () => health.problems(),
      notes: () => [...health.notes(), ...reload?.notes ?? []],
    }),
    "/metrics": ({ fields }) => scrape(fields?.get("accept") ?? ""),
  };
  const listening = listen(address, serviceOf(routes), clock);
  log.info(`Probes and metrics are answered on port ${listening.port}: /livez, /readyz and /metrics.`);
  return listening;
}
