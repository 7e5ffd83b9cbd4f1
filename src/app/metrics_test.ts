import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { endpointOf } from "../../tests/kit/endpoint.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { ScriptedReceiver } from "../../tests/kit/scripted_receiver.ts";
import { openTestStore, record, recordEnd } from "../../tests/kit/store.ts";
import { deliveryDeps } from "../../tests/kit/worker_rig.ts";
import { Workers } from "../delivery/workers.ts";
import { Standstill } from "../runtime/standstill.ts";
import { Figures } from "./figures.ts";
import { FilterFailures } from "./filter_failures.ts";
import { metrics, type MetricsParts } from "./metrics.ts";

const OWN = { resident: 1_000, heap: 500, processor: 1.5, started: 1_700_000_000 };

/** The parts that metrics are read from, with endpoints that share one scripted receiver. */
class Rig {
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly store = openTestStore({ clock: this.clock, onReady: (names) => this.workers.wake(names) });
  readonly receiver = new ScriptedReceiver(this.clock);
  readonly kill = new AbortController();
  readonly figures = new Figures();
  readonly filterFailures = new FilterFailures(this);
  readonly health = { silence: 12_000, staleAfter: 600_000, problems: (): string[] => [] };
  readonly workers: Workers = new Workers({
    ...deliveryDeps(this.store.pending, this.clock, this.log),
    ages: this.store.ages,
    openClient: () => ({ send: this.receiver.send, close: () => {} }),
    fail: (error) => assert.fail(String(error)),
  }, this.kill.signal);
  readonly #parts: Partial<MetricsParts>;

  constructor(parts: Partial<MetricsParts> = {}) {
    this.#parts = parts;
  }

  open(name: string, trusted = true): void {
    this.workers.open({ ...endpointOf("a"), name, trusted });
  }

  add(endpoints: string[], name = "web-0", resourceVersion = "1"): void {
    record(this.store, endpoints, { name, resourceVersion });
    this.store.commit();
  }

  /** The samples that begin so, as they are written. */
  async samples(start: string, others: Partial<MetricsParts> = this.#parts): Promise<string[]> {
    const parts = { ...this, reload: undefined, standstill: { late: 0 }, hasAnnotations: false, ...others };
    const { text } = await metrics(parts, () => OWN)("");
    return text.split("\n").filter((line) => line.startsWith(start));
  }

  async end(): Promise<void> {
    this.kill.abort();
    await this.workers.finish("drained");
    this.store.close();
  }
}

function withRig(name: string, test: (rig: Rig) => Promise<void>, parts: Partial<MetricsParts> = {}): void {
  Deno.test(`metrics: ${name}`, async () => {
    const rig = new Rig(parts);
    try {
      await test(rig);
    } finally {
      await rig.end();
    }
  });
}

withRig("what an endpoint accepts counts as delivered, with the lag since it was recorded", async (rig) => {
  rig.receiver.react = () => new Promise((resolve) => void rig.clock.after(2_000, () => resolve(200)));
  rig.open("a");
  rig.add(["a"]);
  await rig.clock.advance(2_000);
  assert.deepEqual(await rig.samples("k8svent_deliveries_total"), [
    'k8svent_deliveries_total{endpoint="a",result="delivered"} 1',
    'k8svent_deliveries_total{endpoint="a",result="dead_letter"} 0',
  ]);
  const lag = await rig.samples("k8svent_delivery_lag_seconds");
  assert.ok(lag.includes('k8svent_delivery_lag_seconds_bucket{endpoint="a",le="1"} 0'));
  assert.ok(lag.includes('k8svent_delivery_lag_seconds_bucket{endpoint="a",le="2.5"} 1'));
  assert.ok(lag.includes('k8svent_delivery_lag_seconds_bucket{endpoint="a",le="+Inf"} 1'));
  assert.ok(lag.includes('k8svent_delivery_lag_seconds_sum{endpoint="a"} 2'));
  assert.ok(lag.includes('k8svent_delivery_lag_seconds_count{endpoint="a"} 1'));
  assert.ok(
    (await rig.samples("k8svent_delivery_attempt_duration")).includes(
      'k8svent_delivery_attempt_duration_seconds_sum{endpoint="a"} 2',
    ),
  );
  const [bytes = ""] = await rig.samples("k8svent_payload_bytes_total");
  assert.equal(Number(bytes.split(" ")[1]), rig.receiver.seen[0]?.body.length);
});

