import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import { json } from "node:stream/consumers";
import { Until } from "./until.ts";

/** A span as a collector has it, its attributes as plain values. Times are milliseconds since the Unix epoch. */
export interface ExportedSpan {
  traceId: string;
  spanId: string;
  name: string;
  kind: number;
  start: number;
  end: number;
  attributes: Record<string, unknown>;
  events: { name: string; attributes: Record<string, unknown> }[];
  /** 2: an error. */
  status: { code?: number; message?: string };
  resource: Record<string, unknown>;
}

/** A collector of traces on loopback, which takes OTLP over HTTP as JSON (opentelemetry-proto, `trace_service.proto`). */
export class Collector implements AsyncDisposable {
  readonly spans: ExportedSpan[] = [];
  /** The headers and the path of each request. */
  readonly requests: { path: string; headers: IncomingMessage["headers"] }[] = [];
  /** What is answered. */
  status = 200;
  readonly #server;
  readonly #origin: string;
  readonly #until = new Until(() =>
    `${this.spans.length} spans: ${this.spans.map(({ name }) => name).join(", ")}`
  );

  /** Resolves when it listens. @param tls makes it speak https, as `localhost` */
  static async start(tls?: ServerOptions): Promise<Collector> {
    const collector = new Collector(tls);
    await new Promise<void>((resolve) => collector.#server.listen(0, "127.0.0.1", resolve));
    return collector;
  }

  private constructor(tls: ServerOptions | undefined) {
    const handle = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#handle(request, response);
    this.#server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
    this.#origin = tls === undefined ? "http://127.0.0.1" : "https://localhost";
  }

  get url(): string {
    const address = this.#server.address();
    return `${this.#origin}:${typeof address === "object" && address !== null ? address.port : 0}`;
  }

  async until(predicate: () => boolean, what?: string): Promise<void> {
    await this.#until.wait(predicate, what);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { resourceSpans } = await json(request) as Traces;
    this.requests.push({ path: request.url ?? "", headers: request.headers });
    if (this.status === 200) this.spans.push(...resourceSpans.flatMap(spansOf));
    response.writeHead(this.status, { "content-type": "application/json" }).end("{}");
    this.#until.look();
  }
}

interface Traces {
  resourceSpans: ResourceSpans[];
}

interface ResourceSpans {
  resource: { attributes: KeyValue[] };
  scopeSpans: { spans: Span[] }[];
}

interface Span {
  traceId: string;
  spanId: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: KeyValue[];
  events: { name: string; attributes: KeyValue[] }[];
  status: { code?: number; message?: string };
}

interface KeyValue {
  key: string;
  value: Value;
}

type Value = Record<string, unknown> & { arrayValue?: { values: Value[] } };

function spansOf({ resource, scopeSpans }: ResourceSpans): ExportedSpan[] {
  return scopeSpans.flatMap(({ spans }) => spans).map((span) => ({
    ...span,
    start: milliseconds(span.startTimeUnixNano),
    end: milliseconds(span.endTimeUnixNano),
    attributes: plain(span.attributes),
    events: span.events.map(({ name, attributes }) => ({ name, attributes: plain(attributes) })),
    resource: plain(resource.attributes),
  }));
}

function milliseconds(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1_000_000n);
}

function plain(attributes: KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));
}

function plainValue(value: Value): unknown {
  return value.arrayValue?.values.map(plainValue) ?? Object.values(value)[0];
}
