import assert from "node:assert/strict";
import { FakeApiServer } from "../kit/apiserver/server.ts";
import { issueCertificate } from "../kit/certificates.ts";
import { Collector } from "../kit/collector.ts";
import { makePod } from "../kit/pods.ts";
import { startProgram } from "../kit/program.ts";
import { Receiver } from "../kit/receiver.ts";
import { staticImports } from "../kit/static_imports.ts";

/** Runs the program as a process of its own, with a cluster, a receiver `hook` and, where it has the variables, traces. */
async function deliver(
  names: readonly string[],
  env: Record<string, string>,
  { receiver, args = [] }: { receiver: Receiver; args?: string[] },
  test: (program: Awaited<ReturnType<typeof startProgram>>) => Promise<void>,
): Promise<void> {
  const server = await FakeApiServer.start();
  const kubeconfig = await Deno.makeTempFile();
  await Deno.writeTextFile(kubeconfig, server.kubeconfig);
  for (const name of names) server.store.create(makePod({ name }));
  try {
    await using program = await startProgram({
      args: ["--kubeconfig", kubeconfig, "--url", `hook=${receiver.url}`, "--log-format", "text", ...args],
      env,
    });
    await test(program);
  } finally {
    await server.close();
    await Deno.remove(kubeconfig);
  }
}

Deno.test("a delivery is a span, its attempts are events, and the receiver gets it as traceparent", async () => {
  await using collector = await Collector.start();
  await using receiver = await Receiver.start({
    reply: ({ index }) => ({ status: index === 0 ? 503 : 200 }),
  });
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20t",
  };
  await deliver(["web-0"], env, { receiver }, async (program) => {
    await receiver.until(() => receiver.deliveries.length === 2);
    assert.equal(await program.stop(), 0);
  });
  assert.equal(collector.spans.length, 1);
  const [span] = collector.spans;
  assert.ok(span !== undefined);
  const parent = `00-${span.traceId}-${span.spanId}-01`;
  assert.deepEqual(receiver.deliveries.map(({ headers }) => headers["traceparent"]), [parent, parent]);
  assert.equal(span.name, "send hook");
  const { "messaging.message.body.size": size, ...attributes } = span.attributes;
  assert.ok(Number(size) > 100);
  const [delivery] = receiver.deliveries;
  assert.deepEqual(attributes, {
    "messaging.system": "webhook",
    "messaging.operation.name": "send",
    "messaging.operation.type": "send",
    "messaging.destination.name": "hook",
    "messaging.message.id": delivery?.headers["webhook-id"],
    "k8svent.event": "pod.changed",
    "k8svent.reasons": ["sync"],
    "k8svent.coalesced": 0,
    "k8s.namespace.name": "shop",
    "k8s.pod.name": "web-0",
    "k8s.pod.uid": delivery?.body?.pod.metadata.uid,
    "k8svent.resource_version": delivery?.body?.pod.metadata.resourceVersion,
    "k8svent.outcome": "accepted",
    "http.response.status_code": 200,
    "k8svent.attempts": 2,
  });
  assert.deepEqual(
    span.events.map(({ name, attributes: { "k8svent.attempt.duration_ms": took, ...rest } }) => [
      name,
      typeof took,
      rest,
    ]),
    [
      ["attempt", "number", {
        "k8svent.outcome": "http_5xx",
        "http.response.status_code": 503,
        "error.type": "503",
        "k8svent.attempt": 1,
        "error.message": "status 503 (it is down or overloaded: check that it runs)",
      }],
      ["attempt", "number", {
        "k8svent.outcome": "accepted",
        "http.response.status_code": 200,
        "k8svent.attempt": 2,
      }],
    ],
  );
  assert.ok(span.end - span.start >= 500, "from when it was recorded to when it was accepted");
  assert.equal(span.resource["service.name"], "k8svent");
  assert.equal(collector.requests[0]?.path, "/v1/traces");
  assert.equal(collector.requests[0]?.headers.authorization, "Bearer t");
});