withRig("attempts are distinguished by what came of them, each kind from the start", async (rig) => {
  rig.receiver.react = () => 503;
  rig.open("a");
  assert.equal((await rig.samples("k8svent_delivery_attempts_total")).length, 15);
  rig.add(["a"]);
  await rig.clock.advance(0);
  const attempts = await rig.samples("k8svent_delivery_attempts_total");
  assert.deepEqual(attempts.filter((line) => !line.endsWith(" 0")), [
    'k8svent_delivery_attempts_total{endpoint="a",reason="http_5xx"} 1',
  ]);
});

withRig(
  "what is pending shows with the age of the oldest, and an open circuit with its wait",
  async (rig) => {
    rig.receiver.react = () => ({
      kind: "failure",
      when: "before",
      stale: false,
      fault: "refused",
      message: "it refuses",
    });
    rig.add(["a"], "old");
    await rig.clock.advance(1_000);
    rig.add(["a"], "new");
    rig.open("a");
    await rig.clock.advance(0);
    const [backoff = ""] = await rig.samples("k8svent_endpoint_backoff_seconds");
    assert.ok(Number(backoff.split(" ")[1]) > 0, backoff);
    assert.deepEqual(await rig.samples("k8svent_endpoint_pending"), [
      'k8svent_endpoint_pending_messages{endpoint="a"} 2',
    ]);
    assert.deepEqual(await rig.samples("k8svent_endpoint_oldest"), [
      'k8svent_endpoint_oldest_pending_seconds{endpoint="a"} 1',
    ]);
    assert.deepEqual(await rig.samples("k8svent_endpoint_state"), [
      'k8svent_endpoint_state{endpoint="a",state="closed"} 0',
      'k8svent_endpoint_state{endpoint="a",state="open"} 1',
      'k8svent_endpoint_state{endpoint="a",state="half_open"} 0',
      'k8svent_endpoint_state{endpoint="a",state="disabled"} 0',
      'k8svent_endpoint_state{endpoint="a",state="paused"} 0',
    ]);
    rig.store.pending.setPaused("a", true);
    assert.deepEqual((await rig.samples("k8svent_endpoint_state")).filter((line) => line.endsWith(" 1")), [
      'k8svent_endpoint_state{endpoint="a",state="paused"} 1',
    ]);
    assert.deepEqual(await rig.samples("k8svent_endpoint_backoff_seconds"), [
      'k8svent_endpoint_backoff_seconds{endpoint="a"} 0',
    ]);
  },
);

withRig("requests under way show beside how many there may be", async (rig) => {
  rig.receiver.react = () => "hang";
  rig.open("a");
  for (const name of ["one", "two", "three"]) rig.add(["a"], name);
  await rig.clock.advance(0);
  assert.deepEqual(await rig.samples("k8svent_endpoint_in_flight"), [
    'k8svent_endpoint_in_flight{endpoint="a"} 2',
  ]);
  assert.deepEqual(await rig.samples("k8svent_endpoint_concurrency_limit"), [
    'k8svent_endpoint_concurrency_limit{endpoint="a"} 2',
  ]);
});

withRig("older changes that a delivery stood for count as coalesced", async (rig) => {
  for (const version of ["1", "2", "3"]) rig.add(["a"], "web-0", version);
  rig.open("a");
  await rig.clock.advance(0);
  assert.deepEqual(await rig.samples("k8svent_coalesced"), [
    'k8svent_coalesced_changes_total{endpoint="a"} 2',
  ]);
});

withRig("deliveries whose bodies were trimmed count, once each, and no others", async (rig) => {
  rig.open("a");
  rig.add(["a"], "whole");
  recordEnd(rig.store, ["a"], { name: "gone", trimmed: true });
  rig.store.commit();
  await rig.clock.advance(0);
  assert.deepEqual(await rig.samples("k8svent_trimmed"), ['k8svent_trimmed_payloads_total{endpoint="a"} 1']);
});

