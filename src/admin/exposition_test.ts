import assert from "node:assert/strict";
import { Histogram } from "../runtime/histogram.ts";
import { exposition, type Family, prefersOpenMetrics } from "./exposition.ts";

interface Reading {
  hits: Record<string, number>;
}

const FAMILIES: Family<Reading>[] = [
  {
    name: "hits_total",
    type: "counter",
    help: "Hits.",
    samples: ({ hits }) => Object.entries(hits).map(([place, value]) => ({ labels: { place }, value })),
  },
  { name: "level", type: "gauge", help: "A level.", samples: () => [{ value: Infinity }] },
  {
    name: "took_seconds",
    type: "histogram",
    help: "Time.",
    samples: () => {
      const value = new Histogram([0.5, 1]);
      for (const took of [0.25, 0.75, 8]) value.observe(took);
      return [{ labels: { place: "x" }, value }];
    },
  },
];

Deno.test("the text format is what Prometheus documents", async () => {
  const answer = await exposition(FAMILIES, () => ({ hits: { a: 1, b: 2 } }))("");
  assert.equal(answer.type, "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(
    answer.text,
    `# HELP hits_total Hits.
# TYPE hits_total counter
hits_total{place="a"} 1
hits_total{place="b"} 2

# HELP level A level.
# TYPE level gauge
level +Inf

# HELP took_seconds Time.
# TYPE took_seconds histogram
took_seconds_bucket{place="x",le="0.5"} 1
took_seconds_bucket{place="x",le="1"} 2
took_seconds_bucket{place="x",le="+Inf"} 3
took_seconds_sum{place="x"} 9
took_seconds_count{place="x"} 3`,
  );
});

Deno.test("OpenMetrics names a counter's family without _total, its samples with it, and ends with EOF", async () => {
  const scrape = exposition(FAMILIES, () => ({ hits: { a: 1 } }));
  for (let time = 0; time < 2; time++) {
    const answer = await scrape("application/openmetrics-text; version=1.0.0");
    assert.equal(answer.type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert.match(
      answer.text,
      /^# HELP hits Hits\.\n# TYPE hits counter\nhits_total\{place="a"\} 1\n# HELP level/,
    );
    assert.match(answer.text, /\n# EOF$/);
  }
  assert.match((await scrape("")).text, /^# HELP hits_total Hits\./);
});

Deno.test("each scrape shows what is there at that moment, and nothing that is there no more", async () => {
  const hits: Record<string, number> = { a: 1 };
  const scrape = exposition(FAMILIES, () => ({ hits }));
  assert.match((await scrape("")).text, /place="a"/);
  delete hits["a"];
  hits["b"] = 5;
  const { text } = await scrape("");
  assert.doesNotMatch(text, /place="a"/);
  assert.match(text, /hits_total\{place="b"\} 5/);
});

/** What clients send, and whether they get OpenMetrics. */
const ACCEPTS: [accept: string, isOpenMetrics: boolean][] = [
  ["", false],
  ["*/*", false],
  ["text/plain;version=0.0.4", false],
  ["application/json", false],
  ["application/openmetrics-text", true],
  ["Application/OpenMetrics-Text; Version=1.0.0", true],
  ['application/openmetrics-text; version="1.0.0"', true],
  ["application/openmetrics-text; version=0.0.1", false],
  ["application/openmetrics-text;q=0", false],
  ["application/openmetrics-text;q=0.5,text/plain;q=0.9", false],
  ["text/plain;q=0.5, application/openmetrics-text;q=0.5", true],
  // Prometheus 2.
  [
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75," +
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    true,
  ],
  // Prometheus 3, with native histograms.
  [
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6," +
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5," +
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3," +
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
    true,
  ],
];

for (const [accept, isOpenMetrics] of ACCEPTS) {
  Deno.test(`who accepts ${JSON.stringify(accept)} gets ${isOpenMetrics ? "OpenMetrics" : "text"}`, () => {
    assert.equal(prefersOpenMetrics(accept), isOpenMetrics);
  });
}
