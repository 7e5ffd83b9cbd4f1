import assert from "node:assert/strict";
import { collectorOf } from "./collector.ts";
import { batchingOf, ignoredOf } from "./trace_variables.ts";

const envOf = (variables: Record<string, string>) => (name: string): string | undefined => variables[name];

Deno.test("a number that no batch can be made with counts as its default, and is said", () => {
  const names = {
    OTEL_BSP_MAX_QUEUE_SIZE: 2_048,
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: 512,
    OTEL_BSP_SCHEDULE_DELAY: 5_000,
    OTEL_BSP_EXPORT_TIMEOUT: 30_000,
    OTEL_EXPORTER_OTLP_TIMEOUT: 10_000,
  };
  for (const value of ["-1", "-5", "1.5", "10s", "NaN", "Infinity", "99999999999"]) {
    const { batching, faults } = batchingOf(
      envOf(Object.fromEntries(Object.keys(names).map((name) => [name, value]))),
    );
    assert.deepEqual(Object.values(batching), Object.values(names), value);
    assert.deepEqual(faults.map((fault) => fault.split(" ")[0]), Object.keys(names), value);
    assert.doesNotMatch(faults.join(" "), new RegExp(value === "-1" ? "-1" : value));
  }
});

Deno.test("a batch and a queue have room for one span at least", () => {
  const { batching, faults } = batchingOf(
    envOf({ OTEL_BSP_MAX_QUEUE_SIZE: "0", OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "0" }),
  );
  assert.equal(batching.maxQueueSize, 2_048);
  assert.equal(batching.maxExportBatchSize, 512);
  assert.deepEqual(faults, [
    "OTEL_BSP_MAX_QUEUE_SIZE is not a whole number of 1 or more: it counts as 2048, its default.",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE is not a whole number of 1 or more: it counts as 512, its default.",
  ]);
});

Deno.test("a timeout of 0 is none, and the one for traces comes first", () => {
  const { batching, faults } = batchingOf(envOf({
    OTEL_BSP_EXPORT_TIMEOUT: " 0 ",
    OTEL_EXPORTER_OTLP_TIMEOUT: "1",
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: "7",
  }));
  assert.deepEqual(faults, []);
  assert.equal(batching.exportTimeoutMillis, 2 ** 31 - 1);
  assert.equal(batching.timeoutMillis, 7);
});

const IGNORED: [variable: string, value: string][] = [
  ["OTEL_SDK_DISABLED", "1"],
  ["OTEL_TRACES_SAMPLER", "always"],
  ["OTEL_TRACES_SAMPLER", "Always_On"],
  ["OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"],
  ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "GZIP"],
  ["OTEL_RESOURCE_ATTRIBUTES", "team"],
  ["OTEL_RESOURCE_ATTRIBUTES", "team=a=b"],
  ["OTEL_RESOURCE_ATTRIBUTES", "team=%zz"],
  ["OTEL_RESOURCE_ATTRIBUTES", "=a"],
  ["OTEL_RESOURCE_ATTRIBUTES", `team=${"a".repeat(256)}`],
  ["OTEL_EXPORTER_OTLP_HEADERS", "c0nfidential"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "a=%c0nfidential"],
  ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "cookie=a; b=c0nfidential"],
];

for (const [variable, value] of IGNORED) {
  Deno.test(`what the exporter ignores is said: ${variable}=${value.slice(0, 30)}`, () => {
    const [sentence = "", ...more] = ignoredOf(envOf({ [variable]: value }));
    assert.deepEqual(more, []);
    assert.match(sentence, new RegExp(`^${variable} `));
    assert.doesNotMatch(sentence, /c0nfidential/);
  });
}

Deno.test("a ratio of sampling that is none is said", () => {
  for (const ratio of ["2", "-0.1", "ten"]) {
    const env = { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: ratio };
    assert.match(ignoredOf(envOf(env)).join(), /^OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1/);
  }
});

Deno.test("of values that are as they should be, nothing is said", () => {
  assert.deepEqual(
    ignoredOf(envOf({
      OTEL_SDK_DISABLED: "False",
      OTEL_TRACES_SAMPLER: "traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "1e-3",
      OTEL_EXPORTER_OTLP_COMPRESSION: " gzip ",
      OTEL_RESOURCE_ATTRIBUTES: " team = a%3Db , region=, x=%20y,",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic dTpw==,x-y=,",
    })),
    [],
  );
  assert.deepEqual(ignoredOf(envOf({})), []);
});

Deno.test("a header that no request can carry is a problem, which does not show it", () => {
  for (
    const headers of [
      "authorization=a%0Ac0nfidential",
      "x=%E2%82%AC",
      "c0nfidential key=c",
      "k%0A=c0nfidential",
    ]
  ) {
    const collector = collectorOf(
      envOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318", OTEL_EXPORTER_OTLP_HEADERS: headers }),
    );
    assert.deepEqual(
      collector,
      { problem: "OTEL_EXPORTER_OTLP_HEADERS names a header that no request can carry" },
      headers,
    );
  }
});

Deno.test("of several exporters, otlp is enough; none of them is none, and another alone a problem", () => {
  const by = (exporters: string): ReturnType<typeof collectorOf> =>
    collectorOf(
      envOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318", OTEL_TRACES_EXPORTER: exporters }),
    );
  assert.ok("url" in (by("console, otlp") ?? {}));
  assert.equal(by("none"), undefined);
  assert.match(JSON.stringify(by("zipkin")), /OTEL_TRACES_EXPORTER names another exporter than otlp/);
});