withRig("what an endpoint does not take while it takes others shows as a dead letter", async (rig) => {
  rig.receiver.react = ({ name }) => name === "poison" ? 400 : 200;
  rig.open("a");
  rig.add(["a"], "poison");
  for (let pod = 0; pod < 20; pod++) {
    rig.add(["a"], `web-${pod}`);
    await rig.clock.advance(60_000);
  }
  assert.deepEqual(await rig.samples("k8svent_endpoint_dead_letters"), [
    'k8svent_endpoint_dead_letters{endpoint="a"} 1',
  ]);
  assert.ok(
    (await rig.samples("k8svent_deliveries")).includes(
      'k8svent_deliveries_total{endpoint="a",result="dead_letter"} 1',
    ),
  );
});

withRig("evicted and discarded messages and failures of a filter count for their endpoint", async (rig) => {
  rig.open("a");
  rig.open("b");
  rig.figures.evicted("a", 2);
  rig.figures.evicted("a", 3);
  rig.figures.discarded("b", 4);
  rig.filterFailures.failed("b", "there is no such key");
  assert.deepEqual(await rig.samples("k8svent_evicted"), [
    'k8svent_evicted_messages_total{endpoint="a"} 5',
    'k8svent_evicted_messages_total{endpoint="b"} 0',
  ]);
  assert.deepEqual(await rig.samples("k8svent_discarded"), [
    'k8svent_discarded_messages_total{endpoint="a"} 0',
    'k8svent_discarded_messages_total{endpoint="b"} 4',
  ]);
  assert.deepEqual(await rig.samples("k8svent_filter"), [
    'k8svent_filter_errors_total{endpoint="a"} 0',
    'k8svent_filter_errors_total{endpoint="b"} 1',
  ]);
});

withRig("endpoints of annotations share their series, and none names a host", async (rig) => {
  rig.open("ops");
  for (const name of ["pod:one.example.com-1", "pod:two.example.com-2"]) {
    rig.add([name], name.slice(4, 7));
    rig.open(name, false);
    rig.figures.evicted(name, 1);
  }
  rig.receiver.react = () => "hang";
  await rig.clock.advance(0);
  assert.deepEqual(await rig.samples("k8svent_endpoint_pending"), [
    'k8svent_endpoint_pending_messages{endpoint="ops"} 0',
    'k8svent_endpoint_pending_messages{endpoint="annotation"} 2',
  ]);
  assert.ok(
    (await rig.samples("k8svent_endpoint_state")).includes(
      'k8svent_endpoint_state{endpoint="annotation",state="closed"} 2',
    ),
  );
  assert.ok((await rig.samples("k8svent_evicted")).join().includes('{endpoint="annotation"} 2'));
  assert.doesNotMatch((await rig.samples("")).join("\n"), /example\.com/);
}, { hasAnnotations: true });

withRig("an operator's endpoint named annotation and those of annotations stay apart", async (rig) => {
  rig.open("annotation");
  const labels = (await rig.samples("k8svent_endpoint_pending")).map((line) => /"(.*)"/.exec(line)?.[1]);
  assert.deepEqual(labels, ["annotation", "pod:annotation"]);
}, { hasAnnotations: true });

withRig("an endpoint that was removed has no series, and one that changed keeps its counts", async (rig) => {
  rig.open("a");
  rig.add(["a"]);
  await rig.clock.advance(0);
  rig.workers.close("a");
  assert.doesNotMatch((await rig.samples("")).join("\n"), /endpoint="a"/);
  rig.open("a");
  assert.match((await rig.samples("k8svent_deliveries")).join(), /result="delivered"\} 1/);
  rig.workers.close("a");
  rig.workers.forget("a");
  rig.open("a");
  assert.match((await rig.samples("k8svent_deliveries")).join(), /result="delivered"\} 0/);
});

withRig("the name of an endpoint is escaped", async (rig) => {
  rig.open('a"\\\nb');
  assert.deepEqual(await rig.samples("k8svent_endpoint_pending"), [
    'k8svent_endpoint_pending_messages{endpoint="a\\"\\\\\\nb"} 0',
  ]);
});