Deno.test("traces have no path of a URL, and no header of the collector is logged", async () => {
  await using collector = await Collector.start();
  await using receiver = await Receiver.start();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/secret-path`,
    OTEL_EXPORTER_OTLP_HEADERS: "api-key=of-the-collector",
  };
  await deliver(["web-0"], env, { receiver, args: ["--log-level", "debug"] }, async (program) => {
    await receiver.until(() => receiver.deliveries.length === 1);
    assert.equal(await program.stop(), 0);
    assert.doesNotMatch(program.lines.join("\n"), /secret-path|of-the-collector/);
    assert.match(program.lines.join("\n"), /Traces are exported to http:\/\/127\.0\.0\.1:\d+\./);
  });
  assert.equal(collector.requests[0]?.headers["api-key"], "of-the-collector");
  assert.equal(collector.requests[0]?.path, "/secret-path/v1/traces");
  assert.doesNotMatch(JSON.stringify(collector.spans), /\/hook/);
});

Deno.test("what the variables say of name, resource and sampling holds", async () => {
  await using collector = await Collector.start();
  await using receiver = await Receiver.start();
  const env = {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
    OTEL_SERVICE_NAME: "pods-of-shop",
    OTEL_RESOURCE_ATTRIBUTES: "team=a",
    OTEL_TRACES_SAMPLER: "traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.5",
  };
  const names = Array.from({ length: 64 }, (_, index) => `web-${index}`);
  await deliver(names, env, { receiver, args: ["--environment", "staging"] }, async (program) => {
    await receiver.until(() => receiver.deliveries.length === names.length);
    assert.equal(await program.stop(), 0);
  });
  const parents = receiver.deliveries.map(({ headers }) => headers["traceparent"] ?? "");
  const sampled = parents.filter((parent) => parent.endsWith("-01"));
  assert.deepEqual(
    collector.spans.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`).sort(),
    sampled.sort(),
  );
  assert.ok(sampled.length > 5 && sampled.length < 59, `${sampled.length} of 64`);
  const [span] = collector.spans;
  assert.equal(span?.resource["service.name"], "pods-of-shop");
  assert.equal(span?.resource["team"], "a");
  assert.equal(span?.resource["deployment.environment.name"], "staging");
});

Deno.test("traces reach a collector by the proxy that the variables name", async () => {
  // A proxy for http is a server that is asked for whole URLs.
  await using proxy = await Collector.start();
  await using receiver = await Receiver.start();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector.test:4318",
    HTTP_PROXY: proxy.url.replace("//", "//user:p%40ss@"),
    NO_PROXY: "127.0.0.1",
  };
  await deliver(["web-0"], env, { receiver }, async (program) => {
    await program.until(
      /Traces are exported to http:\/\/collector\.test:4318, by the proxy .* of HTTP_PROXY\./,
    );
    await receiver.until(() => receiver.deliveries.length === 1);
    assert.equal(await program.stop(), 0);
    assert.doesNotMatch(program.lines.join("\n"), /p@ss|p%40ss/);
  });
  const [{ path, headers } = { path: "", headers: {} }] = proxy.requests;
  assert.equal(path, "http://collector.test:4318/v1/traces");
  assert.equal(headers["proxy-authorization"], `Basic ${btoa("user:p@ss")}`);
});

Deno.test("traces reach a collector whose authority the variables name, and are shown a certificate", async () => {
  const authority = issueCertificate("an authority");
  const own = issueCertificate("localhost", { issuer: authority, hosts: ["localhost"] });
  await using collector = await Collector.start({
    ...own,
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: true,
  });
  await using receiver = await Receiver.start();
  const file = async (text: string): Promise<string> => {
    const path = await Deno.makeTempFile();
    await Deno.writeTextFile(path, text);
    return path;
  };
  const client = issueCertificate("a client", { issuer: authority });
  const files = {
    OTEL_EXPORTER_OTLP_CERTIFICATE: await file(authority.cert),
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: await file(client.cert),
    OTEL_EXPORTER_OTLP_CLIENT_KEY: await file(client.key),
  };
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...files };
  await deliver(["web-0"], env, { receiver }, async (program) => {
    await receiver.until(() => receiver.deliveries.length === 1);
    assert.equal(await program.stop(), 0);
  });
  assert.equal(collector.spans.length, 1);
  for (const path of Object.values(files)) await Deno.remove(path);
});

