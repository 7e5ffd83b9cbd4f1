import type { Options } from "../cli/options.ts";
import { VERSION } from "../cli/version.ts";
import type { DeliverySpans } from "../delivery/delivery_spans.ts";
import type { Clock } from "../runtime/clock.ts";
import { wordsOf } from "../runtime/error_words.ts";
import type { Log } from "../runtime/log.ts";
import { counted } from "../runtime/wording.ts";
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
  const collector = collectorOf(env, log);
  if (collector === undefined) return undefined;
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
    onExport: failuresSaid(collector, clock, log),
  });
  log.info(`Traces are exported to ${collector}.`);
  const spans = new DeliverySpans(traces.tracer, clock);
  return {
    spans,
    close: (within) => {
      spans.close();
      return traces.close(Math.min(within, MOST));
    },
  };
}

/** The collector's scheme, host and port, where there is one and it can be spoken to. */
function collectorOf(env: World["env"], log: Log): string | undefined {
  const exporter = env("OTEL_TRACES_EXPORTER")?.trim() || "otlp";
  if (env("OTEL_SDK_DISABLED")?.trim().toLowerCase() === "true" || exporter !== "otlp") return undefined;
  const [name, text] = first(env, ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"]);
  if (name === undefined) return undefined;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    log.warn(`${name} is not the URL of a collector, such as http://collector:4318: nothing is traced.`);
    return undefined;
  }
  const [protocol, spoken] = first(env, [
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
  ]);
  if (protocol !== undefined && !spoken.startsWith("http/")) {
    log.warn(
      `${protocol} asks for another protocol than OTLP over HTTP, which is all that is spoken here: name that ` +
        "port of the collector, most often 4318, and set it to http/json. Nothing is traced.",
    );
    return undefined;
  }
  return url.origin;
}

function first(env: World["env"], names: string[]): [name: string | undefined, value: string] {
  for (const name of names) {
    const value = env(name)?.trim();
    if (value) return [name, value];
  }
  return [undefined, ""];
}

/** Says that spans were lost, once a minute at the most. */
function failuresSaid(
  collector: string,
  clock: Clock,
  log: Log,
): (lost: { spans: number; error: unknown } | undefined) => void {
  let saidAt = -Infinity;
  let spans = 0;
  return (lost) => {
    if (lost === undefined) return;
    spans += lost.spans;
    if (clock.monotonic() - saidAt < SAID_EVERY) return;
    saidAt = clock.monotonic();
    log.warn(
      `The collector of traces at ${collector} takes nothing: ${whyOf(lost.error)}. ` +
        `${counted(spans, "span is", "spans are")} lost; deliveries go on.`,
    );
    spans = 0;
  };
}

/** In words of our own: what the exporter says may hold the URL, or what the collector answered. */
function whyOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "number") {
    const hint = error.code === 404 ? ", so it may be another server" : "";
    return `it answered ${error.code}${hint}`;
  }
  const words = wordsOf(error);
  if (/ECONNREFUSED|refused/i.test(words)) return "nothing listens there";
  if (/ENOTFOUND|EAI_AGAIN|resolve|lookup/i.test(words)) return "its name cannot be resolved";
  if (/timed? ?out|ETIMEDOUT/i.test(words)) return "it does not answer in time";
  if (/certificate|TLS|SSL/i.test(words)) return "its certificate is not trusted";
  if (/retryable/i.test(words)) return "it asks to come back later";
  return "the connection to it fails";
}
