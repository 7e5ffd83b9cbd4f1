import assert from "node:assert/strict";
import process from "node:process";
import { METRIC_NAMES, withMetrics } from "../kit/metrics.ts";
import { testNeeding } from "../kit/needing.ts";
import { testInOwnProcess } from "../kit/own_process.ts";
import { readPage } from "../kit/pages.ts";
import { promtool, withoutPromtool } from "../kit/promtool.ts";

Deno.test("every series is in docs/metrics.md, and every one of the docs exists", async () => {
  const { text } = await readPage("docs/metrics.md");
  const documented = [...text.matchAll(/^\| `((?:k8svent|process)_\w+)`/gm)].map(([, name]) => name);
  assert.deepEqual(documented.toSorted(), METRIC_NAMES.toSorted());
  const mentioned = [...text.matchAll(/\b(?:k8svent|process)_[a-z_]+[a-z]/g)].map(([name]) =>
    name.replace(/_(bucket|sum|count)$/, "")
  );
  assert.deepEqual(mentioned.filter((name) => !METRIC_NAMES.includes(name)), []);
});

Deno.test("each name of the text is one of the families", async () => {
  await withMetrics(1, async (scrape) => {
    const { text } = await scrape("");
    const found = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    assert.deepEqual([...found], METRIC_NAMES);
    for (const name of METRIC_NAMES) assert.match(text, new RegExp(`^${name}(_bucket)?[{ ]`, "m"), name);
  });
});

testInOwnProcess(import.meta.url)(
  "a scrape of 200 endpoints takes less than 20 ms of the processor, in either format",
  () =>
    withMetrics(200, async (scrape) => {
      for (const accept of ["", "application/openmetrics-text; version=1.0.0"]) {
        // The first ones load the library and are slow.
        const took = [];
        for (let times = 0; times < 40; times++) {
          const before = process.cpuUsage();
          const { text } = await scrape(accept);
          const { user, system } = process.cpuUsage(before);
          took.push((user + system) / 1_000);
          assert.equal(text.match(/^k8svent_endpoint_in_flight\{/gm)?.length, 201);
        }
        assert.ok(Math.min(...took) < 20, `${took.map(Math.round)} ms`);
      }
    }),
);

testNeeding(withoutPromtool, "promtool finds nothing to say of the text format", async () => {
  await withMetrics(2, async (scrape) => {
    const { text } = await scrape("");
    assert.equal(await promtool(["check", "metrics"], `${text}\n`), "");
  });
});
