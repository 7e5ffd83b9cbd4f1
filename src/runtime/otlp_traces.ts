import { type Attributes, diag, TraceFlags, type Tracer } from "@opentelemetry/api";
import { type ExportResult, ExportResultCode, setGlobalErrorHandler } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-base";

/*
 * OpenTelemetry's SDK with its exporter by OTLP over HTTP, as JSON. It is a few hundred modules: loaded only where something
 * is traced. What the SDK reads of the environment by itself (collector, headers, sampler, queue) it reads here.
 */

/** A tracer, and the way to its end. */
export interface Traces {
  tracer: Tracer;
  /** Exports what is left, within so many milliseconds. */
  close: (within: number) => Promise<void>;
}

/** In PEM, for a collector that speaks TLS. */
export interface CollectorTls {
  /** Authorities that are trusted in place of the usual ones. */
  ca?: string;
  /** Shown to a collector that asks for one. */
  cert?: string;
  key?: string;
}

/** How spans are exported. Durations are in milliseconds. */
export interface Batching {
  /** So many spans wait at the most, of which so many are exported at once; at least one of each. */
  maxQueueSize: number;
  maxExportBatchSize: number;
  /** Between two exports, unless a batch is full. */
  scheduledDelayMillis: number;
  /** Until the next batch no longer waits for the one before. */
  exportTimeoutMillis: number;
  /** Until an export is given up. */
  timeoutMillis: number;
}

/** What a tracer is opened with. */
export interface TracesOptions {
  /** The program's name and version. */
  name: string;
  version: string;
  /** What `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` do not say. */
  attributes: Attributes;
  tls: CollectorTls;
  batching: Batching;
  /** The URL of the proxy on the way to the collector. */
  proxy?: string;
  /**
   * An export came to its end. `lost`: spans that the collector did not get, and why; undefined: it got them, and no other
   * was dropped since the last one. Without an error, more spans ended than it took in time.
   */
  onExport: (lost: { spans: number; error?: unknown } | undefined) => void;
}

/** Opens one. Nothing is sent before a span has ended. */
export function openTraces(options: TracesOptions): Traces {
  const { name, version, attributes, tls, batching: { timeoutMillis, ...batching }, proxy, onExport } =
    options;
  // What is not an export's is its own affair; by default, it would write to the console.
  setGlobalErrorHandler(() => {});
  const proxyEnv = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  // Takes the place of the agent that the exporter makes by the variables of TLS.
  const httpAgentOptions = { keepAlive: true, ...tls, ...proxy !== undefined && { proxyEnv } };
  const given = detectResources({ detectors: [envDetector] });
  const queue = new Queue(new OTLPTraceExporter({ httpAgentOptions, timeoutMillis }), batching, onExport);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes(attributes).merge(given),
    spanProcessors: [queue],
  });
  return {
    tracer: provider.getTracer(name, version),
    async close(within): Promise<void> {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, within);
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

/** The SDK's queue, with what becomes of its spans reported in one place: it drops them in silence when it is full. */
class Queue extends BatchSpanProcessor {
  readonly #most: number;
  readonly #counts: Counts;

  constructor(
    exporter: SpanExporter,
    batching: Omit<Batching, "timeoutMillis">,
    onExport: TracesOptions["onExport"],
  ) {
    const counts = { waiting: 0, dropped: 0, rejected: 0 };
    countRejected(counts);
    super(observed(ending(exporter, batching.exportTimeoutMillis), counts, onExport), batching);
    this.#most = batching.maxQueueSize;
    this.#counts = counts;
  }

  override onEnd(span: ReadableSpan): void {
    const isSampled = (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
    if (isSampled) this.#counts[this.#counts.waiting < this.#most ? "waiting" : "dropped"]++;
    super.onEnd(span);
  }
}

/** Of the spans that ended and were not exported yet. */
interface Counts {
  waiting: number;
  dropped: number;
  /** Of those that were exported just now, those that the collector did not take. */
  rejected: number;
}

/** An answer that is partly a refusal counts as a success to the exporter, which only says so, before it reports it. */
function countRejected(counts: Counts): void {
  const ignore = (): void => {};
  diag.setLogger({
    error: ignore,
    info: ignore,
    debug: ignore,
    verbose: ignore,
    warn(text, answer): void {
      if (!/partial success/i.test(text)) return;
      const [, spans = "0"] = /"rejectedSpans":"?(\d+)/.exec(String(answer)) ?? [];
      counts.rejected += Number(spans);
    },
  }, { suppressOverrideMessage: true });
}

/** The same exporter, each of whose exports has an end: its own timeout only waits for the next byte of an answer. */
function ending(exporter: SpanExporter, within: number): SpanExporter {
  return {
    export(spans, done): void {
      const { promise, resolve } = Promise.withResolvers<ExportResult>();
      const late = { code: ExportResultCode.FAILED, error: new Error("timed out") };
      const timer = setTimeout(resolve, within, late);
      void promise.then((result) => {
        clearTimeout(timer);
        done(result);
      });
      exporter.export(spans, resolve);
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}

function observed(exporter: SpanExporter, counts: Counts, onExport: TracesOptions["onExport"]): SpanExporter {
  return {
    export(spans, done): void {
      counts.waiting -= spans.length;
      exporter.export(spans, ({ code, error }) => {
        const failure = code !== ExportResultCode.SUCCESS
          ? { error }
          : counts.rejected > 0
          ? { error: new Error("partial success") }
          : {};
        const lost = code === ExportResultCode.SUCCESS ? counts.rejected : spans.length;
        const all = counts.dropped + lost;
        counts.dropped = counts.rejected = 0;
        onExport(all === 0 ? undefined : { spans: all, ...failure });
        done({ code: ExportResultCode.SUCCESS });
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