withRig("the cluster shows by lists, restarts, pods, epoch and how long it was silent", async (rig) => {
  rig.figures.lists++;
  rig.figures.restarts.expired++;
  rig.add([], "web-0");
  rig.add([], "web-1");
  rig.store.inventory.beginEpoch();
  const { epoch } = rig.store.inventory;
  assert.deepEqual(await rig.samples("k8svent_watch_last"), ["k8svent_watch_last_event_age_seconds 12"]);
  assert.deepEqual(await rig.samples("k8svent_watch_stale"), ["k8svent_watch_stale_after_seconds 600"]);
  assert.deepEqual(await rig.samples("k8svent_lists"), ["k8svent_lists_total 1"]);
  const restarts = await rig.samples("k8svent_watch_restarts");
  assert.equal(restarts.length, 13);
  assert.deepEqual(restarts.filter((line) => !line.endsWith(" 0")), [
    'k8svent_watch_restarts_total{reason="expired"} 1',
  ]);
  assert.deepEqual(await rig.samples("k8svent_pods"), ["k8svent_pods 2"]);
  assert.deepEqual(await rig.samples("k8svent_epoch"), [`k8svent_epoch ${epoch}`]);
});

withRig("readiness shows as /readyz answers", async (rig) => {
  assert.deepEqual(await rig.samples("k8svent_ready"), ["k8svent_ready 1"]);
  rig.health.problems = () => ["The view is stale."];
  assert.deepEqual(await rig.samples("k8svent_ready"), ["k8svent_ready 0"]);
});

withRig("the store shows by its size, its health and its commits", async (rig) => {
  const [size = ""] = await rig.samples("k8svent_store_bytes");
  assert.ok(Number(size.split(" ")[1]) >= 4_096, size);
  assert.deepEqual(await rig.samples("k8svent_store_healthy"), ["k8svent_store_healthy 1"]);
  rig.add([], "web-0");
  await rig.clock.advance(1_000);
  assert.deepEqual(await rig.samples("k8svent_store_commit_duration_seconds_count"), [
    "k8svent_store_commit_duration_seconds_count 1",
  ]);
});

withRig("a state file that cannot be written shows", async (rig) => {
  const store = new Proxy(rig.store, {
    get: (of, name) => name === "fault" ? "no space is left" : Reflect.get(of, name, of),
  });
  assert.deepEqual(await rig.samples("k8svent_store_healthy", { store }), ["k8svent_store_healthy 0"]);
});

withRig("without a configuration file there is no word of one", async (rig) => {
  assert.deepEqual(await rig.samples("k8svent_config"), []);
});

withRig("a configuration file that cannot be used shows, and when that was found", async (rig) => {
  assert.deepEqual(await rig.samples("k8svent_config"), [
    "k8svent_config_last_reload_successful 0",
    "k8svent_config_last_reload_timestamp_seconds 1.5",
  ]);
}, { reload: { last: { isSuccessful: false, at: 1_500 } } });

withRig("a configuration file that is in use shows", async (rig) => {
  const [successful] = await rig.samples("k8svent_config");
  assert.equal(successful, "k8svent_config_last_reload_successful 1");
}, { reload: { last: { isSuccessful: true, at: 1_500 } } });

withRig("looks for updates count, and a fault says nothing of what there is", async (rig) => {
  rig.figures.lookedForUpdate({ isNewer: true, isFault: false }, 1_000);
  rig.figures.lookedForUpdate({ isNewer: false, isFault: true }, 2_000);
  assert.deepEqual(await rig.samples("k8svent_update"), [
    'k8svent_update_checks_total{result="success"} 1',
    'k8svent_update_checks_total{result="failure"} 1',
    "k8svent_update_last_check_timestamp_seconds 2",
    "k8svent_update_available 1",
  ]);
});

withRig("a tick that comes late shows as lag of the event loop", async (rig) => {
  const stop = new AbortController();
  const standstill = new Standstill(rig.clock, stop.signal);
  const lag = (): Promise<string[]> => rig.samples("k8svent_event_loop", { standstill });
  assert.deepEqual(await lag(), ["k8svent_event_loop_lag_seconds 0"]);
  rig.clock.freeze(10_250);
  await rig.clock.advance(0);
  assert.deepEqual(await lag(), ["k8svent_event_loop_lag_seconds 0.25"]);
  stop.abort();
});

withRig("the process shows by memory, processor and start", async (rig) => {
  assert.deepEqual(await rig.samples("process_"), [
    "process_cpu_seconds_total 1.5",
    "process_resident_memory_bytes 1000",
    "process_start_time_seconds 1700000000",
  ]);
  assert.deepEqual(await rig.samples("k8svent_heap"), ["k8svent_heap_bytes 500"]);
  assert.match(
    (await rig.samples("k8svent_build_info")).join(),
    /\{version="[^"]+",platform="linux\/\w+"\} 1$/,
  );
});
