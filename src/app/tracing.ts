import type { Options } from "../cli/options.ts";
import { VERSION } from "../cli/version.ts";
import type { DeliverySpans } from "../delivery/delivery_spans.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { urlOf } from "../runtime/proxy.ts";
import { capitalized, counted } from "../runtime/wording.ts";
import { type Collector, collectorOf, whyNotExported } from "./collector.ts";
import { batchingOf, ignoredOf } from "./trace_variables.ts";
import type { World } from "./world.ts";

/*
 * Traces, where a variable of OpenTelemetry names a collector. Without one, nothing of it is loaded.
 */

/** Spans of deliveries, and their end. */
export interface Tracing {
  spans: DeliverySpans;
  /** Ends the spans that are open and exports what is left, within so many milliseconds, and five seconds at the most. */
  close: (within: number) => Promise<void>;
}

/** Longer than that nobody waits for a collector, however much time there is. */
const MOST = 5_000;

/** Milliseconds between two lines about a collector that cannot be reached. */
const SAID_EVERY = 60_000;

/** Undefined: nothing is traced. */
export async function openTracing(
  { cluster, environment }: Pick<Options, "cluster" | "environment">,
  { env, clock, log }: Pick<World, "env" | "clock" | "log">,
): Promise<Tracing | undefined> {
  const collector = collectorOf(env);
  if (collector === undefined) return undefined;
  if ("problem" in collector) {
    log.warn(`${capitalized(collector.problem)}. Nothing is traced.`);
    return undefined;
  }
  const { batching, faults } = batchingOf(env);
  for (const fault of [...faults, ...ignoredOf(env)]) log.warn(fault);
  const { openTraces } = await import("../runtime/otlp_traces.ts");
  const { DeliverySpans } = await import("../delivery/delivery_spans.ts");
  const podName = env("POD_NAME");
  const namespace = env("POD_NAMESPACE");
  const traces = openTraces({
    name: "k8svent",
    version: VERSION,
    attributes: {
      "service.name": "k8svent",
      "service.version": VERSION,
      ...cluster !== undefined && { "k8s.cluster.name": cluster },
      ...environment !== undefined && { "deployment.environment.name": environment },
      ...podName && { "k8s.pod.name": podName },
      ...namespace && { "k8s.namespace.name": namespace },
    },
    tls: collector.tls,
    batching,
    ...collector.proxy !== undefined && { proxy: urlOf(collector.proxy) },
    onExport: failuresSaid(collector, clock, log),
  });
  const { url: { origin }, proxy } = collector;
  const way = proxy === undefined ? "" : `, by the proxy ${proxy.label} of ${proxy.from}`;
  log.info(`Traces are exported to ${origin}${way}.`);
  const spans = new DeliverySpans(traces.tracer, clock);
  return {
    spans,
    close: (within) => {
      spans.close();
      return traces.close(Math.min(within, MOST));
    },
  };
}

const TOO_MANY =
  "Not all traces are exported: more spans end than the collector takes in time: trace fewer (OTEL_TRACES_SAMPLER), or let more of them wait " +
  "(OTEL_BSP_MAX_QUEUE_SIZE)";

/** Says that spans were lost, once a minute at the most. */
function failuresSaid(
  collector: Collector,
  clock: Clock,
  log: Log,
): (lost: { spans: number; error?: unknown } | undefined) => void {
  let saidAt = -Infinity;
  let spans = 0;
  return (lost) => {
    if (lost === undefined) return;
    spans += lost.spans;
    if (clock.monotonic() - saidAt < SAID_EVERY) return;
    saidAt = clock.monotonic();
    const why = "error" in lost
      ? `Traces are not exported: ${whyNotExported(lost.error, collector)}`
      : TOO_MANY;
    log.warn(
      `${why}. ` +
        `${counted(spans, "span is", "spans are")} lost; deliveries go on.`,
    );
    spans = 0;
  };
}
