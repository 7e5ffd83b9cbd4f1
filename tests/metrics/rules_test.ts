import assert from "node:assert/strict";
import { stringify } from "yaml";
import { readAlertGroups } from "../kit/alert_rules.ts";
import { METRIC_NAMES } from "../kit/metrics.ts";
import { testNeeding } from "../kit/needing.ts";
import { readPage } from "../kit/pages.ts";
import { promtool, withoutPromtool } from "../kit/promtool.ts";

/** Series, a value a minute, and when (minutes) the alert fires for that, and when not yet. */
const FIRES: Record<string, { series: string; values: string; fires: number; not: number }> = {
  K8sventPending: {
    series: 'k8svent_endpoint_oldest_pending_seconds{endpoint="a"}',
    values: "0+60x30",
    fires: 16,
    not: 15,
  },
  K8sventPaused: {
    series: 'k8svent_endpoint_state{endpoint="a",state="paused"}',
    values: "1x1500",
    fires: 1_441,
    not: 1_439,
  },
  K8sventEvicted: {
    series: 'k8svent_evicted_messages_total{endpoint="a"}',
    values: "0x9 3x90",
    fires: 12,
    not: 9,
  },
  K8sventDeadLetters: {
    series: 'k8svent_endpoint_dead_letters{endpoint="a"}',
    values: "1x30",
    fires: 16,
    not: 14,
  },
  K8sventStale: { series: "k8svent_watch_last_event_age_seconds", values: "0+60x30", fires: 11, not: 10 },
  // In whatever namespace an overlay puts it.
  K8sventDown: {
    series: 'up{namespace="observability",container="k8svent"}',
    values: "0x30",
    fires: 6,
    not: 4,
  },
  K8sventStoreFailing: { series: "k8svent_store_healthy", values: "0x30", fires: 6, not: 4 },
  K8sventConfiguration: { series: "k8svent_config_last_reload_successful", values: "0x30", fires: 6, not: 4 },
  K8sventFilterErrors: {
    series: 'k8svent_filter_errors_total{endpoint="a"}',
    values: "0x9 1x90",
    fires: 12,
    not: 9,
  },
};

Deno.test("each alert has a test, and asks for series that exist", async () => {
  const alerts = (await readAlertGroups()).groups.flatMap(({ rules }) => rules);
  assert.deepEqual(alerts.map(({ alert }) => alert).toSorted(), Object.keys(FIRES).toSorted());
  const { text: docs } = await readPage("docs/metrics.md");
  for (const { alert, expr } of alerts) {
    for (const [name] of expr.matchAll(/\bk8svent_\w+/g)) assert.ok(METRIC_NAMES.includes(name), name);
    if (alert !== "K8sventDown") assert.ok(docs.includes(`\`${expr}\``), `${expr} is in the docs`);
  }
});

/** How promtool tests one alert: by how many of it fire. */
function testOf(alert: string, { series, values, fires, not }: typeof FIRES[string]): unknown {
  const count = (minutes: number, value: number): unknown => ({
    expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
    eval_time: `${minutes}m`,
    exp_samples: [{ labels: "{}", value }],
  });
  // A program that runs beside it: that it is absent is another matter.
  const running = { series: "k8svent_build_info", values: "1x90" };
  const stale = { series: "k8svent_watch_stale_after_seconds", values: "600x90" };
  return {
    name: alert,
    interval: "1m",
    input_series: [running, stale, { series, values }],
    promql_expr_test: [count(not, 0), count(fires, 1)],
  };
}

/** What is pending long, at an endpoint that is paused, one that is not, and those of annotations, one of which is. */
const PENDING_AND_PAUSED = {
  name: "pending and paused",
  interval: "1m",
  "input_series": [["paused", 1], ["sent", 0], ["annotation", 1]].flatMap(([endpoint, paused]) => [
    { series: `k8svent_endpoint_oldest_pending_seconds{endpoint="${endpoint}"}`, values: "1000x10" },
    { series: `k8svent_endpoint_state{endpoint="${endpoint}",state="paused"}`, values: `${paused}x10` },
  ]),
  "promql_expr_test": [{
    expr: 'count by (endpoint) (ALERTS{alertname="K8sventPending"})',
    "eval_time": "5m",
    "exp_samples": ["annotation", "sent"].map((endpoint) => ({
      labels: `{endpoint="${endpoint}"}`,
      value: 1,
    })),
  }],
};

/** Pods that are listed each hour are not stale for most of it. */
const POLLED = {
  name: "polled",
  interval: "1m",
  "input_series": [
    { series: "k8svent_watch_last_event_age_seconds", values: "0+60x59 0+60x59 0+60x80" },
    { series: "k8svent_watch_stale_after_seconds", values: "4200x200" },
  ],
  "promql_expr_test": [[100, 0], [119, 0], [189, 0], [191, 1]].map(([minutes, value]) => ({
    expr: 'count(ALERTS{alertname="K8sventStale"}) or vector(0)',
    "eval_time": `${minutes}m`,
    "exp_samples": [{ labels: "{}", value }],
  })),
};

testNeeding(
  withoutPromtool,
  "promtool takes the alert rules, and each alert fires in its time, none for what is pending where it is paused",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "rules-" });
    try {
      await Deno.writeTextFile(`${folder}/rules.yaml`, stringify(await readAlertGroups()));
      await promtool(["check", "rules", `${folder}/rules.yaml`]);
      const tests = [
        ...Object.entries(FIRES).map(([alert, one]) => testOf(alert, one)),
        PENDING_AND_PAUSED,
        POLLED,
      ];
      const text = stringify({ rule_files: ["rules.yaml"], evaluation_interval: "1m", tests });
      await Deno.writeTextFile(`${folder}/test.yaml`, text);
      await promtool(["test", "rules", `${folder}/test.yaml`]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
