import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { type Collector, collectorOf, whyNotExported } from "../../src/app/collector.ts";
import { batchingOf } from "../../src/app/trace_variables.ts";
import { openTraces } from "../../src/runtime/otlp_traces.ts";
import { urlOf } from "../../src/runtime/proxy.ts";
import { issueCertificate } from "../kit/certificates.ts";
import { Collector as TestCollector } from "../kit/collector.ts";
import { testInOwnProcess } from "../kit/own_process.ts";
import { freePort } from "../kit/port.ts";
import { Receiver } from "../kit/receiver.ts";

/* Why the real exporter gets nothing to a collector, in the words of the program. */

/** A server that does this with each connection. */
async function serving(handle: (socket: Socket) => void): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    [Symbol.asyncDispose](): Promise<void> {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** What is said of the export of one span by these variables. */
async function whyBy(variables: Record<string, string>): Promise<string> {
  const env = { OTEL_EXPORTER_OTLP_TIMEOUT: "400", ...variables };
  const collector = collectorOf((name) => (env as Record<string, string>)[name]) as Collector;
  const { tls, proxy } = collector;
  for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
  try {
    const failed = Promise.withResolvers<unknown>();
    const traces = openTraces({
      name: "test",
      version: "1",
      attributes: {},
      tls,
      batching: batchingOf((name) => (env as Record<string, string>)[name]).batching,
      ...proxy !== undefined && { proxy: urlOf(proxy) },
      onExport: (lost) => failed.resolve(lost?.error),
    });
    traces.tracer.startSpan("one").end();
    await traces.close(3_000);
    return whyNotExported(await failed.promise, collector);
  } finally {
    for (const name of Object.keys(env)) Deno.env.delete(name);
  }
}

/** The exporter reads the variables of the process. */
const test = testInOwnProcess(import.meta.url);

const at = (url: string): Record<string, string> => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url });

const authority = issueCertificate("an authority");

test("of each fault of TLS with a collector the sentence is its own", async () => {
  const by = (options: Parameters<typeof issueCertificate>[1]): { cert: string; key: string } =>
    issueCertificate("localhost", { issuer: authority, hosts: ["localhost"], ...options });
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, authority.cert);
  const trusted = { OTEL_EXPORTER_OTLP_CERTIFICATE: file };
  const expected: [Receiver, Record<string, string>, RegExp][] = [
    [
      await Receiver.start({ tls: by({}) }),
      {},
      /^the certificate of localhost:\d+ is not trusted: let OTEL_EXPORTER_OTLP_CERTIFICATE name/,
    ],
    [
      await Receiver.start({ tls: by({ hosts: ["other.test"] }) }),
      trusted,
      /^the certificate of localhost:\d+ is for another name/,
    ],
    [
      await Receiver.start({ tls: by({ expired: true }) }),
      trusted,
      /name a PEM file of the authority that issued it, and check that it has not expired$/,
    ],
    [
      await Receiver.start(),
      trusted,
      /^what answers at 127\.0\.0\.1:\d+ does not speak TLS\. .*where plain http is meant, write http:\/\//,
    ],
  ];
  for (const [receiver, variables, sentence] of expected) {
    assert.match(await whyBy({ ...at(receiver.url.replace("http:", "https:")), ...variables }), sentence);
    await receiver[Symbol.asyncDispose]();
  }
  await Deno.remove(file);
});

test("of each fault before TLS the sentence is its own", async () => {
  await using shut = await serving((socket) => socket.destroy());
  await using silent = await serving(() => {});
  const refused = freePort();
  for (
    const [url, sentence] of [
      [
        "http://collector.invalid:4318",
        /^the name of collector\.invalid:4318 does not resolve\. Check its spelling and the DNS/,
      ],
      [
        `http://127.0.0.1:${refused}`,
        new RegExp(`^127\\.0\\.0\\.1:${refused} refused the connection\\. Check that it runs`),
      ],
      [`http://127.0.0.1:${shut.port}`, /^127\.0\.0\.1:\d+ closed the connection without an answer$/],
      [
        `https://127.0.0.1:${shut.port}`,
        /^127\.0\.0\.1:\d+ closed the connection before it was of use\. Check that its port speaks https$/,
      ],
      [`http://127.0.0.1:${silent.port}`, /^127\.0\.0\.1:\d+ does not answer in time$/],
    ] as const
  ) {
    assert.match(await whyBy(at(url)), sentence);
  }
});

