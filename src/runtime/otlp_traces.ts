import type { Attributes, Tracer } from "@opentelemetry/api";
import { ExportResultCode, setGlobalErrorHandler } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-base";

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

/** What a tracer is opened with. */
export interface TracesOptions {
  /** The program's name and version. */
  name: string;
  version: string;
  /** What `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` do not say. */
  attributes: Attributes;
  tls: CollectorTls;
  /** The URL of the proxy on the way to the collector. */
  proxy?: string;
  /** An export came to its end. `lost`: spans that the collector did not get, and why; undefined: it got them. */
  onExport: (lost: { spans: number; error: unknown } | undefined) => void;
}

/** Opens one. Nothing is sent before a span has ended. */
export function openTraces({ name, version, attributes, tls, proxy, onExport }: TracesOptions): Traces {
  // What is not an export's is its own affair; by default, it would write to the console.
  setGlobalErrorHandler(() => {});
  const proxyEnv = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  // Takes the place of the agent that the exporter makes by the variables of TLS.
  const httpAgentOptions = { keepAlive: true, ...tls, ...proxy !== undefined && { proxyEnv } };
  const given = detectResources({ detectors: [envDetector] });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes(attributes).merge(given),
    spanProcessors: [new BatchSpanProcessor(observed(new OTLPTraceExporter({ httpAgentOptions }), onExport))],
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

/** The same exporter, whose failures are reported in one place. */
function observed(exporter: SpanExporter, onExport: TracesOptions["onExport"]): SpanExporter {
  return {
    export(spans, done): void {
      exporter.export(spans, ({ code, error }) => {
        onExport(code === ExportResultCode.SUCCESS ? undefined : { spans: spans.length, error });
        done({ code: ExportResultCode.SUCCESS });
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
