import assert from "node:assert/strict";
import { parse } from "yaml";
import { type AlertGroups, readAlertGroups } from "../kit/alert_rules.ts";
import { createPods, manifest } from "../kit/cluster_pods.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { type Dashboard, interpolate, queriesOf, readDashboard } from "../kit/dashboard.ts";
import { METRIC_NAMES } from "../kit/metrics.ts";
import { freePort } from "../kit/port.ts";
import { type Program, startProgram } from "../kit/program.ts";
import { Prometheus, withoutPrometheus } from "../kit/prometheus.ts";
import { Receiver } from "../kit/receiver.ts";

/*
 * A real Prometheus scrapes the real program, on the real control plane, and is asked all that the dashboard and the alert
 * rules ask. One endpoint takes everything and one nothing, so that a query which wants trouble finds some.
 */

/** What the Prometheus Operator adds to the series of a pod: its label `endpoint` is the port's name. */
const LABELS = { namespace: "k8svent", pod: "k8svent-0", container: "k8svent", endpoint: "probes" };

clusterTest(
  "a real Prometheus finds series for every query of the dashboard and every alert",
  async (context) => {
    await using plane = await startControlPlane();
    await createPods(plane, ["a", "b", "c", "d"].map((name) => manifest(name)));
    await using good = await Receiver.start();
    await using bad = await Receiver.start({ reply: () => ({ status: 503 }) });
    const port = freePort();
    await using program = await start(plane, port, { good, bad });
    await program.until(/Listed .* watching/);
    const groups = await readAlertGroups();
    const relabelings = await readRelabelings();
    await using prometheus = await Prometheus.start(`127.0.0.1:${port}`, LABELS, relabelings, groups);

    await context.step("it takes what it is answered, as OpenMetrics", async () => {
      await until(async () => assert.deepEqual((await prometheus.target()).health, "up"));
      assert.equal((await prometheus.target()).lastError, "");
      // It asks for this before all else.
      const accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
      const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { accept } });
      assert.match(await response.text(), /\n# EOF\n$/);
      assert.match(
        response.headers.get("content-type") ?? "",
        /^application\/openmetrics-text; version=1\.0\.0/,
      );
    });

    await context.step("it has every series of the docs", async () => {
      const names = await prometheus.labelValues("__name__", '{job="k8svent"}');
      const found = new Set(names.map((name) => name.replace(/_(bucket|sum|count)$/, "")));
      assert.deepEqual(METRIC_NAMES.filter((name) => !found.has(name)), []);
    });

    await context.step("each variable of the dashboard has values", async () => {
      const dashboard = await readDashboard();
      assert.deepEqual(await variablesOf(dashboard, prometheus), {
        namespace: ["k8svent"],
        pod: ["k8svent-0"],
        instance: [`127.0.0.1:${port}`],
        endpoint: ["annotation", "bad", "good"],
      });
    });

    await context.step("each query of the dashboard gives series", async () => {
      const unanswered = queriesOf(await readDashboard());
      await until(async () => {
        for (const query of [...unanswered]) {
          const series = await prometheus.query(query.expression);
          if (series.length > 0) unanswered.splice(unanswered.indexOf(query), 1);
        }
        assert.deepEqual(unanswered, []);
      });
    });

    await context.step("the dashboard shows the trouble that there is", async () => {
      const dashboard = await readDashboard();
      const shown = async (panel: string): Promise<Record<string, number>> => {
        const query = queriesOf(dashboard).find((one) => one.panel === panel);
        const series = await prometheus.query(query?.expression ?? "");
        return Object.fromEntries(
          series.map(({ metric, value }) => [metric["endpoint"] ?? "", Number(value[1])]),
        );
      };
      await until(async () => {
        const { good, bad } = await shown("Circuit");
        assert.equal(good, 0);
        assert(bad === 1 || bad === 2, `the circuit of bad is ${bad}`);
      });
      assert.equal((await shown("Pending by endpoint"))["bad"], 4);
      assert.equal((await shown("Ready"))[""], 1);
    });

    await context.step("each alert is evaluated, on series that are there", async () => {
      await until(async () => {
        const rules = await prometheus.rules();
        assert.deepEqual(
          rules.map(({ name, health, lastError = "" }) => [name, health, lastError]),
          rulesOf(groups),
        );
      });
      for (const { alert, expr } of groups.groups.flatMap(({ rules }) => rules)) {
        // None has lasted long enough: what an alert compares has to be there.
        for (const side of sidesOf(expr)) {
          assert.notDeepEqual(await prometheus.query(side), [], `${alert}: ${side}`);
        }
      }
      const [firing] = await prometheus.query("k8svent_endpoint_oldest_pending_seconds > 1");
      assert.equal(firing?.metric["endpoint"], "bad");
    });
    assert.equal(await program.stop(), 0);
  },
  withoutPrometheus,
);

async function start(
  plane: ControlPlane,
  port: number,
  receivers: Record<string, Receiver>,
): Promise<Program> {
  const endpoints = Object.entries(receivers).map(([name, { url }]) => ({ name, url }));
  const file = `${plane.dir}/k8svent.yaml`;
  await Deno.writeTextFile(
    file,
    JSON.stringify({ version: 1, podWebhooks: ["hooks.example.com"], endpoints }),
  );
  return await startProgram({
    args: [
      "--kubeconfig",
      plane.kubeconfig,
      "--config",
      file,
      "--listen",
      `127.0.0.1:${port}`,
      "--shutdown-timeout",
      "0",
    ],
  });
}

/** What kube/monitoring/pod-monitor.yaml does to the labels that the operator adds. */
async function readRelabelings(): Promise<Record<string, unknown>[]> {
  const text = await Deno.readTextFile(new URL("../../kube/monitoring/pod-monitor.yaml", import.meta.url));
  const { spec: { podMetricsEndpoints: [endpoint] } } = parse(text);
  return endpoint.relabelings ?? [];
}

async function variablesOf(
  dashboard: Dashboard,
  prometheus: Prometheus,
): Promise<Record<string, string[]>> {
  const values: Record<string, string[]> = {};
  for (const { name, definition } of dashboard.templating.list) {
    if (definition === undefined) continue;
    const [, match = "", label = ""] = /^label_values\((.*), (\w+)\)$/.exec(definition) ?? [];
    values[name] = await prometheus.labelValues(label, interpolate(match, dashboard));
  }
  return values;
}

function rulesOf({ groups }: AlertGroups): [string, string, string][] {
  return groups.flatMap(({ rules }) => rules.map(({ alert }): [string, string, string] => [alert, "ok", ""]));
}

/** What is compared in an expression, without the comparison; of `absent`, what is to be there. */
function sidesOf(expression: string): string[] {
  return expression.split(/ or | unless ignoring \(state\) | > (?=k8svent)/).map((side) =>
    side.replace(/ (>|==) [0-9]+$/, "").replace(/^absent\((.*)\)$/, "$1")
  );
}

/** Asks again until it holds, since Prometheus scrapes when it does. */
async function until(holds: () => Promise<void>): Promise<void> {
  for (const end = Date.now() + 60_000;;) {
    try {
      return await holds();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