test("a status is said, and one that asks to wait", async () => {
  for (
    const [status, sentence] of [
      [404, /^127\.0\.0\.1:\d+ answered 404, so it may be another server$/],
      [401, /^127\.0\.0\.1:\d+ answered 401$/],
      [503, /^127\.0\.0\.1:\d+ is overloaded, or not ready$/],
    ] as const
  ) {
    await using receiver = await Receiver.start({ reply: () => ({ status }) });
    assert.match(await whyBy(at(receiver.url)), sentence);
  }
});

test("what is the proxy's fault is the proxy's, and names the variable", async () => {
  await using forbids = await serving((socket) =>
    socket.once("data", () => socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"))
  );
  await using asks = await serving((socket) =>
    socket.once("data", () => socket.end("HTTP/1.1 407 Authenticate\r\ncontent-length: 0\r\n\r\n"))
  );
  const refused = freePort();
  const https = at("https://collector.test");
  for (
    const [variables, sentence] of [
      [
        { ...https, HTTPS_PROXY: `http://127.0.0.1:${refused}` },
        /^the proxy 127\.0\.0\.1:\d+ refused the connection\. Check that it runs, and HTTPS_PROXY$/,
      ],
      [
        { ...https, HTTPS_PROXY: "http://proxy.invalid:3128" },
        /^the name of the proxy proxy\.invalid:3128 does not resolve\. Check HTTPS_PROXY/,
      ],
      [
        { ...https, HTTPS_PROXY: `http://127.0.0.1:${forbids.port}` },
        /^the proxy 127\.0\.0\.1:\d+ refused to open a way there \(status 403\)\. .* NO_PROXY$/,
      ],
      [
        { ...https, HTTPS_PROXY: `http://127.0.0.1:${asks.port}` },
        /^the proxy 127\.0\.0\.1:\d+ wants a user and a password \(status 407\): put them into HTTPS_PROXY$/,
      ],
      [
        { ...at("http://collector.test"), HTTP_PROXY: `http://127.0.0.1:${asks.port}` },
        /^the proxy 127\.0\.0\.1:\d+ wants a user and a password \(status 407\): put them into HTTP_PROXY$/,
      ],
    ] as const
  ) {
    assert.match(await whyBy(variables), sentence);
  }
});

test("a collector that does not end its answer holds nothing up, and that is said", async () => {
  const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
  await using slow = await serving((socket) => {
    socket.once("data", () => socket.write(head));
    const timer = setInterval(() => socket.write("1\r\n{\r\n"), 50);
    socket.on("close", () => clearInterval(timer));
  });
  await using endless = await serving((socket) => {
    const more = `100000\r\n${"x".repeat(2 ** 20)}\r\n`;
    socket.once("data", () => socket.write(head + more.repeat(5)));
  });
  const within = { OTEL_BSP_EXPORT_TIMEOUT: "1500" };
  assert.match(
    await whyBy({ ...at(`http://127.0.0.1:${slow.port}`), ...within }),
    /^127\.0\.0\.1:\d+ does not answer in time$/,
  );
  assert.match(
    await whyBy({ ...at(`http://127.0.0.1:${endless.port}`), ...within }),
    /^127\.0\.0\.1:\d+ does not end its answer, so it may be another server$/,
  );
});

test("that a collector rejects spans is said, and not in its words", async () => {
  await using collector = await serving((socket) => {
    const answer = JSON.stringify({ partialSuccess: { rejectedSpans: "1", errorMessage: "c0nfidential" } });
    socket.once("data", () =>
      socket.end(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`,
      ));
  });
  assert.equal(
    await whyBy(at(`http://127.0.0.1:${collector.port}`)),
    `127.0.0.1:${collector.port} rejects some of them: its log says why`,
  );
});

test("spans that no queue had room for are reported with the export that comes next", async () => {
  await using collector = await TestCollector.start();
  for (const status of [200, 400]) {
    collector.status = status;
    Deno.env.set("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url);
    const lost: unknown[] = [];
    const traces = openTraces({
      name: "test",
      version: "1",
      attributes: {},
      tls: {},
      batching: batchingOf((name) => name === "OTEL_BSP_MAX_QUEUE_SIZE" ? "1" : undefined).batching,
      onExport: (one) => lost.push(one && { ...one, error: one.error !== undefined }),
    });
    // The first is exported at once, and meanwhile one waits.
    for (let span = 0; span < 5; span++) traces.tracer.startSpan("one").end();
    await traces.close(3_000);
    assert.deepEqual(
      lost,
      status === 200
        ? [{ spans: 3, error: false }, undefined]
        : [{ spans: 4, error: true }, { spans: 1, error: true }],
    );
  }
});
