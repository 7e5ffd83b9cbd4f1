import assert from "node:assert/strict";
import { parse } from "yaml";
import { fileURLToPath } from "node:url";
import { run } from "../kit/command.ts";
import { queriesOf, readDashboard } from "../kit/dashboard.ts";
import { METRIC_NAMES } from "../kit/metrics.ts";

/** Asserts that Grafana's types have every property of a dashboard. @throws {Error} with what is wrong in it */
async function checkTypes(dashboard: string): Promise<void> {
  const types = new URL("../kit/grafana.ts", import.meta.url);
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    // As a literal: of anything else, more properties than a type has are none of the compiler's business.
    await Deno.writeTextFile(
      file,
      `import type { DashboardFile } from "${types}";\nexport const dashboard: DashboardFile = ${dashboard};\n`,
    );
    await run(Deno.execPath(), ["check", "--quiet", "--config", config, file]);
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("the dashboard is one that Grafana's own types take, and what they do not have would be found", async () => {
  const text = JSON.stringify(await readDashboard());
  await checkTypes(text);
  const wrong = text.replaceAll('"showLegend"', '"showLegends"').replaceAll(
    '"colorMode":"background"',
    '"colorMode":"back"',
  );
  await assert.rejects(() => checkTypes(wrong), /showLegends(.|\n)*"back"|"back"(.|\n)*showLegends/);
});

Deno.test("the dashboard asks for series that exist, and shows each of them", async () => {
  const asked = new Set(
    queriesOf(await readDashboard()).flatMap(({ expression }) =>
      [...expression.matchAll(/\b(?:k8svent|process)_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ""))
    ),
  );
  assert.deepEqual([...asked].toSorted(), METRIC_NAMES.toSorted());
});

Deno.test("each panel of the dashboard says what it shows, has a unit, and overlaps no other", async () => {
  const { panels } = await readDashboard();
  const cells = new Set<string>();
  for (const { type, title, description, gridPos: { x, y, w, h }, targets = [], fieldConfig } of panels) {
    assert(x + w <= 24, title);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        assert(!cells.has(`${column} ${line}`), `${title} overlaps another panel`);
        cells.add(`${column} ${line}`);
      }
    }
    if (type === "row") continue;
    assert(description !== undefined && description.endsWith("."), `${title} has no description`);
    assert(
      targets.length > 0 && targets.every(({ datasource }) => datasource.uid === "${datasource}"),
      title,
    );
    assert(fieldConfig?.defaults.thresholds !== undefined, `${title} has no thresholds`);
    if (type !== "state-timeline") assert(fieldConfig.defaults.unit !== undefined, `${title} has no unit`);
  }
  const titles = panels.map(({ title }) => title);
  assert.deepEqual(titles.filter((title, index) => titles.indexOf(title) !== index), []);
});

Deno.test("kube/monitoring makes a ConfigMap of the dashboard that Grafana's sidecar finds", async () => {
  const folder = new URL("../../kube/monitoring/", import.meta.url);
  const { configMapGenerator: [map] } = parse(
    await Deno.readTextFile(new URL("kustomization.yaml", folder)),
  );
  assert.equal(map.options.labels["grafana_dashboard"], "1");
  assert.deepEqual(map.files, ["k8svent.json=dashboard.json"]);
});