Deno.test("a collector that is down or refuses is one line, and neither deliveries nor the end wait for it", async () => {
  await using collector = await Collector.start();
  collector.status = 404;
  for (
    const [url, line] of [
      [
        "http://127.0.0.1:9",
        /Traces are not exported: 127\.0\.0\.1:9 refused the connection\. Check that it runs, and its port\. \d spans? (is|are) lost/,
      ],
      [collector.url, /not exported: 127\.0\.0\.1:\d+ answered 404, so it may be another server\./],
    ] as const
  ) {
    await using receiver = await Receiver.start();
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_BSP_SCHEDULE_DELAY: "10",
      OTEL_EXPORTER_OTLP_TIMEOUT: "500",
    };
    await deliver(["web-0", "web-1"], env, { receiver }, async (program) => {
      await receiver.until(() => receiver.deliveries.length === 2);
      await program.until(line);
      const began = performance.now();
      assert.equal(await program.stop(), 0);
      assert.ok(performance.now() - began < 10_000);
      assert.equal(program.lines.filter((one) => /not exported/.test(one)).length, 1);
    });
  }
});

Deno.test("a collector's address or protocol that cannot be used is said, and nothing is traced", async () => {
  for (
    const [env, line] of [
      [
        { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" },
        /OTEL_EXPORTER_OTLP_ENDPOINT is not the URL of a collector/,
      ],
      [
        { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector..tracing:4318" },
        /OTEL_EXPORTER_OTLP_ENDPOINT has a dot too many in its host/,
      ],
      [
        { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
        /OTEL_EXPORTER_OTLP_PROTOCOL asks for another protocol/,
      ],
      [
        { OTEL_EXPORTER_OTLP_ENDPOINT: "https://127.0.0.1:9", OTEL_EXPORTER_OTLP_CERTIFICATE: "/none.pem" },
        /Cannot read the file of OTEL_EXPORTER_OTLP_CERTIFICATE, \/none\.pem: it does not exist; .*\. Nothing is traced/,
      ],
      [
        { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector.test:4318", HTTP_PROXY: "socks5://proxy.test" },
        /HTTP_PROXY names a SOCKS proxy, which is not supported: .*\. Nothing is traced/,
      ],
    ] as const
  ) {
    await using receiver = await Receiver.start();
    await deliver(["web-0"], { ...env }, { receiver }, async (program) => {
      await program.until(line);
      await receiver.until(() => receiver.deliveries.length === 1);
      assert.equal(receiver.deliveries[0]?.headers["traceparent"], undefined);
      assert.equal(await program.stop(), 0);
    });
  }
});

Deno.test("a variable that cannot be used is said, and neither deliveries nor traces suffer", async () => {
  await using collector = await Collector.start();
  await using receiver = await Receiver.start();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "0",
    OTEL_RESOURCE_ATTRIBUTES: "team",
  };
  await deliver(["web-0", "web-1"], env, { receiver }, async (program) => {
    await program.until(
      /OTEL_BSP_MAX_EXPORT_BATCH_SIZE is not a whole number of 1 or more: it counts as 512/,
    );
    await program.until(/OTEL_RESOURCE_ATTRIBUTES is not a list/);
    await receiver.until(() => receiver.deliveries.length === 2);
    assert.equal(await program.stop(), 0);
  });
  assert.equal(collector.spans.length, 2);
});

Deno.test("with OTEL_SDK_DISABLED, nothing is traced", async () => {
  await using receiver = await Receiver.start();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", OTEL_SDK_DISABLED: "true" };
  await deliver(["web-0"], env, { receiver }, async (program) => {
    await receiver.until(() => receiver.deliveries.length === 1);
    assert.equal(receiver.deliveries[0]?.headers["traceparent"], undefined);
    assert.equal(await program.stop(), 0);
    assert.doesNotMatch(program.lines.join("\n"), /[Tt]race/);
  });
});

Deno.test("nothing of OpenTelemetry's SDK is loaded at the start", async () => {
  for (const start of ["main.ts", "src/app/run.ts", "src/app/deliver.ts"]) {
    const { loaded, later } = await staticImports(start);
    assert.match(later.join("\n"), /otlp_traces\.ts/);
    assert.doesNotMatch(loaded.join("\n"), /opentelemetry|otlp_traces|delivery_spans/);
  }
  const { loaded } = await staticImports("src/app/deliver.ts");
  assert.match(loaded.join("\n"), /src\/delivery\/worker\.ts/);
});
